"""The integer network follows the continuous one, and keeps what is integer already."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import firstspike as fs
from firstspike.errors import DomainError, ShapeError
from firstspike.quant import (
    discretize,
    lattice_scale,
    least_error_scale,
    round_weights,
)


def sampled(tau_mem, tau_syn, tick, v, i, steps=20_000):
    """Integrate the neuron's equations by the midpoint rule."""
    dt = tick / steps
    for _ in range(steps):
        v_mid, i_mid = v + dt / 2 * (i - v) / tau_mem, i - dt / 2 * i / tau_syn
        v, i = v + dt * (i_mid - v_mid) / tau_mem, i - dt * i_mid / tau_syn
    return v, i


@pytest.mark.parametrize("ratio", [0.25, 0.5, 1.0, 1.0 + 1e-9, 1.3, 2.0, 4.0])
def test_constants_are_exact_samples_of_the_neuron(ratio):
    tau_syn, tick = 5e-3, 1e-3
    constants = discretize(ratio * tau_syn, tau_syn, tick)
    v, i = sampled(ratio * tau_syn, tau_syn, tick, v=0.3, i=1.7)
    assert constants.decay_mem * 0.3 + constants.drive * 1.7 == pytest.approx(v, rel=1e-8)
    assert constants.decay_syn * 1.7 == pytest.approx(i, rel=1e-8)


@given(tau_mem=st.floats(1e-3, 1.0), tau_syn=st.floats(1e-3, 1.0), tick=st.floats(1e-5, 1e-2))
def test_constants_fit_the_integer_program(tau_mem, tau_syn, tick):
    constants = discretize(tau_mem, tau_syn, tick)
    assert 0 < constants.drive < 1
    program = constants.program(shift=16, guard=4)
    assert program.decay_mem == round(constants.decay_mem * 65536)


@given(tau_mem=st.floats(1e-3, 0.1), tau_syn=st.floats(1e-3, 0.1), tick=st.floats(1e-4, 1e-3))
def test_default_precision_keeps_what_it_promises(tau_mem, tau_syn, tick):
    constants = discretize(tau_mem, tau_syn, tick)
    program = constants.program()
    assert 12 <= program.shift <= 16
    assert 2 <= program.guard <= 8
    if program.shift < 16:
        for exact, decay in (
            (constants.decay_mem, program.decay_mem),
            (constants.decay_syn, program.decay_syn),
        ):
            assert 1 - decay / 2**program.shift == pytest.approx(1 - exact, rel=0.0101)
    current, before = 2**program.guard, None  # one unit of weight fades below a quarter of it
    while current != before:
        before, current = (
            current,
            (program.decay_syn * current + 2 ** (program.shift - 1)) >> (program.shift),
        )
    if program.guard < 8:
        assert current <= 2**program.guard / 4 * 1.02


def test_ticks_out_of_all_proportion_are_refused():
    with pytest.raises(DomainError, match="orders of magnitude"):
        discretize(1e-3, 2e-3, 10.0)
    for bad in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(DomainError):
            discretize(1e-2, 1e-3, bad)


def test_rounding_is_half_to_even_and_clips():
    weights = np.array([[0.5, 1.5, 2.5, -0.5, -1.5, 99.0, -99.0]])
    assert round_weights(weights, 1.0, 4).tolist() == [[0, 2, 2, 0, -2, 7, -7]]
    with pytest.raises(DomainError):
        round_weights(weights, 0.0, 4)
    with pytest.raises(DomainError):
        round_weights(weights, 1.0, 9)


@given(
    seed=st.integers(0, 2**32),
    bits=st.integers(2, 8),
    scale=st.floats(1e-3, 1e3),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_weights_on_a_lattice_survive_exactly(seed, bits, scale, dtype):
    limit = 2 ** (bits - 1) - 1
    integers = np.random.default_rng(seed).integers(-limit, limit + 1, (6, 5))
    weights = (integers * scale).astype(dtype)
    found = lattice_scale(weights, bits)
    if not integers.any():
        assert found is None
        return
    recovered = round_weights(weights, found, bits) * found
    assert np.allclose(recovered, weights, rtol=1e-6, atol=0)


def test_the_least_error_scale_is_near_the_best_of_a_fine_search():
    weights = np.random.default_rng(0).normal(0, 0.3, (50, 40))

    def error(scale):
        return ((round_weights(weights, scale, 4) * scale - weights) ** 2).sum()

    fine = min(error(s) for s in np.linspace(0.01, 0.3, 500))
    assert error(least_error_scale(weights, 4)) <= 1.02 * fine


def trained_like(seed=0, spikes=None, dtype=np.float64):
    """A network whose neurons fire at all sorts of times."""
    options = {} if spikes is None else {"spikes": spikes}
    layers = [
        fs.LIF(10, 30, tau_mem=20e-3, tau_syn=5e-3, init=fs.Normal(0.9, 1.5), **options),
        fs.LIF(30, 4, tau_mem=10e-3, tau_syn=10e-3, init=fs.Normal(0.4, 0.6), **options),
    ]
    return fs.Network(layers, seed=seed, dtype=dtype)


def inputs(n=50, t_max=20e-3, seed=1):
    times = np.random.default_rng(seed).uniform(0, t_max, (n, 10))
    times[::7, ::3] = np.inf
    return fs.SpikeBatch.from_dense(times)


def on_lattice(net, bits=8):
    """Round the weights, so that only time is quantised afterwards."""
    for index, weights in enumerate(net.weights):
        scale = least_error_scale(weights, bits)
        net.weights[index] = round_weights(weights, scale, bits) * scale
    return net


def test_output_times_converge_as_the_tick_shrinks():
    net, spikes = on_lattice(trained_like()), inputs()
    exact = net.forward(spikes).first_spike_times()
    window, errors = 60e-3, []
    for ticks in (64, 512, 4096):
        q = fs.quantize(net, ticks=ticks, t_window=window, weight_bits=8, shift=16, guard=8)
        run = q.simulate(spikes, early_exit=False, record=True)
        batch = run.spikes(-1).batch
        times = np.full((spikes.n_samples, 4), np.inf)
        sample = np.repeat(np.arange(batch.n_samples), np.diff(batch.offsets))
        times[sample, batch.sources] = batch.ticks * q.tick_seconds
        both = np.isfinite(times) & np.isfinite(exact)
        inside = exact < window * 0.9
        assert (both == inside).mean() > 0.97
        errors.append(float(np.median(np.abs(times[both] - exact[both]))))
    assert errors[0] > 4 * errors[1] > 16 * errors[2]
    assert errors[2] < 3 * window / 4096


def test_decisions_follow_the_continuous_network():
    net, spikes = trained_like(), inputs(n=300)
    first = net.forward(spikes).first_spike_times()
    decided = np.isfinite(first).any(axis=1)
    q = fs.quantize(net, ticks=256, t_window=60e-3, weight_bits=8)
    agreement = (q.simulate(spikes).decisions == first.argmin(axis=1))[decided].mean()
    assert agreement > 0.93


@pytest.mark.parametrize("bits", [2, 4, 6, 8])
def test_quantised_training_survives_bit_for_bit(bits):
    net = on_lattice(trained_like(dtype=np.float32), bits)
    q = fs.quantize(net, ticks=64, t_window=40e-3, weight_bits=bits)
    for layer, weights in zip(q.layers, net.weights, strict=True):
        recovered = (layer.connectivity.weights * layer.scale).astype(np.float32)
        assert np.allclose(recovered, weights, rtol=3e-7, atol=0)


def test_given_scales_are_used():
    net = trained_like()
    q = fs.quantize(net, ticks=8, tick_seconds=1e-3, scales=[0.5, 0.25])
    assert [layer.scale for layer in q.layers] == [0.5, 0.25]
    expected = round_weights(net.weights[0], 0.5, 6)
    assert np.array_equal(q.layers[0].connectivity.weights, expected)


def test_calibration_never_loses_accuracy_on_its_own_samples():
    net, spikes = trained_like(), inputs(n=200)
    labels = net.forward(spikes).first_spike_times().argmin(axis=1)
    options = {"ticks": 64, "t_window": 60e-3, "weight_bits": 3}
    plain = fs.quantize(net, **options)
    searched = fs.quantize(net, **options, calibration=(spikes, labels))
    again = fs.quantize(net, **options, calibration=(spikes, labels), threads=1)
    assert searched == again
    assert searched.simulate(spikes).accuracy(labels) > plain.simulate(spikes).accuracy(labels)


def test_one_number_of_numpy_is_for_all_layers():
    options = {"ticks": 64, "t_window": 60e-3}
    plain = fs.quantize(trained_like(), **options, weight_bits=5)
    assert fs.quantize(trained_like(), **options, weight_bits=np.int64(5)) == plain


def test_thresholds_absorb_the_drive():
    net = trained_like()
    net.thresholds[0] = np.linspace(0.5, 2.0, 30)
    q = fs.quantize(net, ticks=64, tick_seconds=1e-3, guard=3)
    for index, layer in enumerate(q.layers):
        spec = net.layers[index]
        drive = discretize(spec.tau_mem, spec.tau_syn, 1e-3).drive
        expected = net.thresholds[index] * 2**3 / (drive * layer.scale)
        assert np.abs(layer.threshold.values - expected).max() <= 0.5
        assert layer.program.drive == 2**layer.program.shift


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"tick_seconds": None}, DomainError, "exactly one"),
        ({"t_window": 1.0}, DomainError, "exactly one"),
        ({"tick_seconds": math.nan}, DomainError, "tick_seconds"),
        ({"tick_seconds": 0.0}, DomainError, "tick_seconds"),
        ({"ticks": 0}, DomainError, "ticks"),
        ({"weight_bits": 9}, DomainError, "weight_bits"),
        ({"weight_bits": [6]}, ShapeError, "weight_bits"),
        ({"scales": [1.0]}, ShapeError, "scales"),
        ({"scales": [1.0, -1.0]}, DomainError, "scale"),
        ({"scales": [1.0, 1e-9]}, DomainError, "thresholds up to"),
        ({"shift": 17}, DomainError, "shift"),
        ({"shift": 10**18}, DomainError, "shift"),
        ({"guard": 9}, DomainError, "guard"),
        ({"calibration": (inputs(3), [0, 1])}, ShapeError, "labels"),
    ],
)
def test_bad_arguments_are_refused(changes, error, text):
    arguments = {"ticks": 16, "tick_seconds": 1e-3} | changes
    with pytest.raises(error, match=text):
        fs.quantize(trained_like(), **arguments)


def test_neurons_that_spike_again_are_refused():
    with pytest.raises(DomainError, match=r"Once\(\)"):
        fs.quantize(trained_like(spikes=fs.Many(limit=4)), ticks=16, tick_seconds=1e-3)


def test_weights_that_are_not_finite_are_refused():
    net = trained_like()
    weights = net.weights[0].copy()
    weights[0, 0] = np.inf
    try:
        net.weights[0] = weights
    except DomainError:
        return  # refused where it was set, which is better still
    with pytest.raises(DomainError, match="finite"):
        fs.quantize(net, ticks=16, tick_seconds=1e-3)
