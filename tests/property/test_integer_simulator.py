"""The Rust simulator equals the Python-integer reference on random networks."""

from dataclasses import replace

import numpy as np
import pytest
import reference_integer as reference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import firstspike as fs
from firstspike.testing import CELLS, networks_with_samples, random_network, random_samples

SAMPLES = 5
cases = networks_with_samples(cells=CELLS, n_samples=SAMPLES)
relaxed = settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def reference_of(network, batch, early_exit):
    layers = reference.read(network)
    return [
        reference.run(
            layers,
            network.ticks,
            list(zip(*(part.tolist() for part in batch.sample(s)), strict=True)),
            early_exit,
        )
        for s in range(batch.n_samples)
    ]


def assert_equal_runs(run, expected):
    counters = run.counters
    assert run.decisions.tolist() == [r.decision for r in expected]
    assert run.ticks.tolist() == [r.tick for r in expected]
    assert run.margins.tolist() == [r.margin for r in expected]
    assert run.ties.tolist() == [r.tie for r in expected]
    assert run.silent.tolist() == [r.silent for r in expected]
    assert counters.ticks_run.tolist() == [r.ticks_run for r in expected]
    assert counters.arrivals.tolist() == [r.arrivals for r in expected]
    assert counters.synaptic_adds.tolist() == [r.synaptic_adds for r in expected]
    assert counters.spikes.tolist() == [[len(spikes) for spikes in r.spikes] for r in expected]


def recorded(run, layer, sample):
    spikes = run.spikes(layer)
    slots = slice(*spikes.batch.offsets[sample : sample + 2])
    ticks, neurons = spikes.batch.sample(sample)
    return list(zip(ticks.tolist(), neurons.tolist(), spikes.margins[slots].tolist(), strict=True))


@settings(relaxed, max_examples=1500)
@given(case=cases, early_exit=st.booleans())
def test_simulator_equals_reference(case, early_exit):
    network, batch = case
    expected = reference_of(network, batch, early_exit)
    run = network.simulate(batch, early_exit=early_exit, record=True, threads=1)
    assert_equal_runs(run, expected)
    for layer in range(len(network.layers)):
        for sample in range(SAMPLES):
            assert recorded(run, layer, sample) == expected[sample].spikes[layer]


@relaxed
@given(case=cases)
def test_states_stay_within_the_proved_widths(case):
    network, batch = case
    runs = reference_of(network, batch, early_exit=False)
    for index, (layer, widths) in enumerate(
        zip(reference.read(network), network.widths(), strict=True)
    ):
        current, membrane = reference.bounds(layer, network.ticks)
        assert (widths.current.low, widths.current.high) == current
        assert (widths.membrane.low, widths.membrane.high) == membrane
        assert widths.current_bits == reference.width(*current)
        assert widths.membrane_bits == reference.width(*membrane)
        for run in runs:
            assert current[0] <= run.current_range[index][0]
            assert run.current_range[index][1] <= current[1]
            assert membrane[0] <= run.membrane_range[index][0]
            assert run.membrane_range[index][1] <= membrane[1]


def overflows(cell, seed, shortfall):
    """Whether some sample leaves registers that are `shortfall` bits narrower than proved."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, program=cell[0], schedule=cell[1], sizes=[6, 4], ticks=12)
    batch = random_samples(rng, network, SAMPLES, activity=1.0)
    found = False
    for run in reference_of(network, batch, early_exit=False):
        for reach, ranges in (
            (network.widths()[0].current, run.current_range),
            (network.widths()[0].membrane, run.membrane_range),
        ):
            found |= reference.width(*ranges[0]) > reach.bits - shortfall
    return found


@pytest.mark.parametrize("cell", CELLS)
def test_registers_one_bit_narrower_would_overflow(cell):
    # The check above must be able to fail: with one bit less, it does.
    assert not any(overflows(cell, seed, shortfall=0) for seed in range(60))
    assert sum(overflows(cell, seed, shortfall=1) for seed in range(60)) > 30


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("threads", [2, 3, 8])
def test_results_do_not_depend_on_the_number_of_threads(threads, cell):
    rng = np.random.default_rng(7)
    network = random_network(rng, program=cell[0], schedule=cell[1], sizes=[20, 30, 5], ticks=20)
    batch = random_samples(rng, network, 50)
    one = network.simulate(batch, record=True, threads=1)
    many = network.simulate(batch, record=True, threads=threads)
    for name in ("decisions", "ticks", "margins", "ties", "silent"):
        assert np.array_equal(getattr(one, name), getattr(many, name))
    for layer in range(2):
        assert one.spikes(layer).batch == many.spikes(layer).batch
        assert np.array_equal(one.spikes(layer).margins, many.spikes(layer).margins)


@relaxed
@given(case=cases)
def test_dense_means_the_same_as_lists_with_every_pair(case):
    network, batch = case
    variants = [
        replace(
            network,
            layers=[
                replace(layer, connectivity=convert(layer.connectivity)) for layer in network.layers
            ],
        )
        for convert in (lambda c: c.to_dense(), lambda c: c.to_dense().to_lists())
    ]
    original, dense, lists = (n.simulate(batch, record=True) for n in (network, *variants))
    for other in (dense, lists):
        assert np.array_equal(original.decisions, other.decisions)
        assert np.array_equal(original.margins, other.margins)
        for layer in range(len(network.layers)):
            assert original.spikes(layer).batch == other.spikes(layer).batch
    assert np.array_equal(dense.counters.synaptic_adds, lists.counters.synaptic_adds)


@relaxed
@given(case=networks_with_samples(cells=CELLS[3:], n_samples=SAMPLES))
def test_two_phase_decisions_are_the_largest_membrane_under_either_readout(case):
    network, batch = case
    run = network.simulate(batch)
    last = network.layers[-1]
    free = replace(
        network,
        layers=[*network.layers[:-1], replace(last, threshold=fs.NoThreshold())],
        readout=fs.Potential(),
    )
    assert np.array_equal(run.decisions, free.simulate(batch).decisions)


def tick_by_tick(layer, window, ticks):
    """The membranes of a two-phase layer from adders alone, as section 3a allows."""
    synapses = reference.read_layer(layer).synapses
    bias = layer.bias.tolist()
    if isinstance(layer.program, fs.RampProgram):
        slopes, membranes = [0] * len(bias), list(bias)
        for k in range(ticks):
            for _, source in (spike for spike in window if spike[0] == k):
                for target, w in synapses[source]:
                    slopes[target] += w
            membranes = [u + s for u, s in zip(membranes, slopes, strict=True)]
        return membranes
    c = layer.program.mantissas
    sums = [[0] * len(bias) for _ in c]
    for k in range(ticks):
        if k and k % len(c) == 0:
            sums = [[2 * a for a in row] for row in sums]
        for _, source in (spike for spike in window if spike[0] == k):
            for target, w in synapses[source]:
                sums[k % len(c)][target] += w
    return [
        b + sum(factor * row[j] for factor, row in zip(c, sums, strict=True))
        for j, b in enumerate(bias)
    ]


def wrapped(layer, window, ticks, bits, rng):
    """The membranes from any order of arrivals, bias last, in registers that wrap."""
    numbers = reference.read_layer(layer)
    membranes, half = [0] * numbers.n, 2 ** (bits - 1)
    adds = [
        (target, w * reference.value(numbers, k, ticks))
        for k, source in window
        for target, w in numbers.synapses[source]
    ]
    adds = [adds[n] for n in rng.permutation(len(adds))] + list(enumerate(numbers.bias))
    for target, change in adds:
        membranes[target] = (membranes[target] + change + half) % (2 * half) - half
    return membranes


@relaxed
@given(case=networks_with_samples(cells=CELLS[3:], max_layers=1), seed=st.integers(0, 99))
def test_every_way_to_a_membrane_that_the_specification_allows_gives_the_same_bits(case, seed):
    network, batch = case
    (layer,) = network.layers
    open_ended = replace(
        network, layers=[replace(layer, threshold=fs.NoThreshold())], readout=fs.Potential()
    )
    run = open_ended.simulate(batch)
    bits = network.widths()[0].membrane_bits
    for s in range(batch.n_samples):
        window = list(zip(*(part.tolist() for part in batch.sample(s)), strict=True))
        membranes = tick_by_tick(layer, window, network.ticks)
        assert max(membranes) == run.margins[s]
        assert membranes.index(max(membranes)) == run.decisions[s]
        rng = np.random.default_rng(seed)
        assert wrapped(layer, window, network.ticks, bits, rng) == membranes


@relaxed
@given(seed=st.integers(0, 2**32), ticks=st.integers(1, 40))
def test_a_two_phase_ramp_is_a_quantised_clipped_relu(seed, ticks):
    rng = np.random.default_rng(seed)
    network = random_network(
        rng, program=fs.RampProgram, schedule=fs.TwoPhase, readout=fs.FirstSpike, sizes=[7, 5],
        ticks=ticks,
    )  # fmt: skip
    step = int(rng.integers(1, 500))
    layer = replace(network.layers[0], threshold=fs.RampThreshold(step))
    network = replace(network, layers=[layer])
    levels = rng.integers(0, ticks + 1, (20, 7))  # the numbers that a ReLU layer would get
    samples, sources = np.nonzero(levels)
    spikes = fs.SpikeBatch.from_events(
        samples, (ticks - levels[samples, sources]) * network.tick_seconds, sources,
        n_samples=20, n_sources=7,
    )  # fmt: skip
    run = network.simulate(spikes, early_exit=False, record=True)
    out = np.zeros((20, 5), np.int64)
    batch = run.spikes(0).batch
    out[np.repeat(np.arange(20), np.diff(batch.offsets)), batch.sources] = ticks - batch.ticks
    weights = layer.connectivity.to_dense().weights.astype(np.int64)
    assert np.array_equal(out, np.clip((levels @ weights + layer.bias) // step, 0, ticks))
