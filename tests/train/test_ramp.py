"""Training networks of ramp neurons: the same loop, checkpoints, constraints and losses as LIF."""

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError, FormatError, ShapeError
from firstspike.losses import SilentHinge
from firstspike.optim import SGD, Adam, Cosine
from firstspike.train import (
    Composable,
    Fused,
    GradualPruning,
    InputDropout,
    Learned,
    ProximalL1,
    QuantizedTraining,
    TimeJitter,
    evaluate,
    predict,
)
from firstspike.train.recipes import recipe

TICK = 10e-3 / 16
ENCODER = fs.encoders.Latency(t_max=10e-3)
EVERYTHING = {
    "optimizer": Adam(lr=5e-3, clip_norm=2.0, schedule=Cosine()),
    "augment": [InputDropout(0.2), TimeJitter(0.5e-3)],
    "constraints": [
        ProximalL1(0.02),
        GradualPruning(sparsity=(0.6, 0.3), start=0, end=3),
        QuantizedTraining(weight_bits=5, tick=TICK, start=2),
    ],
    "until": 24 * TICK,
    "slope_guard": 0.1,
    "learn": ["weights", Learned("thresholds", scale=0.1)],
}


def make_net(dtype=np.float32, n_hidden=20):
    layers = [fs.Ramp(64, n_hidden, tau=10e-3), fs.Ramp(n_hidden, 10, tau=10e-3)]
    return fs.Network(layers, seed=1, dtype=dtype)


def run(net, *, epochs=4, samples=200, **options):
    data, _ = fs.datasets.load("digits")
    options = EVERYTHING | options
    return fs.train(
        net,
        data[:samples],
        encoder=ENCODER,
        epochs=epochs,
        batch_size=20,
        seed=5,
        validation=data[samples : samples + 60],
        progress=False,
        **options,
    )


def same_bits(one, other):
    return all(
        ours.tobytes() == theirs.tobytes()
        for name in one.parameters
        for ours, theirs in zip(one.parameters[name], other.parameters[name], strict=True)
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_threads_do_not_change_a_bit(dtype):
    nets = [make_net(dtype) for _ in range(3)]
    histories = [run(net, threads=n) for net, n in zip(nets, (1, 2, 3), strict=True)]
    assert same_bits(nets[0], nets[1])
    assert same_bits(nets[0], nets[2])
    assert not same_bits(nets[0], make_net(dtype))
    scores = [[record.loss for record in history.epochs] for history in histories]
    assert scores[0] == scores[1] == scores[2]


def test_a_resumed_run_ends_in_the_same_bits(tmp_path):
    whole, parts = make_net(), make_net()
    run(whole)
    path = tmp_path / "run.checkpoint"
    run(parts, callbacks=[lambda record, net: record.epoch == 1], checkpoint=path)
    parts = make_net()
    run(parts, checkpoint=path, resume=True)
    assert same_bits(whole, parts)


def test_digits_are_learned_and_stay_learned_as_integers():
    data, test = fs.datasets.load("digits")
    net = make_net(n_hidden=40)
    options = {"schedule": Cosine(), "clip_norm": 3.0}
    fs.train(
        net,
        data,
        encoder=ENCODER,
        epochs=16,
        optimizer=Adam(lr=1e-2, **options),
        until=24 * TICK,
        slope_guard=0.1,
        constraints=[QuantizedTraining(weight_bits=6, tick=TICK, start=8)],
        progress=False,
    )
    spikes = ENCODER(test.inputs)
    found = evaluate(net, spikes, test.labels, until=24 * TICK, tick=TICK)
    assert found.accuracy > 0.93
    q = fs.quantize(net, ticks=24, tick_seconds=TICK, weight_bits=6)
    integer = q.simulate(spikes)
    assert abs(integer.accuracy(test.labels) - found.accuracy) < 0.01
    assert set(predict(net, spikes[:20], until=24 * TICK)) <= set(range(-1, 10))


@pytest.mark.slow
def test_the_recipe_reaches_its_figures():
    """One seed of `benchmarks/accuracy.py --task digits_ramp`."""
    train, test = fs.datasets.load("digits")
    made = recipe("digits_ramp")
    spikes, net = made.encoder(test.inputs), made.network(seed=0)
    made.fit(net, train, seed=0, threads=2, progress=False)
    in_float = evaluate(net, spikes, test.labels, until=made.float_stage.until).accuracy
    assert in_float >= 0.965
    made.adapt(net, train, seed=0, threads=2, progress=False)
    network = made.quantize(net)
    pruned = made.prune(network)
    accuracy = pruned.simulate(spikes).accuracy(test.labels)
    assert accuracy >= in_float - 0.015
    assert accuracy == network.simulate(spikes).accuracy(test.labels)
    assert pruned.n_synapses <= 0.3 * network.n_synapses


def test_plain_descent_and_no_end_of_the_trial_work_too():
    net = make_net()
    before = [weights.copy() for weights in net.weights]
    history = run(net, optimizer=SGD(lr=1e-4), until=None, constraints=(), learn=None, epochs=1)
    assert np.isfinite(history.last.loss)
    assert any((a != b).any() for a, b in zip(before, net.weights, strict=True))


def test_a_lifted_network_fires():
    """Nearly silent at first, by inhibition: only the hinges can help, and they do."""
    net = make_net()
    for weights in net.weights:
        weights -= 1.2 * weights.mean()
    spikes = ENCODER(fs.datasets.load("digits")[0].inputs[:60])
    before = net.forward(spikes, until=24 * TICK).spikes().n_spikes
    assert before < 60
    options = {"constraints": (), "augment": (), "learn": None, "optimizer": Adam(lr=5e-3)}
    run(net, silent=SilentHinge(output=10.0, hidden=1.0), epochs=6, **options)
    assert net.forward(spikes, until=24 * TICK).spikes().n_spikes > 200


def test_the_fused_engine_says_what_it_cannot_do():
    with pytest.raises(DomainError, match="the network has ramp neurons in layer 0"):
        run(make_net(), engine=Fused(), learn=None)
    run(make_net(), engine=Composable(), epochs=1)


def test_there_is_nothing_else_to_learn():
    with pytest.raises(DomainError, match=r"learn is \['tau_mem'\], expected some of"):
        run(make_net(), learn=["tau_mem"])
    with pytest.raises(DomainError, match=r"the network has no tau_mem.*LIF\(\)"):
        _ = make_net().tau_mem


@pytest.mark.parametrize(
    ("arguments", "error", "complaint"),
    [
        ({"n_in": 0}, DomainError, "n_in is 0"),
        ({"tau": 0.0}, DomainError, "tau is 0.0 s"),
        ({"threshold": -1.0}, DomainError, "threshold is -1.0"),
        ({"threshold": "high"}, DomainError, "threshold is 'high'"),
        ({"threshold": [1.0, 1.0, 1.0]}, ShapeError, "threshold has 3 entries"),
    ],
)
def test_bad_layers(arguments, error, complaint):
    with pytest.raises(error, match=complaint):
        fs.Ramp(**({"n_in": 3, "n_out": 2} | arguments))


def test_layers_of_two_kinds_are_refused():
    with pytest.raises(ShapeError, match="layers is Ramp, LIF, expected LIF layers alone or Ramp"):
        fs.Network([fs.Ramp(3, 4), fs.LIF(4, 2)], seed=0)


def test_parameters_that_went_wrong_are_told_with_their_place():
    net = make_net()
    net.thresholds[1][3] = 0.0
    spikes = fs.SpikeBatch.from_dense(np.zeros((1, 64)))
    with pytest.raises(DomainError, match=r"thresholds\[3\] of layer 1 is 0"):
        net.forward(spikes)


def test_a_file_holds_everything(tmp_path):
    layers = [fs.Ramp(3, 4, tau=7e-3, threshold=[0.5, 1.0, 1.5, 2.0]), fs.Ramp(4, 2)]
    net = fs.Network(layers, seed=3)
    net.meta["note"] = "kept"
    net.save(tmp_path / "net")
    loaded = fs.Network.load(tmp_path / "net")
    assert loaded.layers == net.layers
    assert loaded.meta == net.meta
    assert same_bits(net, loaded)


def test_a_file_with_another_layer_is_refused(tmp_path, monkeypatch):
    described = fs.Ramp(3, 2).describe() | {"delay": 1.0}
    monkeypatch.setattr(fs.Ramp, "describe", lambda self: described)
    fs.Network([fs.Ramp(3, 2)], seed=0).save(tmp_path / "net")
    with pytest.raises(FormatError, match="expected an object of type ramp"):
        fs.Network.load(tmp_path / "net")
