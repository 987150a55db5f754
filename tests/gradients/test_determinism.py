"""Same input, same bits: threads, repetitions, batches, order of neurons."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import firstspike as fs

RATIOS = (0.5, 1.0, 1.3, 2.0, 4.0)


def make_case(ratio=2.0, dtype=np.float32, spikes=None, n_samples=23, seed=5):
    """A batch with many ties: times on a grid of 1 ms."""
    rng = np.random.default_rng(seed)
    spikes = spikes or fs.Once()
    layers = [
        fs.LIF(n_in, n_out, tau_mem=ratio * 5e-3, tau_syn=5e-3, spikes=spikes)
        for n_in, n_out in ((30, 70), (70, 9))
    ]
    net = fs.Network(layers, seed=seed, dtype=dtype)
    times = rng.integers(0, 20, (n_samples, 30)) * 1e-3
    times[rng.random(times.shape) < 0.3] = np.inf
    return net, fs.SpikeBatch.from_dense(times), rng.normal(size=(n_samples, 9))


def everything(net, batch, dL_dt, threads):
    """All results of a forward and a backward pass, as bytes."""
    tape = net.forward(batch, threads=threads)
    highest = tape.max_voltages()
    jumps = np.where(np.isinf(tape.first_spike_times()), -1.0, 0.0)
    grads = net.backward(tape, dL_dt, jumps, threads=threads)
    first, counts = net.infer(batch, threads=threads)
    np.testing.assert_array_equal(first, tape.first_spike_times())
    assert counts == [tape.spikes(layer).times.size for layer in range(len(net.layers))]
    arrays = [highest, first, *grads.weights, *grads.thresholds, *grads.spike_times]
    arrays += [grads.input_times]
    for layer in range(len(net.layers)):
        arrays += [tape.spikes(layer).times, tape.spikes(layer).sources]
    return [array.tobytes() for array in arrays]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("spikes", [fs.Once(), fs.Many()], ids=["once", "many"])
def test_threads_and_repetition_do_not_change_a_bit(dtype, spikes):
    net, batch, dL_dt = make_case(dtype=dtype, spikes=spikes)
    one = everything(net, batch, dL_dt, 1)
    for threads in (1, 2, 3, 8):
        assert everything(net, batch, dL_dt, threads) == one


def test_a_sample_does_not_see_its_batch():
    net, batch, dL_dt = make_case()
    whole = net.forward(batch).first_spike_times()
    total = [np.zeros(w.shape) for w in net.weights]
    for sample in range(batch.n_samples):
        part = batch[[sample]]
        tape = net.forward(part)
        np.testing.assert_array_equal(tape.first_spike_times()[0], whole[sample])
        grads = net.backward(tape, dL_dt[[sample]])
        for sums, weights in zip(total, grads.weights, strict=True):
            sums += weights
    grads = net.backward(net.forward(batch), dL_dt)
    for sums, weights in zip(total, grads.weights, strict=True):
        np.testing.assert_allclose(weights, sums, atol=1e-5 * np.abs(sums).max())


@pytest.mark.parametrize("ratio", RATIOS)
def test_neurons_may_be_renumbered(ratio):
    net, batch, dL_dt = make_case(ratio, np.float64)
    order = np.random.default_rng(1).permutation(70)
    other = fs.Network(net.layers, seed=0, dtype=np.float64)
    other.weights[0], other.weights[1] = net.weights[0][:, order], net.weights[1][order]
    times, renumbered = (n.forward(batch) for n in (net, other))
    first, second = times.first_spike_times(0)[:, order], renumbered.first_spike_times(0)
    np.testing.assert_array_equal(first, second)
    grads, moved = net.backward(times, dL_dt), other.backward(renumbered, dL_dt)
    scale = np.abs(grads.weights[0]).max()
    np.testing.assert_allclose(moved.weights[0], grads.weights[0][:, order], atol=1e-9 * scale)


@pytest.mark.parametrize("ratio", RATIOS)
def test_single_precision_follows_double(ratio):
    net, batch, _ = make_case(ratio, np.float32)
    double = fs.Network(net.layers, seed=0, dtype=np.float64)
    for index in range(2):
        double.weights[index] = net.weights[index]
    single_times, double_times = (n.forward(batch).first_spike_times(0) for n in (net, double))
    both = np.isfinite(single_times) & np.isfinite(double_times)
    assert (np.isfinite(single_times) == np.isfinite(double_times)).mean() > 0.999
    error = np.abs(single_times[both] - double_times[both])
    assert np.median(error) < 1e-8
    assert np.quantile(error, 0.99) < 1e-7


@settings(max_examples=30)
@given(st.floats(1e-3, 1e3), st.sampled_from(RATIOS))
def test_scaling_weights_and_thresholds_together_changes_nothing(factor, ratio):
    net, batch, _ = make_case(ratio, np.float64, n_samples=3)
    other = fs.Network(net.layers, seed=0, dtype=np.float64)
    for index in range(2):
        other.weights[index] = net.weights[index] * factor
        other.thresholds[index] = net.thresholds[index] * factor
    np.testing.assert_allclose(
        other.forward(batch).first_spike_times(), net.forward(batch).first_spike_times(), atol=1e-12
    )


@settings(max_examples=30)
@given(st.floats(0.0, 10.0), st.sampled_from(RATIOS))
def test_shifting_all_inputs_shifts_all_spikes(shift, ratio):
    net, batch, _ = make_case(ratio, np.float64, n_samples=3)
    later = fs.SpikeBatch(batch.offsets, batch.times + shift, batch.sources, batch.n_sources)
    np.testing.assert_allclose(
        net.forward(later).first_spike_times(),
        net.forward(batch).first_spike_times() + shift,
        atol=1e-11,
    )


def test_ties_are_causal():
    """A neuron that crosses before an input arrives spikes without it; after, with it."""
    net = fs.Network([fs.LIF(2, 1)], seed=0, dtype=np.float64)
    net.weights[0] = [[10.0], [-100.0]]
    alone = net.forward(fs.SpikeBatch.from_dense([[0.0, np.inf]])).first_spike_times()[0, 0]
    inhibited_at = (alone * (1.0 - 1e-9), alone * (1.0 + 1e-9))
    times = [
        net.forward(fs.SpikeBatch.from_dense([[0.0, at]])).first_spike_times()[0, 0]
        for at in inhibited_at
    ]
    assert times == [np.inf, alone]


def test_simultaneous_inputs_act_together():
    net = fs.Network([fs.LIF(3, 1)], seed=0, dtype=np.float64)
    net.weights[0] = [[300.0], [-500.0], [200.0]]
    together = fs.SpikeBatch.from_dense([[1e-3, 1e-3, 1e-3]])
    assert np.isinf(net.forward(together).first_spike_times()).all()
    apart = fs.SpikeBatch.from_dense([[1e-3, 2e-3, 1e-3]])
    assert np.isfinite(net.forward(apart).first_spike_times()).all()


FORKED = """
import os, sys
import numpy as np
import firstspike as fs

net = fs.Network([fs.LIF(30, 70), fs.LIF(70, 9)], seed=0)
batch = fs.SpikeBatch.from_dense(np.random.default_rng(0).random((200, 30)) * 20e-3)
before = net.forward(batch, threads=3).first_spike_times()
child = os.fork()
after = net.forward(batch, threads=3).first_spike_times()
same = before.tobytes() == after.tobytes()
if child == 0:
    del net
    os._exit(0 if same else 1)
_, status = os.waitpid(child, 0)
sys.exit(0 if same and status == 0 else 1)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork processes")
def test_a_forked_process_computes_without_the_threads_it_has_lost():
    run = subprocess.run([sys.executable, "-c", FORKED], timeout=60, check=False)
    assert run.returncode == 0
