"""Heuristics for silent neurons: whom they reach, by how much, and that runs resume."""

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError, ShapeError
from firstspike.losses import SilentHinge
from firstspike.optim import SGD
from firstspike.train import Fused, MissingSpikeBump, SilentLift


def run(net, task, **more):
    data, _, encoder = task
    options = {"epochs": 2, "batch_size": 24, "silent": SilentHinge(output=0.0, hidden=0.0)}
    return fs.train(net, data, encoder=encoder, **(options | more))


@pytest.fixture
def half_dead(make_net):
    """The first five of twenty hidden neurons never spike."""

    def make(seed=1):
        net = make_net(seed=seed)
        net.weights[0][:, :5] = -0.1
        return net

    return make


def test_lift_reaches_the_neurons_silent_all_epoch(task, half_dead):
    net, bare = half_dead(), half_dead()
    for each in (net, bare):
        each.weights[1][:, 3] = -0.1  # a silent output is not hidden
    still = SGD(lr=1e-30)
    run(bare, task, epochs=1, optimizer=still)
    run(net, task, epochs=1, optimizer=still, remedies=[SilentLift(0.05)])
    np.testing.assert_allclose(net.weights[0][:, :5], -0.05, rtol=1e-6)
    assert np.array_equal(net.weights[0][:, 5:], bare.weights[0][:, 5:])
    assert np.array_equal(net.weights[1], bare.weights[1])


def test_lift_brings_neurons_back(task, half_dead):
    net = half_dead()
    run(net, task, epochs=6, remedies=[SilentLift(0.05)])
    data, _, encoder = task
    spikes = net.forward(encoder(data.inputs)).spikes(0)
    assert np.bincount(spikes.sources, minlength=20)[:5].min() > 0


def test_bump_doubles_while_the_same_layer_offends(task, half_dead):
    net, bare = half_dead(), half_dead()
    still = SGD(lr=1e-30)
    remedy = MissingSpikeBump(allowed=(0.2, 1.0), start=1e-4)
    run(bare, task, epochs=1, optimizer=still)
    run(net, task, epochs=1, batch_size=64, optimizer=still, remedies=[remedy])  # three batches
    grown = net.weights[0] - bare.weights[0]
    np.testing.assert_allclose(grown[:, :5], 7e-4, rtol=1e-3)
    assert np.array_equal(net.weights[1], bare.weights[1])


def test_bump_stops_at_its_limit_and_starts_again():
    treatment = MissingSpikeBump(allowed=(0.5,), start=1.0, limit=3.0).begin_epoch(0)
    silent, loud = [np.zeros((1, 1), np.int64)], [np.ones((1, 1), np.int64)]
    weights, seen = [np.zeros((1, 1))], []
    for counts in (silent, silent, silent, silent, loud, silent):
        treatment.after_batch(counts, weights)
        seen.append(weights[0].item())
    assert np.diff(seen, prepend=0.0).tolist() == [1.0, 2.0, 3.0, 3.0, 0.0, 1.0]


def test_resumed_run_gives_the_same_bits(task, half_dead, same_bits, tmp_path):
    path = tmp_path / "run.safetensors"
    remedies = [SilentLift(0.02), MissingSpikeBump(allowed=(0.1, 0.05))]
    whole, halves, again = half_dead(), half_dead(), half_dead(seed=99)
    run(whole, task, epochs=4, remedies=remedies)
    stop = [lambda record, _: record.epoch == 1]
    run(halves, task, epochs=4, remedies=remedies, checkpoint=path, callbacks=stop)
    run(again, task, epochs=4, remedies=remedies, checkpoint=path, resume=True)
    assert same_bits(again, whole)
    with pytest.raises(DomainError, match="remedies is"):
        run(again, task, epochs=4, checkpoint=path, resume=True)


def test_readouts_have_no_silent_outputs(task):
    data, _, encoder = task
    layers = [fs.LIF(64, 20), fs.LI(20, 10, duration=30e-3)]
    net = fs.Network(layers, seed=1)
    net.weights[0][:, :5] = -0.1
    fs.train(
        net,
        data,
        encoder=encoder,
        epochs=1,
        optimizer=SGD(lr=1e-30),
        silent=SilentHinge(output=0.0, hidden=0.0),
        remedies=[SilentLift(0.05)],
    )
    np.testing.assert_allclose(net.weights[0][:, :5], -0.05, rtol=1e-6)


def test_bad_constants_are_refused(task, make_net):
    for make in (
        lambda: SilentLift(0.0),
        lambda: MissingSpikeBump(allowed=(1.5,)),
        lambda: MissingSpikeBump(allowed=(float("nan"),)),
        lambda: MissingSpikeBump(allowed=(0.5,), start=-1.0),
        lambda: MissingSpikeBump(allowed=(0.5,), start=1.0, limit=0.5),
    ):
        with pytest.raises(DomainError, match="expected"):
            make()
    with pytest.raises(ShapeError, match=r"allowed has shape .*, expected one dimension"):
        MissingSpikeBump(allowed=0.5)
    with pytest.raises(ShapeError, match="one per spiking layer"):
        run(make_net(), task, remedies=[MissingSpikeBump(allowed=(0.5,))])
    with pytest.raises(DomainError, match="remedies is"):
        run(make_net(), task, remedies=[SilentLift()], engine=Fused())
