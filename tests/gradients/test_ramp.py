"""Ramp neurons: exact fractions, and central differences in double precision."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
import reference_ramp
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_gradients import (
    Problem,
    input_time_differences,
    parameter_differences,
    relative_error,
)

import firstspike as fs
from firstspike.errors import DomainError, ShapeError

SHAPES = ((4, 6, 3), (4, 6, 5, 3), (4, 5, 5, 4, 3))
MUTANTS = (
    "all inputs count",
    "slope of all inputs",
    "threshold without tau",
    "arrivals do not move it",
)


def make_problem(sizes, *, seed=3, drive=1.5, n_samples=3, until=None, spread=1.0):
    rng = np.random.default_rng(seed)
    layers = [
        fs.Ramp(n_in, n_out, tau=tau, init=fs.FanIn(drive, spread))
        for (n_in, n_out), tau in zip(
            itertools.pairwise(sizes), (9e-3, 5e-3, 7e-3, 8e-3), strict=False
        )
    ]
    net = fs.Network(layers, seed=seed, dtype=np.float64)
    for theta in net.thresholds:
        theta *= rng.uniform(0.8, 1.2, theta.shape)
    times = rng.uniform(0.0, 20e-3, (n_samples, sizes[0]))
    batch = fs.SpikeBatch.from_dense(times)
    return Problem(net, batch, rng.normal(size=(n_samples, sizes[-1])), until=until)


def steep(sizes, floor=0.15, **options):
    """The first random problem without spikes that barely happen: differences are no measure."""
    for seed in range(100):
        problem = make_problem(sizes, seed=seed, **options)
        tape = problem.net.forward(problem.spikes, until=problem.until)
        slopes = [tape.slopes(layer) for layer in range(len(sizes) - 1)]
        if min(s.size for s in slopes) >= 4 and min(s.min() for s in slopes) > floor:
            return problem
    raise AssertionError("no seed gives a problem worth measuring")


def errors(problem):
    grads, net = problem.gradients(), problem.net
    found = {}
    for index in range(len(net.layers)):
        for name in ("weights", "thresholds"):
            measured = parameter_differences(problem, net.parameters[name][index], 1e-6)
            found[name, index] = relative_error(grads[name][index], measured)
    measured = input_time_differences(problem, 1e-8)
    found["input_times"] = relative_error(grads.input_times, measured)
    return found


@pytest.mark.parametrize("until", [None, 40e-3], ids=["free", "until"])
@pytest.mark.parametrize("sizes", SHAPES, ids=len)
def test_every_parameter(sizes, until):
    found = errors(steep(sizes, until=until))
    assert max(found.values()) <= 1e-6, found


def with_hinges(problem):
    """Hinges of random strength on all silent neurons of all layers."""
    rng = np.random.default_rng(7)
    tape, hinge = problem.net.forward(problem.spikes, until=problem.until), {}
    for layer in range(len(problem.net.layers)):
        silent = np.isinf(tape.first_spike_times(layer))
        hinge[layer] = silent * rng.uniform(0.5, 1.5, silent.shape)
    return Problem(problem.net, problem.spikes, problem.coefficients, hinge, problem.until)


@pytest.mark.parametrize("until", [None, 18e-3], ids=["free", "until"])
def test_hinge_on_silent_neurons(until):
    """Silent because inhibition won, or because the trial was too short."""
    drive = 0.4 if until is None else 1.0
    problem = with_hinges(steep((6, 8, 4), drive=drive, n_samples=6, until=until))
    silent = [int((beta > 0).sum()) for beta in problem.hinge.values()]
    assert min(silent) > 0, "the test needs silent neurons in every layer"
    found = errors(problem)
    assert max(found.values()) <= 1e-6, found


def test_hinge_where_an_arrival_ends_the_rise():
    net = fs.Network([fs.Ramp(3, 1, tau=10e-3)], seed=0, dtype=np.float64)
    net.weights[0] = [[0.5], [-0.4], [-0.3]]
    spikes = fs.SpikeBatch.from_dense([[1e-3, 9e-3, 9e-3]])
    tape = net.forward(spikes)
    assert tape.max_voltages()[0, 0] == pytest.approx(0.5 * 0.8)
    grads = net.backward(tape, dL_dvmax=[[1.0]])
    np.testing.assert_allclose(grads.weights[0][:, 0], [0.8, 0.0, 0.0], atol=1e-15)
    # both late arrivals end the rise; the group is moved as one, each pays one half
    np.testing.assert_allclose(grads.input_times, [-50.0, 25.0, 25.0])


def test_the_end_of_the_trial_has_no_derivative():
    net = fs.Network([fs.Ramp(1, 1, tau=10e-3)], seed=0, dtype=np.float64)
    net.weights[0] = [[0.5]]
    tape = net.forward(fs.SpikeBatch.from_dense([[2e-3]]), until=12e-3)
    assert np.isinf(tape.first_spike_times()).all()
    assert tape.max_voltages()[0, 0] == pytest.approx(0.5)
    grads = net.backward(tape, dL_dvmax=[[1.0]])
    assert grads.weights[0][0, 0] == pytest.approx(1.0)
    assert grads.input_times[0] == pytest.approx(-50.0)
    assert grads.thresholds[0][0] == 0.0


def difference_error(problem, gradient, eps):
    return relative_error(gradient, parameter_differences(problem, problem.net.weights[0], eps))


def test_error_falls_with_the_square_of_the_step():
    problem = steep((4, 6, 3), floor=0.4)
    gradient = problem.gradients().weights[0]
    coarse, middle, fine = (difference_error(problem, gradient, eps) for eps in (3e-3, 1e-3, 1e-4))
    assert np.log(coarse / middle) / np.log(3) == pytest.approx(2.0, abs=0.1)
    assert np.log10(middle / fine) == pytest.approx(2.0, abs=0.1)


# -- exact fractions ------------------------------------------------------------------------------


def in_fractions(problem, sample):
    """One sample of a problem, every double taken at its word."""
    batch, net = problem.spikes, problem.net
    inputs = [None] * net.n_in
    inside = slice(*batch.offsets[sample : sample + 2])
    for t, source in zip(batch.times[inside], batch.sources[inside], strict=True):
        inputs[source] = Fraction(float(t))
    layers = [[[Fraction(float(w)) for w in row] for row in weights] for weights in net.weights]
    thetas = [[Fraction(float(th)) for th in theta] for theta in net.thresholds]
    taus = [Fraction(layer.tau) for layer in net.layers]
    until = None if problem.until is None else Fraction(problem.until)
    return inputs, layers, thetas, taus, until


def reference_gradient(problem, mutant=""):
    """Gradient of sum c t over the outputs, in fractions, as floats."""
    weights = [np.zeros(w.shape) for w in problem.net.weights]
    thetas = [np.zeros(th.shape) for th in problem.net.thresholds]
    inputs = []
    for sample, coefficients in enumerate(problem.coefficients):
        given_, layers, thresholds, taus, until = in_fractions(problem, sample)
        found = reference_ramp.forward(given_, layers, thresholds, taus, until)
        seeds = [Fraction(float(c)) for c in coefficients]
        by_weight, by_theta, by_input = reference_ramp.gradients(
            given_, layers, found, taus, seeds, mutant
        )
        for into, part in zip(weights, by_weight, strict=True):
            into += np.array(part, dtype=float)
        for into, part in zip(thetas, by_theta, strict=True):
            into += np.array(part, dtype=float)
        order = np.argsort([float(t) for t in given_], kind="stable")
        inputs += [float(by_input[j]) for j in order]
    return weights, thetas, np.array(inputs)


def agreement(problem, mutant=""):
    """Largest relative deviation of the package from the reference."""
    tape = problem.net.forward(problem.spikes, until=problem.until)
    grads = problem.net.backward(tape, problem.coefficients)
    weights, thetas, inputs = reference_gradient(problem, mutant)
    pairs = [*zip(grads.weights, weights, strict=True), *zip(grads.thresholds, thetas, strict=True)]
    pairs.append((grads.input_times, inputs))
    return max(np.abs(a - b).max() / max(np.abs(b).max(), 1e-300) for a, b in pairs)


@pytest.mark.parametrize("seed", range(8))
def test_gradients_equal_those_in_fractions(seed):
    assert agreement(make_problem((5, 7, 4), seed=seed, n_samples=4)) <= 1e-9


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_wrong_term_would_be_noticed(mutant):
    problem = steep((5, 7, 4), n_samples=4)
    assert agreement(problem) <= 1e-9
    assert agreement(problem, mutant) > 1e-3


@settings(max_examples=60, deadline=None)
@given(
    times=st.lists(st.lists(st.integers(0, 8) | st.none(), min_size=4, max_size=4), max_size=3),
    weights=st.lists(st.integers(-6, 9), min_size=20, max_size=20),
    upper=st.lists(st.integers(-4, 9), min_size=10, max_size=10),
    until=st.sampled_from([None, 5, 12]),
)
def test_spikes_equal_those_in_fractions_also_with_ties(times, weights, upper, until):
    """Small whole numbers: simultaneous arrivals and crossings at an arrival are common."""
    net = fs.Network([fs.Ramp(4, 5, tau=1.0), fs.Ramp(5, 2, tau=1.0)], seed=0, dtype=np.float64)
    net.weights[0] = np.reshape(weights, (4, 5)) / 8
    net.weights[1] = np.reshape(upper, (5, 2)) / 4
    dense = [[np.inf if t is None else float(t) for t in row] for row in times]
    batch = fs.SpikeBatch.from_dense(np.reshape(dense, (-1, 4)))
    problem = Problem(net, batch, np.zeros((batch.n_samples, 2)), until=until)
    tape = net.forward(batch, until=until)
    for sample in range(batch.n_samples):
        found = reference_ramp.forward(*in_fractions(problem, sample))
        rounded: set[object] = set()
        for layer, crossings in enumerate(found):
            times = [None if one is None else one.time for one in crossings]
            expected = [np.inf if time is None else float(time) for time in times]
            ours = tape.first_spike_times(layer)[sample]
            # past a first layer, a rounded time may fall on the other side of a tie, or of the end
            sure = [time not in rounded for time in times]
            np.testing.assert_allclose(ours[sure], np.array(expected)[sure], rtol=1e-12, atol=1e-12)
            rounded = {until, *times} - {None}


# -- ties -----------------------------------------------------------------------------------------


def test_a_crossing_at_an_arrival_is_without_it():
    """The potential does not jump, so the time is the same; the derivative is that from before."""
    net = fs.Network([fs.Ramp(2, 1, tau=1.0)], seed=0, dtype=np.float64)
    net.weights[0] = [[0.5], [7.0]]
    tape = net.forward(fs.SpikeBatch.from_dense([[0.0, 2.0]]))
    assert tape.first_spike_times().tolist() == [[2.0]]
    assert tape.slopes().tolist() == [0.5]
    grads = net.backward(tape, [[1.0]])
    assert grads.weights[0].tolist() == [[-4.0], [0.0]]
    assert grads.input_times.tolist() == [1.0, 0.0]
    assert grads.thresholds[0].tolist() == [2.0]


def test_simultaneous_inputs_act_together():
    net = fs.Network([fs.Ramp(3, 1)], seed=0, dtype=np.float64)
    net.weights[0] = [[3.0], [-5.0], [2.0]]
    together = fs.SpikeBatch.from_dense([[1e-3, 1e-3, 1e-3]])
    assert np.isinf(net.forward(together).first_spike_times()).all()
    apart = fs.SpikeBatch.from_dense([[1e-3, 9e-3, 1e-3]])
    assert np.isfinite(net.forward(apart).first_spike_times()).all()


# -- what else the adjoint offers -----------------------------------------------------------------


def test_slope_guard_bounds_the_gradient_of_a_slow_spike():
    net = fs.Network([fs.Ramp(1, 1)], seed=0, dtype=np.float64)
    net.weights[0] = [[1e-4]]
    problem = Problem(net, fs.SpikeBatch.from_dense([[0.0]]), np.ones((1, 1)))
    exact = abs(problem.gradients().weights[0][0, 0])
    guarded = abs(problem.gradients(slope_guard=0.05).weights[0][0, 0])
    assert exact == pytest.approx(500.0 * guarded)
    assert abs(problem.gradients(slope_guard=1e-9).weights[0][0, 0]) == exact


def test_a_loss_may_depend_on_every_spike():
    problem = steep((4, 6, 3))
    net, batch = problem.net, problem.spikes

    def loss():
        tape = net.forward(batch)
        return sum(np.sum(1e4 * (1 + layer) * tape.spikes(layer).times ** 2) for layer in (0, 1))

    tape = net.forward(batch)
    seeds = {layer: 2e4 * (1 + layer) * tape.spikes(layer).times for layer in (0, 1)}
    grads = net.backward(tape, dL_dspikes=seeds)
    kept, values = net.weights[0][0, 0], []
    for step in (1e-6, -1e-6):
        net.weights[0][0, 0] = kept + step
        values.append(loss())
    net.weights[0][0, 0] = kept
    assert grads.weights[0][0, 0] == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-6)


def test_a_readout_may_stand_on_ramps():
    net = fs.Network([fs.Ramp(4, 6), fs.LI(6, 3, duration=60e-3)], seed=0, dtype=np.float64)
    batch = fs.SpikeBatch.from_dense(np.random.default_rng(0).uniform(0, 10e-3, (3, 4)))
    loss = fs.losses.suited_loss(net)
    _, derivatives = fs.losses.evaluate(loss, net.forward(batch), [0, 1, 2])
    gradient = derivatives.backward(net.forward(batch)).weights[0][1, 2]
    kept, values = net.weights[0][1, 2], []
    for step in (1e-6, -1e-6):
        net.weights[0][1, 2] = kept + step
        values.append(fs.losses.evaluate(loss, net.forward(batch), [0, 1, 2])[0])
    assert gradient == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-5)


def test_wrong_seeds_and_arguments_are_refused():
    problem = make_problem((30, 20, 9))
    net, batch, dL_dt = problem.net, problem.spikes, problem.coefficients
    tape = net.forward(batch)
    with pytest.raises(ShapeError, match="dL_dspikes of layer 0 has 1 entries"):
        net.backward(tape, dL_dspikes={0: [1.0]})
    with pytest.raises(DomainError, match="dL_dspikes of layer 1, entry 0 is NaN"):
        net.backward(tape, dL_dspikes={1: np.full(tape.spikes(1).n_spikes, np.nan)})
    with pytest.raises(DomainError, match=r"dL_dt\[0, 0\] is NaN"):
        net.backward(tape, np.full(dL_dt.shape, np.nan))
    with pytest.raises(DomainError, match="slope_guard is 0"):
        net.backward(tape, dL_dt, slope_guard=0.0)
    with pytest.raises(DomainError, match="this neuron spiked"):
        net.backward(tape, dL_dvmax=np.isfinite(tape.first_spike_times()) * 1.0)
    with pytest.raises(DomainError, match="wrt is"):
        net.backward(tape, dL_dt, wrt=["tau_mem"])
    with pytest.raises(DomainError, match="until is 0"):
        net.forward(batch, until=0.0)
    with pytest.raises(DomainError, match="tick is -1"):
        net.forward(batch, tick=-1.0)
    with pytest.raises(DomainError, match="need no time grid"):
        net.forward(batch, grid=fs.TimeGrid(1e-3))
    with pytest.raises(ShapeError, match="n_sources = 2"):
        net.forward(fs.SpikeBatch.from_dense([[0.0, 1.0]]))
