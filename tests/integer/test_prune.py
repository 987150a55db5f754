"""Host-side pruning is section 6 of the specification."""

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import reference_integer as reference
from hypothesis import given, settings
from hypothesis import strategies as st

import firstspike as fs
from firstspike.errors import DomainError, ShapeError
from firstspike.prune import compare, largest_thresholds
from firstspike.testing import CELLS, random_network, random_samples

seeds = st.integers(0, 2**32)


def synapses(network):
    return [layer.synapses for layer in reference.read(network)]


def draw(seed, cell, **kwargs):
    program, schedule = cell
    rng = np.random.default_rng(seed)
    return random_network(rng, program=program, schedule=schedule, **kwargs)


@settings(max_examples=400, deadline=None)
@given(
    seed=seeds, cell=st.sampled_from(CELLS), threshold=st.integers(0, 130), floor=st.integers(0, 9)
)
def test_exactly_the_small_synapses_above_the_floor_go_and_the_order_stays(
    seed, cell, threshold, floor
):
    network = draw(seed, cell)
    pruned = fs.prune(network, threshold=threshold, floor=floor)
    before = synapses(network)
    expected = [reference.prune(layer, threshold, floor) for layer in before]
    assert synapses(pruned) == expected
    assert fs.prune(pruned, threshold=threshold, floor=floor).layers == pruned.layers
    assert all(isinstance(layer.connectivity, fs.SynapseLists) for layer in pruned.layers)
    for one, two in zip(network.layers, pruned.layers, strict=True):
        assert replace(two, connectivity=one.connectivity) == one
        lists = one.connectivity.to_lists()
        assert (two.connectivity.fan_in() >= np.minimum(lists.fan_in(), floor)).all()


def test_without_a_floor_exactly_the_small_synapses_go():
    network = random_network(np.random.default_rng(5), sizes=[9, 8, 7], weight_bits=5)
    kept = [
        {source: [(t, w) for t, w in segment if abs(w) >= 6] for source, segment in layer.items()}
        for layer in synapses(network)
    ]
    assert synapses(fs.prune(network, threshold=6)) == kept


@pytest.mark.parametrize(
    "mutant",
    [
        lambda fan_in, floor: fan_in >= floor,  # one synapse too few is left
        lambda fan_in, floor: fan_in > floor + 1,  # one too many
        lambda fan_in, floor: True,  # no floor
    ],
)
def test_other_floors_would_be_noticed(mutant, monkeypatch):
    source = Path(reference.__file__).read_text()
    rule = "fan_in[target] > f:"
    assert source.count(rule) == 1
    module = ModuleType("mutant")
    module.rule = mutant
    monkeypatch.setitem(sys.modules, "mutant", module)
    exec(compile(source.replace(rule, "rule(fan_in[target], f):"), "x", "exec"), vars(module))
    network = random_network(np.random.default_rng(1), sizes=[12, 4], density=1.0)
    found = synapses(fs.prune(network, threshold=200, floor=3))
    assert found != [module.prune(layer, 200, 3) for layer in synapses(network)]
    assert found == [reference.prune(layer, 200, 3) for layer in synapses(network)]


@settings(max_examples=200, deadline=None)
@given(seed=seeds)
def test_removing_zero_weights_changes_no_spike(seed):
    rng = np.random.default_rng(seed)
    network = random_network(rng)
    batch = random_samples(rng, network, 5)
    pruned = fs.prune(network, threshold=1)
    one, two = (n.simulate(batch, record=True) for n in (network, pruned))
    assert np.array_equal(one.decisions, two.decisions)
    assert np.array_equal(one.margins, two.margins)
    for layer in range(len(network.layers)):
        assert one.spikes(layer).batch == two.spikes(layer).batch
    assert (two.counters.synaptic_adds <= one.counters.synaptic_adds).all()


@settings(max_examples=200, deadline=None)
@given(seed=seeds, share=st.floats(0, 1))
def test_sparsity_takes_the_smallest_threshold_that_suffices(seed, share):
    network = random_network(np.random.default_rng(seed), sizes=[6, 5])
    before, after = network.n_synapses, fs.prune(network, sparsity=share)
    assert before - after.n_synapses >= share * before - 1e-6
    (threshold,) = after.meta["pruned_with_thresholds"]
    assert after == fs.prune(network, threshold=threshold)
    if threshold > 0:
        fewer = before - fs.prune(network, threshold=threshold - 1).n_synapses
        assert fewer < share * before


def test_each_layer_may_have_its_own_threshold():
    network = random_network(np.random.default_rng(2), sizes=[5, 4, 3])
    report = compare(network, fs.prune(network, threshold=[0, 200]))
    assert report.layers[0].pruned_share == 0.0
    assert report.layers[1].live == 0
    assert report.synapses_live == report.layers[0].total
    assert report.pruned_share == report.layers[1].total / report.synapses_total
    assert (report.layers[1].least_fan_in, report.layers[1].most_fan_in) == (0, 0)
    assert report.layers[1].idle_sources == 4
    floored = compare(network, fs.prune(network, threshold=200, floor=2)).layers[1]
    assert floored.least_fan_in <= floored.most_fan_in <= 2


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, DomainError),
        ({"threshold": 1, "sparsity": 0.5}, DomainError),
        ({"threshold": -1}, DomainError),
        ({"threshold": 1.5}, DomainError),
        ({"threshold": [1]}, ShapeError),
        ({"threshold": 1, "floor": -1}, DomainError),
        ({"threshold": 1, "floor": [1]}, ShapeError),
        ({"sparsity": 1.5}, DomainError),
        ({"sparsity": [0.5, float("nan")]}, DomainError),
        ({"sparsity": [0.5] * 3}, ShapeError),
    ],
)
def test_bad_arguments_are_refused(arguments, error):
    with pytest.raises(error):
        fs.prune(random_network(np.random.default_rng(0), sizes=[3, 3, 3]), **arguments)


def test_reports_need_the_same_sizes():
    rng = np.random.default_rng(0)
    with pytest.raises(ShapeError):
        compare(random_network(rng, sizes=[3, 2]), random_network(rng, sizes=[3, 3]))


def test_calibrated_thresholds_keep_the_accuracy_they_promise():
    rng = np.random.default_rng(4)
    network = random_network(rng, sizes=[12, 16, 4], ticks=24, weight_bits=6, density=1.0)
    spikes = fs.SpikeBatch.from_dense(rng.uniform(0, 20e-3, (200, 12)))
    labels = network.simulate(spikes).decisions  # the unpruned network is always right
    for tolerance in (0.0, 0.05, 0.3):
        thresholds = largest_thresholds(network, spikes, labels, tolerance=tolerance)
        pruned = fs.prune(network, threshold=thresholds)
        assert pruned.simulate(spikes).accuracy(labels) >= 1.0 - tolerance
        assert min(thresholds) >= 1
    assert pruned.n_synapses < network.n_synapses
    with pytest.raises(DomainError):
        largest_thresholds(network, spikes, labels, tolerance=-0.1)
    with pytest.raises(ShapeError):
        largest_thresholds(network, spikes, labels[1:])
