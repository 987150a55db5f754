"""Training of what the fast engine has not: recurrence, delays, learned time constants."""

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError
from firstspike.losses import AverageVoltageCrossEntropy
from firstspike.optim import Adam
from firstspike.train import AtLeast, Composable, Fused, Learned, evaluate, predict

UNTIL = 30e-3


def make(seed=1):
    hidden = fs.LIF(
        64,
        16,
        spikes=fs.Many(20),
        delays=fs.AxonDelays(0.0, 2e-3),
        recurrent=fs.Recurrent(init=fs.Normal(0.0, 0.05), delays=fs.SynapseDelays(1e-3, 2e-3)),
    )
    return fs.Network([hidden, fs.LIF(16, 10)], seed=seed)


def run(net, task, **more):
    data, _, encoder = task
    options = {"epochs": 2, "batch_size": 24, "until": UNTIL, "threads": 1} | more
    return fs.train(net, data[:96], encoder=encoder, **options)


def same_parameters(a, b):
    return all(
        x.tobytes() == y.tobytes()
        for name in a.parameters
        for x, y in zip(a.parameters[name], b.parameters[name], strict=True)
    )


EVERYTHING = (
    "weights",
    "recurrent_weights",
    "thresholds",
    Learned("delays", scale=2e-3),
    "recurrent_delays",
    "tau_mem",
    Learned("tau_syn", bound=AtLeast(4.9e-3)),
)


def test_everything_is_learned_within_its_bounds(task):
    start, net = make(), make()
    history = run(net, task, learn=EVERYTHING, epochs=8, optimizer=Adam(lr=1e-2))
    assert history.last.loss < history.epochs[0].loss
    for item in EVERYTHING:
        name = item if isinstance(item, str) else item.name
        assert not np.array_equal(net.parameters[name][0], start.parameters[name][0]), name
    assert net.delays[0].min() == 0.0, "a delay has met its bound"
    assert net.tau_syn[0].min() == 4.9e-3
    assert np.array_equal(net.leaks[0], start.leaks[0])


def test_recurrent_weights_are_learned_without_being_named(task):
    start, net = make(), make()
    run(net, task, epochs=1)
    assert not np.array_equal(net.recurrent_weights[0], start.recurrent_weights[0])
    assert np.array_equal(net.delays[0], start.delays[0])


def test_resumed_run_gives_the_same_bits_on_any_number_of_threads(task, tmp_path):
    path, options = tmp_path / "run.safetensors", {"learn": EVERYTHING, "epochs": 3}
    whole, halves, again = make(), make(), make(seed=99)
    run(whole, task, **options)
    run(halves, task, checkpoint=path, callbacks=[lambda record, _: True], threads=2, **options)
    run(again, task, checkpoint=path, resume=True, threads=2, **options)
    assert same_parameters(again, whole)


def test_evaluation_knows_the_end_of_a_trial(task):
    data, _, encoder = task
    net, spikes = make(), encoder(data.inputs[:50])
    found = evaluate(net, spikes, data.labels[:50], until=UNTIL)
    told = predict(net, spikes, until=UNTIL)
    assert found.accuracy == np.mean(told == data.labels[:50])
    with pytest.raises(DomainError, match="until"):
        evaluate(net, spikes, data.labels[:50])


def test_readouts_train_on_recurrent_layers(task):
    hidden = fs.LIF(64, 16, spikes=fs.Many(20), recurrent=fs.Recurrent())
    readout = fs.LI(16, 10, duration=UNTIL, reads=fs.readouts.Average())
    net = fs.Network([hidden, readout], seed=1)
    history = run(net, task, loss=AverageVoltageCrossEntropy(), epochs=6)
    assert history.last.accuracy > history.epochs[0].accuracy


def test_fused_says_what_it_lacks(task):
    with pytest.raises(DomainError, match="the network has delays"):
        run(make(), task, engine=Fused(), learn="weights", until=None)
    net = fs.Network([fs.LIF(64, 10, tau_mem=np.linspace(10e-3, 20e-3, 10))], seed=0)
    with pytest.raises(DomainError, match="time constants that differ"):
        run(net, task, engine=Fused(), until=None)


def test_taus_of_a_plain_network_are_learned_from_equal_ones(task, make_net):
    net = make_net()
    run(net, task, learn=["weights", "tau_mem"], until=None, engine=Composable())
    assert len(np.unique(net.tau_mem[0])) > 1
