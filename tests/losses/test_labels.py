"""Labels are outputs of the network, for every loss: those that use them and those that do not."""

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError, ShapeError

SPIKES = fs.SpikeBatch.from_dense([[0.0, 1e-3], [1e-3, 0.0]])
LAYER = fs.LIF(2, 2, init=fs.Normal(20.0, 0.0))


def own(times, labels):
    return float(labels.sum()), np.zeros(times.shape)


def own_on_potentials(potentials, labels):
    z = potentials.maximum()
    return float(labels.sum()), z.seed(np.zeros(z.values.shape))


def own_per_spike(spikes, labels):
    return float(labels.sum()), np.zeros(spikes.times.shape)


ON_TAPES = [
    fs.losses.SilentHinge(),
    fs.losses.SpikeCountRegulariser(),
    fs.losses.PerSpike(own_per_spike),
]
ON_TIMES = [
    fs.losses.FirstSpikeCrossEntropy(),
    fs.losses.FastAndDeep(tau_syn=5e-3),
    fs.losses.RelativeSpikeTimes(gap=1e-3),
    fs.losses.TargetTimes(right=9e-3, wrong=11e-3),
]
ON_POTENTIALS = [
    fs.losses.MaxVoltageCrossEntropy(),
    fs.losses.InstantaneousCrossEntropy(points=3),
    own_on_potentials,
]
WRONG = {
    "as many as outputs": ([0, 2], DomainError, r"labels\[1\] is 2, expected 0 to 1"),
    "negative": ([-1, 0], DomainError, r"labels\[0\] is -1, expected 0 to 1"),
    "zero in 32 bits": ([0, 2**32], DomainError, rf"labels\[1\] is {2**32}, expected 0 to 1"),
    "one in 32 bits": ([1 - 2**32, 0], DomainError, r"labels\[0\] is -4294967295, expected"),
    "real": ([0.0, 1.0], ShapeError, "labels has dtype float64, expected whole numbers"),
    "too few": ([0], ShapeError, "labels has 1 entries, expected one per sample, that is 2"),
    "too many": ([0, 1, 0], ShapeError, "labels has 3 entries, expected one per sample"),
    "a matrix": ([[0, 1]], ShapeError, "labels has shape"),
}


def tape_of(*more):
    return fs.Network([LAYER, *more], seed=0).forward(SPIKES)


@pytest.mark.parametrize("name", WRONG)
def test_wrong_labels_are_refused_by_every_loss(name):
    labels, error, match = WRONG[name]
    plain, read = tape_of(), tape_of(fs.LI(2, 2, duration=20e-3))
    pairs = [(plain, loss) for loss in [*ON_TAPES, *ON_TIMES, own]]
    pairs += [(read, loss) for loss in [*ON_TAPES, *ON_POTENTIALS]]
    for tape, loss in [*pairs, (plain, fs.losses.Sum([own, ON_TAPES[0]]))]:
        value, _ = fs.losses.evaluate(loss, tape, [0, 1])
        assert np.isfinite(value)
        with pytest.raises(error, match=match):
            fs.losses.evaluate(loss, tape, labels)


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("loss", ON_TIMES)
def test_wrong_labels_are_refused_by_losses_on_their_own(loss, name):
    labels, error, match = WRONG[name]
    with pytest.raises(error, match=match):
        loss(np.full((2, 2), 1e-3), labels)


@pytest.mark.parametrize("label", [-1, 2, 2**32])
def test_the_hinge_on_its_own_does_not_wrap_labels(label):
    with pytest.raises(DomainError, match=rf"labels\[1\] is {label}, expected 0 to 1"):
        fs.losses.SilentHinge().on_tape(tape_of(), np.array([0, label]))


def test_labels_are_outputs_of_the_network_not_of_its_hidden_layers():
    wide = fs.Network([fs.LIF(2, 5), fs.LIF(5, 2)], seed=0).forward(SPIKES)
    loss = fs.losses.PerSpike(own_per_spike, layer=0)
    with pytest.raises(DomainError, match=r"labels\[0\] is 4, expected 0 to 1"):
        fs.losses.evaluate(loss, wide, [4, 0])
