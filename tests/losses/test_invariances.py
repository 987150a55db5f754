"""What must not change the potentials of a readout, or must change them in a known way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import firstspike as fs

DURATION = 50e-3


def problem(seed, n_samples=4, n_in=5, n_out=3, ratio=4.0):
    rng = np.random.default_rng(seed)
    layer = fs.LI(n_in, n_out, ratio * 5e-3, 5e-3, duration=DURATION)
    times = rng.uniform(0, 30e-3, (n_samples, n_in))
    return layer, rng.normal(0.0, 1.0, (n_in, n_out)), fs.SpikeBatch.from_dense(times)


def seeds(potentials):
    seen = [potentials.maximum(), potentials.voltages([1e-3, 20e-3, DURATION])]
    seen += [potentials.average(w) for w in (fs.readouts.Linear(), fs.readouts.Sigmoid())]
    return [o.seed(np.cos(np.arange(o.values.size)).reshape(o.values.shape)) for o in seen]


@pytest.mark.parametrize("ratio", [0.5, 1.0, 4.0])
def test_a_maximum_does_not_change_when_all_spikes_move_together(ratio):
    """So the derivatives by their times cancel, also where an arrival cuts the rise off."""
    layer, weights, spikes = problem(0, n_samples=400, n_in=12, ratio=ratio)
    potentials = fs.readouts.Potentials(layer, weights, spikes)
    inside = potentials.maximum_times() < DURATION
    grads = potentials.gradients(potentials.maximum().seed(inside.astype(float)))
    per_sample = np.add.reduceat(grads.spike_times, spikes.offsets[:-1])
    assert np.abs(grads.spike_times).max() > 1.0
    assert np.abs(per_sample).max() < 1e-9 * np.abs(grads.spike_times).max()


@given(seed=st.integers(0, 1000), factor=st.floats(0.1, 10.0))
def test_stretching_time_and_time_constants_changes_nothing(seed, factor):
    layer, weights, spikes = problem(seed)
    slow = fs.LI(5, 3, 20e-3 * factor, 5e-3 * factor, duration=DURATION * factor)
    later = fs.SpikeBatch(spikes.offsets, spikes.times * factor, spikes.sources, 5)
    one = fs.readouts.Potentials(layer, weights, spikes)
    other = fs.readouts.Potentials(slow, weights, later)
    for window in (None, fs.readouts.Exponential(), fs.readouts.Sigmoid()):
        a, b = one.average(window).values, other.average(window).values
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(one.maximum().values, other.maximum().values, rtol=1e-9)


@given(seed=st.integers(0, 1000))
def test_a_batch_is_the_sum_of_its_parts(seed):
    layer, weights, spikes = problem(seed)
    whole = fs.readouts.Potentials(layer, weights, spikes)
    parts = [fs.readouts.Potentials(layer, weights, spikes[i : i + 2]) for i in (0, 2)]
    for window in (None, fs.readouts.Sigmoid()):
        together = np.concatenate([p.average(window).values for p in parts])
        assert together.tobytes() == whole.average(window).values.tobytes()
    given_seed = np.cos(np.arange(12.0)).reshape(4, 3)
    grads = whole.gradients(whole.maximum().seed(given_seed))
    halves = [
        p.gradients(p.maximum().seed(given_seed[2 * i : 2 * i + 2])) for i, p in enumerate(parts)
    ]
    np.testing.assert_allclose(
        grads.weights, sum(h.weights for h in halves), rtol=1e-12, atol=1e-15
    )
    assert np.concatenate([h.spike_times for h in halves]).tobytes() == grads.spike_times.tobytes()


@given(seed=st.integers(0, 1000))
def test_order_of_integrators_and_of_sources_does_not_matter(seed):
    layer, weights, spikes = problem(seed)
    rng = np.random.default_rng(seed)
    columns, rows = rng.permutation(3), rng.permutation(5)
    renamed = fs.SpikeBatch.from_dense(spikes.to_dense()[:, rows])
    one = fs.readouts.Potentials(layer, weights, spikes)
    other = fs.readouts.Potentials(layer, weights[rows][:, columns], renamed)
    np.testing.assert_allclose(one.maximum().values[:, columns], other.maximum().values, rtol=1e-12)
    dz = np.cos(np.arange(12.0)).reshape(4, 3)
    a = one.gradients(one.average().seed(dz)).weights[rows][:, columns]
    b = other.gradients(other.average().seed(dz[:, columns])).weights
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-18)


@pytest.mark.parametrize(("tau_mem", "tau_syn"), [(1e-3, 0.7e-3), (3e-4, 1e-3), (0.2, 1e-3)])
def test_a_sigmoid_average_over_a_long_trial(tau_mem, tau_syn):
    """Panels must stay short against the time constants, however rare the spikes."""
    layer = fs.LI(1, 1, tau_mem, tau_syn, duration=1.0)
    spikes = fs.SpikeBatch.from_lists([[(0.0, 0), (0.45, 0)]], n_sources=1)
    potentials = fs.readouts.Potentials(layer, [[1.0]], spikes)
    window = fs.readouts.Sigmoid(width=0.05)
    nodes, shares = np.polynomial.legendre.leggauss(16)
    edges = np.linspace(0, 1, 20001)  # 0.45 is one of them
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    t = (middle[:, None] + half[:, None] * nodes).ravel()
    g = 1 / (1 + np.exp((t - 0.5) / 0.05))
    expected = ((half[:, None] * shares).ravel() * g) @ potentials.voltages(t).values[0, :, 0]
    assert potentials.average(window).values[0, 0] == pytest.approx(expected, rel=1e-12)


def test_everything_is_finite_at_extreme_scales():
    for tau_mem, tau_syn in [(1.0, 1e-3), (1e-3, 1.0), (1e-6, 1e-6)]:
        layer = fs.LI(2, 2, tau_mem, tau_syn, duration=100.0)
        spikes = fs.SpikeBatch.from_dense([[0.0, 99.9], [1e-12, 50.0]])
        potentials = fs.readouts.Potentials(layer, [[1e6, -1.0], [1e-6, 3.0]], spikes)
        for part in vars(potentials.gradients(seeds(potentials))).values():
            assert np.isfinite(part).all()
