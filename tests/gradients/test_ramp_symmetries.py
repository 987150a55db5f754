"""Ramp neurons: same input, same bits, and what shifts, scales and permutations must do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import firstspike as fs


def make_case(dtype=np.float32, n_samples=23, seed=5):
    """A batch with many ties: times on a grid of 1 ms."""
    rng = np.random.default_rng(seed)
    layers = [fs.Ramp(30, 70, init=fs.FanIn(2.0, 1.0)), fs.Ramp(70, 9, init=fs.FanIn(2.0, 1.0))]
    net = fs.Network(layers, seed=seed, dtype=dtype)
    times = rng.integers(0, 20, (n_samples, 30)) * 1e-3
    times[rng.random(times.shape) < 0.3] = np.inf
    return net, fs.SpikeBatch.from_dense(times), rng.normal(size=(n_samples, 9))


def everything(net, batch, dL_dt, threads, **options):
    """All results of a forward and a backward pass, as bytes."""
    tape = net.forward(batch, threads=threads, **options)
    jumps = {k: np.where(np.isinf(tape.first_spike_times(k)), -1.0, 0.0) for k in (0, 1)}
    grads = net.backward(tape, dL_dt, jumps, threads=threads)
    first, counts = net.infer(batch, threads=threads, **options)
    np.testing.assert_array_equal(first, tape.first_spike_times())
    assert counts == [tape.spikes(layer).times.size for layer in (0, 1)]
    arrays = [first, *grads.weights, *grads.thresholds, *grads.spike_times, grads.input_times]
    for layer in (0, 1):
        spikes = tape.spikes(layer)
        arrays += [spikes.times, spikes.sources, tape.max_voltages(layer)]
    return [array.tobytes() for array in arrays]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "options", [{}, {"until": 25e-3}, {"until": 25e-3, "tick": 0.7e-3}], ids=len
)
def test_threads_and_repetition_do_not_change_a_bit(dtype, options):
    net, batch, dL_dt = make_case(dtype)
    one = everything(net, batch, dL_dt, 1, **options)
    for threads in (1, 2, 3, 8):
        assert everything(net, batch, dL_dt, threads, **options) == one


def test_a_sample_does_not_see_its_batch():
    net, batch, dL_dt = make_case(np.float64)
    whole = net.forward(batch)
    total = [np.zeros(w.shape) for w in net.weights]
    for sample in range(batch.n_samples):
        tape = net.forward(batch[[sample]])
        times = whole.first_spike_times()[sample]
        np.testing.assert_array_equal(tape.first_spike_times()[0], times)
        for sums, weights in zip(total, net.backward(tape, dL_dt[[sample]]).weights, strict=True):
            sums += weights
    for sums, weights in zip(total, net.backward(whole, dL_dt).weights, strict=True):
        np.testing.assert_allclose(weights, sums, atol=1e-12 * np.abs(sums).max())


def test_neurons_may_be_renumbered():
    net, batch, dL_dt = make_case(np.float64)
    order = np.random.default_rng(1).permutation(70)
    other = fs.Network(net.layers, seed=0, dtype=np.float64)
    other.weights[0], other.weights[1] = net.weights[0][:, order], net.weights[1][order]
    before, after = net.forward(batch), other.forward(batch)
    first = before.first_spike_times(0)[:, order]
    np.testing.assert_array_equal(first, after.first_spike_times(0))
    grads, moved = net.backward(before, dL_dt), other.backward(after, dL_dt)
    scale = np.abs(grads.weights[0]).max()
    np.testing.assert_allclose(moved.weights[0], grads.weights[0][:, order], atol=1e-9 * scale)


def test_single_precision_follows_double():
    net, batch, _ = make_case(np.float32)
    double = fs.Network(net.layers, seed=0, dtype=np.float64)
    for index in range(2):
        double.weights[index] = net.weights[index]
    single_times, double_times = (n.forward(batch).first_spike_times(0) for n in (net, double))
    both = np.isfinite(single_times) & np.isfinite(double_times)
    assert (np.isfinite(single_times) == np.isfinite(double_times)).mean() > 0.999
    error = np.abs(single_times[both] / double_times[both] - 1)
    assert np.median(error) < 1e-6
    assert np.quantile(error, 0.99) < 1e-4


def output_times(net, batch, **options):
    return net.forward(batch, **options).first_spike_times()


@settings(max_examples=20)
@given(st.floats(1e-3, 1e3))
def test_scaling_weights_and_thresholds_together_changes_nothing(factor):
    net, batch, _ = make_case(np.float64, n_samples=3)
    other = fs.Network(net.layers, seed=0, dtype=np.float64)
    for index in range(2):
        other.weights[index] = net.weights[index] * factor
        other.thresholds[index] = net.thresholds[index] * factor
    np.testing.assert_allclose(output_times(other, batch), output_times(net, batch), rtol=1e-9)


@settings(max_examples=20)
@given(st.floats(0.0, 10.0))
def test_shifting_all_inputs_shifts_all_spikes(shift):
    net, batch, _ = make_case(np.float64, n_samples=3)
    later = fs.SpikeBatch(batch.offsets, batch.times + shift, batch.sources, batch.n_sources)
    expected = output_times(net, batch, until=60e-3) + shift
    ours = output_times(net, later, until=60e-3 + shift)
    np.testing.assert_allclose(ours, expected, atol=1e-10)


@settings(max_examples=20)
@given(st.floats(1e-2, 1e2))
def test_stretching_time_and_tau_stretches_all_spikes(factor):
    net, batch, _ = make_case(np.float64, n_samples=3)
    layers = [fs.Ramp(n.n_in, n.n_out, tau=n.tau * factor) for n in net.layers]
    other = fs.Network(layers, seed=0, dtype=np.float64)
    for index in range(2):
        other.weights[index] = net.weights[index]
    slow = fs.SpikeBatch(batch.offsets, batch.times * factor, batch.sources, batch.n_sources)
    np.testing.assert_allclose(
        output_times(other, slow), output_times(net, batch) * factor, rtol=1e-9
    )


@settings(max_examples=20)
@given(st.floats(0.1, 10.0))
def test_times_of_simultaneous_inputs_scale_with_the_threshold(factor):
    net, _, _ = make_case(np.float64)
    batch = fs.SpikeBatch.from_dense(np.zeros((1, 30)))
    before = net.forward(batch).first_spike_times(0)
    net.thresholds[0] *= factor
    np.testing.assert_allclose(net.forward(batch).first_spike_times(0), before * factor, rtol=1e-12)
