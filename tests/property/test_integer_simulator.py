"""The Rust simulator equals the Python-integer reference on random networks."""

import numpy as np
import pytest
import reference_integer as reference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import firstspike as fs
from firstspike.testing import networks_with_samples, random_network, random_samples

SAMPLES = 5
cases = networks_with_samples(n_samples=SAMPLES)
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


def overflows(seed, shortfall):
    """Whether some sample leaves registers that are `shortfall` bits narrower than proved."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, sizes=[6, 4], ticks=12)
    batch = random_samples(rng, network, SAMPLES, activity=1.0)
    found = False
    for run in reference_of(network, batch, early_exit=False):
        for reach, ranges in (
            (network.widths()[0].current, run.current_range),
            (network.widths()[0].membrane, run.membrane_range),
        ):
            found |= reference.width(*ranges[0]) > reach.bits - shortfall
    return found


def test_registers_one_bit_narrower_would_overflow():
    # The check above must be able to fail: with one bit less, it does.
    assert not any(overflows(seed, shortfall=0) for seed in range(100))
    assert sum(overflows(seed, shortfall=1) for seed in range(100)) > 50


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_results_do_not_depend_on_the_number_of_threads(threads):
    rng = np.random.default_rng(7)
    network = random_network(rng, sizes=[20, 30, 5], ticks=20)
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
        fs.IntegerNetwork(
            layers=[
                fs.IntegerLayer(
                    connectivity=convert(layer.connectivity),
                    program=layer.program,
                    threshold=layer.threshold,
                    weight_bits=layer.weight_bits,
                )
                for layer in network.layers
            ],
            ticks=network.ticks,
            tick_seconds=network.tick_seconds,
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
