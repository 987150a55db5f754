"""Networks on which every loss can be checked by differences."""

import numpy as np
import pytest

import firstspike as fs


def spikes_of(tape):
    """Number of spikes of every neuron: within equal patterns a loss is differentiable."""
    return [
        np.bincount(
            tape.spikes(i).samples * layer.n_out + tape.spikes(i).sources,
            minlength=tape.n_samples * layer.n_out,
        ).tolist()
        for i, layer in enumerate(tape.network.spiking)
    ]


def differences(loss, net, spikes, labels, name, layer, eps=1e-6, until=None):
    """Differentiate with respect to one parameter; NaN where a step changes the spikes."""
    array = net.parameters[name][layer]
    before = spikes_of(net.forward(spikes, until=until, threads=1))
    result = np.full(array.shape, np.nan)
    for at in np.ndindex(*array.shape):
        kept, ends = array[at], []
        for step in (eps, -eps):
            array[at] = kept + step
            tape = net.forward(spikes, until=until, threads=1)
            value, _ = fs.losses.evaluate(loss, tape, labels)
            ends.append(value if spikes_of(tape) == before else np.nan)
        array[at] = kept
        result[at] = (ends[0] - ends[1]) / (2 * eps)
    return result


@pytest.fixture
def measured():
    """Return the function that measures a gradient by differences."""
    return differences


@pytest.fixture
def silent_and_loud():
    """Two spiking layers; with seeds 1 and 4 some labels and hidden neurons are silent."""

    def make(seed=1, firing=None):
        rng = np.random.default_rng(seed)
        layers = [
            fs.LIF(4, 8, init=fs.Normal(2.0, 2.0), spikes=firing or fs.Once()),
            fs.LIF(8, 3, init=fs.Normal(1.6, 0.8)),
        ]
        net = fs.Network(layers, seed=seed, dtype=np.float64)
        spikes = fs.SpikeBatch.from_dense(rng.uniform(0, 10e-3, (5, 4)))
        return net, spikes, rng.integers(0, 3, 5)

    return make


@pytest.fixture
def read_out():
    """A hidden layer and a readout with integrators of two kinds."""

    def make(reads=None, seed=0, ratio=4.0, firing=None):
        rng = np.random.default_rng(seed)
        layers = [
            fs.LIF(4, 8, init=fs.Normal(2.0, 2.0), spikes=firing or fs.Many()),
            fs.LI(
                8,
                3,
                [ratio * 5e-3, ratio * 5e-3, ratio * 4e-3],
                [5e-3, 5e-3, 4e-3],
                duration=40e-3,
                reads=reads or fs.readouts.Maximum(),
                init=fs.Normal(0.3, 1.0),
            ),
        ]
        net = fs.Network(layers, seed=seed, dtype=np.float64)
        spikes = fs.SpikeBatch.from_dense(rng.uniform(0, 10e-3, (5, 4)))
        return net, spikes, rng.integers(0, 3, 5)

    return make
