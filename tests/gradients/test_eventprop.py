"""Gradients of LIF networks against central differences and against a plain adjoint."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from reference_gradients import (
    Problem,
    input_time_differences,
    parameter_differences,
    plain_adjoint,
    relative_error,
)

import firstspike as fs
from firstspike.errors import DomainError, ShapeError

RATIOS = (0.5, 1.0, 1.3, 2.0, 3.0, 4.0)
MODES = (fs.Once(), fs.Many())
SHAPES = ((4, 6, 3), (4, 6, 5, 3))
TAU_SYN = 5e-3


def make_problem(ratio, spikes, sizes, *, seed=3, drive=2.0, n_samples=3):
    rng = np.random.default_rng(seed)
    layers = [
        fs.LIF(
            n_in,
            n_out,
            tau_mem=ratio * TAU_SYN,
            tau_syn=TAU_SYN,
            spikes=spikes,
            init=fs.FanIn(drive, 0.5),
        )
        for n_in, n_out in itertools.pairwise(sizes)
    ]
    net = fs.Network(layers, seed=seed, dtype=np.float64)
    for theta in net.thresholds:
        theta *= rng.uniform(0.8, 1.2, theta.shape)
    times = rng.uniform(0.0, 20e-3, (n_samples, sizes[0]))
    return Problem(net, fs.SpikeBatch.from_dense(times), rng.normal(size=(n_samples, sizes[-1])))


def add_hinges(problem):
    """Hinges of random strength on all silent neurons of all layers."""
    rng = np.random.default_rng(7)
    tape = problem.net.forward(problem.spikes)
    hinge = {}
    for layer in range(len(problem.net.layers)):
        silent = np.isinf(tape.first_spike_times(layer))
        hinge[layer] = silent * rng.uniform(0.5, 1.5, silent.shape)
    return Problem(problem.net, problem.spikes, problem.coefficients, hinge)


def errors(problem):
    grads, net = problem.gradients(), problem.net
    found = {}
    for index in range(len(net.layers)):
        for name in ("weights", "thresholds"):
            array = getattr(net, name)[index]
            measured = parameter_differences(problem, array, 1e-6)
            found[name, index] = relative_error(getattr(grads, name)[index], measured)
    measured = input_time_differences(problem, 1e-8)
    found["input_times"] = relative_error(grads.input_times, measured)
    return found


@pytest.mark.parametrize("sizes", SHAPES, ids=len)
@pytest.mark.parametrize("spikes", MODES, ids=["once", "many"])
@pytest.mark.parametrize("ratio", RATIOS)
def test_every_parameter_kind(ratio, spikes, sizes):
    found = errors(make_problem(ratio, spikes, sizes))
    assert max(found.values()) <= 1e-6, found


@pytest.mark.parametrize("ratio", [0.5, 2.0, 3.0])
def test_output_spikes_far_apart(ratio):
    """More short time constants apart than the closed form of narrow layers takes, and fewer."""
    problem = make_problem(ratio, fs.Once(), (6, 8, 3), drive=4.0, n_samples=6)
    first, second = problem.net.weights
    first[:3, 4:] = first[3:, :4] = 0.0  # early inputs drive early hidden neurons, late ones late
    second[:4, 1:] *= 0.02  # and the last two outputs wait for these
    late = 300e-3 * np.repeat([1.0, 0.0], 3)[:, None] * (np.arange(6) >= 3)
    times = np.random.default_rng(5).uniform(0.0, 10e-3, (6, 6)) + late
    problem = replace(problem, spikes=fs.SpikeBatch.from_dense(times))
    times = problem.net.forward(problem.spikes).first_spike_times()
    times[np.isinf(times)] = np.nan
    spread = np.nanmax(times, axis=1) - np.nanmin(times, axis=1)
    reach = 8 * TAU_SYN * min(ratio, 1.0)
    assert (spread > 2 * reach).any()
    assert (spread < reach).any()
    found = errors(problem)
    assert max(found.values()) <= 1e-6, found


@pytest.mark.parametrize("spikes", MODES, ids=["once", "many"])
@pytest.mark.parametrize("ratio", RATIOS)
def test_hinge_on_silent_neurons(ratio, spikes):
    problem = add_hinges(make_problem(ratio, spikes, (6, 8, 4), drive=0.9, n_samples=6))
    silent = [int((beta > 0).sum()) for beta in problem.hinge.values()]
    fired = [beta.size - n for beta, n in zip(problem.hinge.values(), silent, strict=True)]
    assert min(silent) > 0, "the test needs silent neurons in every layer"
    assert fired[0] > 0, "the test needs hidden spikes"
    found = errors(problem)
    assert max(found.values()) <= 1e-6, found


def test_hinge_where_an_inhibitory_arrival_cuts_off_the_rise():
    """The potential still rises when the second input takes the current away."""
    net = fs.Network([fs.LIF(2, 1)], seed=0, dtype=np.float64)
    net.weights[0] = [[3.0], [-6.0]]
    spikes = fs.SpikeBatch.from_dense([[1e-3, 3e-3]])
    problem = Problem(net, spikes, np.zeros((1, 1)), {0: np.ones((1, 1))})
    grads = problem.gradients()
    measured = input_time_differences(problem, 1e-8)
    assert measured[1] < 0.0, "a later cut-off must bring the potential closer to the threshold"
    assert relative_error(grads.input_times, measured) <= 1e-6
    assert grads.weights[0][1, 0] == 0.0


@pytest.mark.parametrize("spikes", MODES, ids=["once", "many"])
@pytest.mark.parametrize("ratio", RATIOS)
def test_agrees_with_the_plain_adjoint(ratio, spikes):
    problem = make_problem(ratio, spikes, (4, 6, 5, 3))
    for ours, plain in zip(problem.gradients().weights, plain_adjoint(problem), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-8, atol=1e-8 * np.abs(plain).max())


def difference_error(problem, gradient, eps):
    """Error of the first layer's gradient against differences of step `eps`."""
    return relative_error(gradient, parameter_differences(problem, problem.net.weights[0], eps))


@pytest.mark.parametrize("spikes", MODES, ids=["once", "many"])
def test_error_falls_with_the_square_of_the_step(spikes):
    problem = make_problem(4.0, spikes, (4, 6, 3))
    gradient = problem.gradients().weights[0]
    coarse, middle, fine = (difference_error(problem, gradient, eps) for eps in (1e-2, 1e-3, 1e-4))
    assert np.log10(coarse / middle) == pytest.approx(2.0, abs=0.1)
    assert np.log10(middle / fine) == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("mutant", ["no reset term", "wrong time constant", "no membrane term"])
def test_a_wrong_term_fails_both_checks(mutant):
    """The checks above would notice each of these mistakes."""
    problem = make_problem(4.0, fs.Many(), (4, 6, 3))
    wrong = plain_adjoint(problem, mutant)[0]
    coarse, middle, fine = (difference_error(problem, wrong, eps) for eps in (1e-2, 1e-3, 1e-4))
    assert fine > 1e-3
    assert abs(np.log10(middle / fine)) < 0.1, "slope 0: the error does not come from the step"
    assert coarse > 1e-3


def test_spike_time_gradients_are_total_derivatives():
    """dL/dt of a hidden spike is what the next layer alone says about its input."""
    problem = make_problem(2.0, fs.Once(), (4, 6, 3))
    tape = problem.net.forward(problem.spikes)
    grads = problem.gradients()
    upper = fs.Network([problem.net.layers[1]], seed=0, dtype=np.float64)
    upper.weights[0] = problem.net.weights[1]
    upper.thresholds[0] = problem.net.thresholds[1]
    part = Problem(upper, tape.spikes(0), problem.coefficients)
    assert relative_error(grads.spike_times[0], input_time_differences(part, 1e-8)) <= 1e-6


def test_slope_guard_bounds_the_gradient_of_a_grazing_spike():
    net = fs.Network([fs.LIF(1, 1)], seed=0, dtype=np.float64)
    peak = 4.0 ** (-4.0 / 3.0)  # of the response to a unit spike, for a ratio of 4
    net.weights[0] = [[(1.0 + 1e-8) / peak]]
    problem = Problem(net, fs.SpikeBatch.from_dense([[0.0]]), np.ones((1, 1)))
    exact = abs(problem.gradients().weights[0][0, 0])
    guarded = abs(problem.gradients(slope_guard=0.05).weights[0][0, 0])
    assert exact > 100.0 * guarded > 0.0
    loose = problem.gradients(slope_guard=1e-9).weights[0][0, 0]
    assert abs(loose) == exact, "a guard below every slope changes nothing"


def test_input_times_are_optional():
    problem = make_problem(2.0, fs.Once(), (4, 6, 3))
    with_times, without = problem.gradients(), problem.gradients(input_times=False)
    assert without.input_times is None
    for a, b in zip(with_times.weights, without.weights, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("spikes", MODES, ids=["once", "many"])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_loss_may_depend_on_every_spike(spikes, threads):
    """L = sum a t^2 over all spikes of all layers; dL_dspikes is the same path as dL_dt."""
    problem = make_problem(2.0, spikes, (4, 6, 3))
    tape = problem.net.forward(problem.spikes)
    by_first = problem.net.backward(tape, problem.seeds(tape), threads=threads)
    rows = np.repeat(np.arange(3), np.diff(tape.spikes().offsets))
    keys = rows * 3 + tape.spikes().sources
    first = np.zeros(keys.size)
    first[np.unique(keys, return_index=True)[1]] = 1.0
    seeds = problem.seeds(tape)[rows, tape.spikes().sources] * first
    by_spike = problem.net.backward(tape, dL_dspikes={-1: seeds}, threads=threads)
    for ours, theirs in zip(by_spike.weights, by_first.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)

    def loss():
        tape = problem.net.forward(problem.spikes)
        return sum(np.sum(1e4 * (1 + layer) * tape.spikes(layer).times ** 2) for layer in (0, 1))

    dL_dspikes = {layer: 2e4 * (1 + layer) * tape.spikes(layer).times for layer in (0, 1)}
    grads = problem.net.backward(tape, dL_dspikes=dL_dspikes, threads=threads)
    weights = problem.net.weights[0]
    kept, values = weights[0, 0], []
    for step in (1e-6, -1e-6):
        weights[0, 0] = kept + step
        values.append(loss())
    weights[0, 0] = kept
    measured = (values[0] - values[1]) / 2e-6
    assert grads.weights[0][0, 0] == pytest.approx(measured, rel=1e-6)


def test_spike_seeds_must_fit():
    problem = make_problem(2.0, fs.Once(), (4, 6, 3))
    tape = problem.net.forward(problem.spikes)
    with pytest.raises(ShapeError, match="dL_dspikes of layer 0 has 1 entries"):
        problem.net.backward(tape, dL_dspikes={0: [1.0]})
    with pytest.raises(DomainError, match="dL_dspikes of layer 1, entry 0 is NaN"):
        problem.net.backward(tape, dL_dspikes={1: np.full(tape.spikes(1).n_spikes, np.nan)})
    with pytest.raises(DomainError, match="layer is 2"):
        problem.net.backward(tape, dL_dspikes={2: [1.0]})
