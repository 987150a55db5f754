"""What the closed form claims: spike times, their derivatives, and the integers on the clock."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import firstspike as fs
from firstspike.two_phase import ExponentialCode, LinearCode, TwoPhaseNetwork, to_integer
from firstspike.two_phase.passes import backward, cross_entropy, forward

WINDOW = 20e-3


def network(seed, sizes=(6, 9, 7, 4), **options):
    net = TwoPhaseNetwork(sizes, seed=seed, window=WINDOW, dtype=np.float64, **options)
    rng = np.random.default_rng(seed + 1000)
    for index, bias in enumerate(net.biases):
        net.biases[index] = rng.normal(0.1, 0.2, bias.shape)
    return net


def inputs(seed, samples=5, sources=6):
    rng = np.random.default_rng(seed)
    times = rng.uniform(0, WINDOW * 1.1, (samples, sources))
    times[rng.random(times.shape) < 0.2] = np.inf
    return fs.SpikeBatch.from_dense(times)


def fire_event_by_event(times_in, weights, bias):
    """One layer in time: slopes change at arrivals, then a threshold falls from 1 to 0."""
    fired = np.full(len(bias), np.inf)
    for neuron, start in enumerate(bias):
        arrivals = sorted(
            (t, w) for t, w in zip(times_in, weights[:, neuron], strict=True) if t < WINDOW
        )
        potential, slope, now = start, 0.0, 0.0
        for t, w in [*arrivals, (WINDOW, 0.0)]:
            potential += slope * (t - now)
            slope, now = slope + w / WINDOW, t
        if potential > 0.0:
            fired[neuron] = max(0.0, 1.0 - potential) * WINDOW  # in its own window
    return fired


@pytest.mark.parametrize("seed", range(5))
def test_spike_times_are_those_of_a_simulation_in_time(seed):
    net, spikes = network(seed), inputs(seed)
    hidden = net.spike_times(spikes)
    dense = np.full((spikes.n_samples, spikes.n_sources), np.inf)
    samples = np.repeat(np.arange(spikes.n_samples), np.diff(spikes.offsets))
    dense[samples, spikes.sources] = spikes.times
    for sample, times in enumerate(dense):
        for layer in range(2):
            times = fire_event_by_event(times, net.weights[layer], net.biases[layer])
            ours = hidden[layer][sample] - (layer + 1) * WINDOW
            np.testing.assert_allclose(ours, times, rtol=0, atol=1e-15)


def test_a_later_input_moves_a_spike_by_its_weight():
    net = network(3)
    times = np.full((1, 6), 8e-3)
    step = 1e-6
    before = net.spike_times(fs.SpikeBatch.from_dense(times))[0][0]
    times[0, 2] += step
    after = net.spike_times(fs.SpikeBatch.from_dense(times))[0][0]
    inside = np.isfinite(before) & (before > WINDOW)
    assert inside.sum() >= 2
    moved = (after[inside] - before[inside]) / step
    np.testing.assert_allclose(moved, net.weights[0][2][inside], rtol=1e-6)


def loss_and_gradients(net, spikes, labels):
    trace = forward(net.inputs(spikes), net.weights, net.biases, [None] * 2, [None] * 2)
    loss, error = cross_entropy(trace.scores, labels)
    return loss, backward(trace, net.weights, [None] * 2, error)


@pytest.mark.parametrize("kind", ["weights", "biases"])
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_gradients_are_those_of_central_differences(kind, layer):
    net, spikes = network(1), inputs(1, samples=8)
    labels = np.arange(8) % 4
    loss, (dw, db) = loss_and_gradients(net, spikes, labels)
    assert np.isfinite(loss)
    ours = (dw if kind == "weights" else db)[layer]
    array = getattr(net, kind)[layer]
    numeric = np.zeros_like(array)
    for at in np.ndindex(array.shape):
        kept, ends = array[at], []
        for step in (1e-6, -1e-6):
            array[at] = kept + step
            ends.append(loss_and_gradients(net, spikes, labels)[0])
        array[at] = kept
        numeric[at] = (ends[0] - ends[1]) / 2e-6
    assert np.abs(ours).max() > 1e-4
    assert np.abs(ours - numeric).max() <= 1e-6 * np.abs(ours).max()
    wrong = ours * (1 + 1e-4)
    assert np.abs(wrong - numeric).max() > 1e-6 * np.abs(ours).max()


codes = st.sampled_from([LinearCode(), *[ExponentialCode(m) for m in (1, 2, 3, 4)]])


def stand_for(net, q):
    """Give `net` the weights and biases that the integers of `q` stand for."""
    for index, layer in enumerate(q.layers):
        below = net.code if index else LinearCode()
        unit = layer.scale / below.program().value(0, q.ticks)
        net.weights[index] = layer.connectivity.weights * layer.scale
        step = getattr(layer.threshold, "step", 0)
        # a little of the membrane's unit: floats just miss some levels that integers hit
        nudge = 1e-6 if index < len(q.layers) - 1 else 0.0
        net.biases[index] = (layer.bias - (step >> 1) + nudge) * unit
    return unit


def share_of_equal_potentials(net, q, unit, spikes):
    run, scores = q.simulate(spikes), net.scores(spikes, rounded=True)
    chosen = scores[np.arange(len(scores)), run.decisions]  # ties: either is the largest
    both = np.isclose(chosen, scores.max(axis=1)) & np.isclose(run.margins * unit, chosen)
    return both.mean()


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    code=codes,
    ticks=st.integers(2, 20),
    bits=st.integers(2, 8),
)
def test_the_integer_network_is_the_rounded_one(seed, code, ticks, bits):
    net = network(seed, ticks=ticks, code=code)
    q = to_integer(net, weight_bits=bits)
    unit = stand_for(net, q)
    assert share_of_equal_potentials(net, q, unit, inputs(seed, samples=20)) == 1.0


def test_rounding_to_the_nearest_needs_half_a_step():
    net, spikes = network(5, ticks=7), inputs(5, samples=200)
    q = to_integer(net, weight_bits=8)
    unit = stand_for(net, q)
    first = q.layers[0]
    floored = replace(first, bias=first.bias - (first.threshold.step >> 1))
    wrong = replace(q, layers=[floored, *q.layers[1:]])
    assert share_of_equal_potentials(net, q, unit, spikes) == 1.0
    assert share_of_equal_potentials(net, wrong, unit, spikes) < 0.9
