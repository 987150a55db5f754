"""Circuits: what they refuse, ties, refractory periods, delays, ends and grids."""

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError, ShapeError

ONE = fs.SpikeBatch.from_lists([[(1e-3, 0)]], n_sources=1)


def single(dtype=np.float64, weight=10.0, **options):
    layer = fs.LIF(1, 1, init=fs.Normal(weight, 0.0), **options)
    return fs.Network([layer], seed=0, dtype=dtype)


def test_a_delay_moves_the_arrival():
    direct = single().forward(ONE).spikes().times
    for delays in (fs.AxonDelays(2e-3), fs.SynapseDelays(2e-3)):
        delayed = single(delays=delays).forward(ONE).spikes().times
        np.testing.assert_allclose(delayed, direct + 2e-3, atol=1e-15)


def test_a_refractory_period_keeps_spikes_apart():
    free = single(weight=60.0, spikes=fs.Many()).forward(ONE).spikes().times
    net = single(weight=60.0, spikes=fs.Many(), refractory=3e-3)
    held = net.forward(ONE).spikes().times
    assert np.diff(free).min() < 3e-3 < np.diff(held).min()
    assert held[0] == pytest.approx(free[0], abs=1e-15)


def test_the_leak_is_where_the_potential_starts():
    assert single(weight=0.0, leak=0.3).forward(ONE).max_voltages()[0, 0] == pytest.approx(0.3)
    near, far = (single(leak=leak).forward(ONE).spikes().times[0] for leak in (0.5, -0.5))
    assert near < far


def test_a_neuron_may_drive_itself():
    net = single(spikes=fs.Many(200), recurrent=fs.Recurrent(fs.Normal(5.0, 0.0)))
    with pytest.raises(DomainError, match=r"until is not given, expected the end.*layer 0"):
        net.forward(ONE)
    counts = [net.forward(ONE, until=end).spikes().n_spikes for end in (0.005, 0.01, 0.015)]
    assert counts[0] < counts[1] < counts[2]
    assert net.infer(ONE, until=0.015)[1] == [counts[2]]
    with pytest.raises(DomainError, match="neuron 0 in layer 0, sample 0, is above 200"):
        net.forward(ONE, until=10.0)


def test_recurrent_spikes_arrive_in_order_of_time():
    """A fast neuron silences a slow one, with and without a delay that is too long."""
    layer = fs.LIF(1, 2, init=fs.Normal(1.0, 0.0), recurrent=fs.Recurrent(delays=fs.AxonDelays()))
    net = fs.Network([layer], seed=0, dtype=np.float64)
    net.weights[0] = [[20.0, 8.0]]
    net.recurrent_weights[0] = [[0.0, -50.0], [0.0, 0.0]]
    fast, slow = 1e-3, 5e-3
    assert np.isinf(net.forward(ONE).first_spike_times()[0]).tolist() == [False, True]
    net.recurrent_delays[0] = [slow - fast, 0.0]
    assert np.isfinite(net.forward(ONE).first_spike_times()).all()


def test_the_end_cuts_a_trial_off():
    net = single(spikes=fs.Many(), weight=60.0)
    whole = net.forward(ONE).spikes().times
    part = net.forward(ONE, until=whole[2]).spikes().times
    np.testing.assert_allclose(part, whole[:3], atol=1e-15)
    assert net.forward(ONE, until=0.5e-3).spikes().n_spikes == 0


def test_a_grid_converges_to_the_exact_times():
    rng = np.random.default_rng(0)
    spikes = fs.SpikeBatch.from_dense(rng.uniform(0.0, 20e-3, (4, 30)))
    layer = fs.LIF(30, 10, recurrent=fs.Recurrent())
    net = fs.Network([layer, fs.LIF(10, 3)], seed=1, dtype=np.float64)
    exact = net.forward(spikes).first_spike_times(0)
    errors = []
    for step in (1e-3, 1e-4, 1e-5, 1e-6):
        times = net.forward(spikes, grid=fs.TimeGrid(step)).first_spike_times(0)
        both = np.isfinite(times) & np.isfinite(exact)
        errors.append(np.median(np.abs(times - exact)[both]))
    assert errors[1] / errors[3] == pytest.approx(100.0, rel=0.3)
    assert errors[0] < 2e-3
    with pytest.raises(DomainError, match=r"step is 0\.0 s"):
        fs.TimeGrid(0.0)


@pytest.mark.parametrize(
    ("late", "arrival"),
    [
        (-0.5, 2e-3),
        (-(2**-21), 2e-3),
        (2**-21, 2e-3 + 2**-21 * 1e-3),  # within the tolerance: its own time
        (2**-19, 3e-3),
        (0.5, 3e-3),
    ],
)
def test_when_a_grid_delivers_a_spike(late, arrival):
    given, due = (
        fs.SpikeBatch.from_lists([[(time, 0)]], n_sources=1)
        for time in (2e-3 + late * 1e-3, arrival)
    )
    found = single().forward(given, grid=fs.TimeGrid(1e-3)).first_spike_times()
    expected = single().forward(due).first_spike_times()
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("step", [5e-324, 1e-310, 1e-20])
def test_instants_too_close_to_be_told_apart_lose_no_spike(step):
    exact = single().forward(ONE).spikes()
    assert exact.n_spikes == 1
    assert single().forward(ONE, grid=fs.TimeGrid(step)).spikes() == exact
    clocked = single().forward(ONE, tick=step).spikes()
    np.testing.assert_allclose(clocked.times, exact.times, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("delays", [[-1e-3]], r"delays\[0, 0\] of layer 0 is -0.001.*before it is sent"),
        ("tau_mem", [0.0], r"tau_mem\[0\] of layer 0 is 0"),
        ("tau_syn", [-1.0], r"tau_syn\[0\] of layer 0 is -1"),
        ("tau_syn", [1e-9], r"tau_mem\[0\] / tau_syn\[0\] of layer 0"),
        ("resets", [1.0], r"resets\[0\] of layer 0 is 1, expected a finite number below"),
        ("leaks", [2.0], r"leaks\[0\] of layer 0 is 2"),
        ("recurrent_delays", [-1.0], r"recurrent_delays\[0\] of layer 0 is -1"),
    ],
)
def test_bad_parameters(name, value, complaint):
    recurrent = fs.Recurrent(delays=fs.AxonDelays())
    net = single(delays=fs.SynapseDelays(), recurrent=recurrent)
    net.parameters[name][0] = value
    with pytest.raises(DomainError, match=complaint):
        net.forward(ONE, until=1.0)


def test_not_a_number_is_refused():
    net = single(recurrent=fs.Recurrent())
    net.recurrent_weights[0][0, 0] = np.nan
    with pytest.raises(DomainError, match=r"recurrent_weights\[0, 0\] of layer 0 is NaN"):
        net.forward(ONE, until=1.0)


def test_bad_arguments():
    net = single(leak=0.1)
    with pytest.raises(DomainError, match="until is -1"):
        net.forward(ONE, until=-1.0)
    with pytest.raises(DomainError, match="leak potentials in layer 0, a clock expects"):
        net.forward(ONE, tick=1e-3)
    with pytest.raises(DomainError, match="goes with neither"):
        single().forward(ONE, tick=1e-3, until=1.0)
    with pytest.raises(ShapeError, match="n_sources = 2"):
        net.forward(fs.SpikeBatch.from_dense([[0.0, 0.0]]))
    tape = net.forward(ONE)
    with pytest.raises(ShapeError, match="dL_dspikes of layer 0 has 3 entries"):
        net.backward(tape, dL_dspikes={0: np.zeros(3)})
    with pytest.raises(DomainError, match="this neuron spiked"):
        net.backward(tape, dL_dvmax=[[1.0]])
    with pytest.raises(DomainError, match="slope_guard is 0"):
        net.backward(tape, slope_guard=0.0)


def test_empty_batches_and_samples():
    net = single(leak=0.1)
    nobody = fs.SpikeBatch.from_lists([], n_sources=1)
    assert net.forward(nobody).first_spike_times().shape == (0, 1)
    assert net.infer(nobody)[0].shape == (0, 1)
    assert not net.backward(net.forward(nobody), np.zeros((0, 1))).weights[0].any()
    silent = net.forward(fs.SpikeBatch.from_lists([[], []], n_sources=1))
    assert np.isinf(silent.first_spike_times()).all()
    assert not net.backward(silent, np.ones((2, 1))).weights[0].any()


def test_single_precision_follows_double():
    rng = np.random.default_rng(0)
    spikes = fs.SpikeBatch.from_dense(rng.uniform(0.0, 30e-3, (8, 20)))
    layer = fs.LIF(20, 30, tau_mem=rng.uniform(8e-3, 30e-3, 30), recurrent=fs.Recurrent(), leak=0.1)
    single, double = (fs.Network([layer], seed=1, dtype=d) for d in (np.float32, np.float64))
    for name, arrays in single.parameters.items():
        double.parameters[name][0] = arrays[0]
    ours, exact = (net.forward(spikes).first_spike_times() for net in (single, double))
    np.testing.assert_array_equal(np.isfinite(ours), np.isfinite(exact))
    error = np.abs(ours - exact)[np.isfinite(ours)]
    assert np.median(error) < 1e-7
