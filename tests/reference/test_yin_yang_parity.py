"""The network of Wunderlich and Pehle's Yin-Yang experiment, spike by spike.

The published output spikes come from the authors' own program. Where a neuron has spiked before,
that program looks for the next peak of the membrane at a time that leaves the factor
tau_syn / (tau_mem - tau_syn) out of the reset term, finds the membrane below the threshold there
if the true peak is low, and so misses some second spikes of hidden neurons. An exact simulation
has them. So the comparison is made twice: as it is, where all but five of the 3000 output spikes
agree, and with the hidden spikes taken away that the published rule misses, where all agree.
"""

from __future__ import annotations

import numpy as np
import pytest

import firstspike as fs

TAU_MEM, TAU_SYN, THETA = 20e-3, 5e-3, 1.0
TOLERANCE = 1e-12  # seconds

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def published(data_root):
    path = data_root / "eventprop-reference" / "yinyang_parity_slim.npz"
    samples = data_root / "yin-yang" / "test_samples.npy"
    if not (path.is_file() and samples.is_file()):
        pytest.skip(f"{path} or {samples} is missing")
    with np.load(path) as file:
        weights = (file["w_hidden"], file["w_out"])
        expected = file["test_first_spikes_s"]
    times = np.hstack([np.load(samples) * 30e-3, np.zeros((1000, 1))])
    return weights, times, expected


def network(*weights: np.ndarray) -> fs.Network:
    layers = [fs.LIF(*w.shape, tau_mem=TAU_MEM, tau_syn=TAU_SYN, spikes=fs.Many()) for w in weights]
    net = fs.Network(layers, seed=0, dtype=np.float64)
    for index, w in enumerate(weights):
        net.weights[index] = w
    return net


@pytest.fixture(scope="module")
def tape(published):
    weights, times, _ = published
    return network(*weights).forward(fs.SpikeBatch.from_dense(times))


def differing(first: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Outputs whose first spike exists in one only, or is not at the same time."""
    both = np.isfinite(first) & np.isfinite(expected)
    late = np.abs(np.where(both, first - np.where(both, expected, 0.0), 0.0)) > TOLERANCE
    return (np.isfinite(first) != np.isfinite(expected)) | late


def potential(t, arrivals, weights, spikes):
    """V at `t`, from all arrivals and own spikes before it."""
    since = t - arrivals[arrivals < t]
    kernel = (np.exp(-since / TAU_MEM) - np.exp(-since / TAU_SYN)) * TAU_SYN / (TAU_MEM - TAU_SYN)
    reset = np.exp(-(t - spikes[spikes < t]) / TAU_MEM).sum()
    return (weights[arrivals < t] * kernel).sum() - THETA * reset


def published_rule_sees(spike, arrivals, weights, spikes):
    """Whether V at the published program's peak time, or at the next arrival, is above theta."""
    known, w = arrivals[arrivals < spike], weights[arrivals < spike]
    own = spikes[spikes < spike]
    right = arrivals[arrivals >= spike].min(initial=np.inf)
    mem = (w * np.exp(known / TAU_MEM)).sum() - THETA * np.exp(own / TAU_MEM).sum()
    syn = (w * np.exp(known / TAU_SYN)).sum()
    peak = np.inf
    if mem / syn > 0.0:
        peak = np.log(TAU_SYN / TAU_MEM * mem / syn) / (1.0 / TAU_MEM - 1.0 / TAU_SYN)
    ends = [peak] if known.max() <= peak <= right else []
    ends += [right] if np.isfinite(right) else []
    return any(potential(end, arrivals, weights, own) > THETA for end in ends)


def test_all_but_five_published_output_spikes_are_reproduced(published, tape):
    _, _, expected = published
    assert expected.shape == (1000, 3)
    different = differing(tape.first_spike_times(), expected)
    assert different.sum() == 5
    # where they differ, the published run lacks something: it spikes later or not at all
    first = tape.first_spike_times()[different]
    assert np.all(np.nan_to_num(expected[different], nan=np.inf) > first)


def test_the_other_five_lack_hidden_spikes_that_the_published_rule_misses(published, tape):
    (w_hidden, w_out), times, expected = published
    hidden = tape.spikes(0)
    keep = np.ones(hidden.times.size, dtype=bool)
    for sample in range(hidden.n_samples):
        slots = np.arange(hidden.offsets[sample], hidden.offsets[sample + 1])
        order = np.argsort(times[sample])
        arrivals = times[sample][order]
        for neuron in np.unique(hidden.sources[slots]):
            own = slots[hidden.sources[slots] == neuron]
            for slot in own[1:]:
                weights = w_hidden[order, neuron]
                seen = published_rule_sees(hidden.times[slot], arrivals, weights, hidden.times[own])
                if not seen:
                    # after the last input, so that the neuron's later spikes need no correction
                    assert hidden.times[slot] > arrivals.max()
                    assert slot == own[-1]
                    keep[slot] = False
    assert 0 < (~keep).sum() < 100
    offsets = np.concatenate(([0], np.cumsum(keep)))[hidden.offsets]
    spikes = fs.SpikeBatch(offsets, hidden.times[keep], hidden.sources[keep], hidden.n_sources)
    first = network(w_out).forward(spikes).first_spike_times()
    assert not differing(first, expected).any()
