"""How networks are spread over lanes, rows and columns."""

import numpy as np
import pytest

from firstspike.errors import DomainError
from firstspike.hdl import plan as plan_module
from firstspike.hdl.layout import MOST_COLUMNS, MOST_ROWS
from firstspike.hdl.plan import CorePlan
from firstspike.testing import random_network


@pytest.mark.parametrize("lanes", [1, 2, 3, 5, 8, 50])
@pytest.mark.parametrize("sweep", [None, 1, 3, 4])
def test_every_synapse_and_threshold_has_one_place(lanes, sweep):
    network = random_network(np.random.default_rng(lanes), sizes=[9, 13, 7], ticks=8)
    plan = CorePlan.from_network(network, lanes=lanes, sweep=sweep)
    for layer, planned in zip(network.layers, plan.layers, strict=True):
        stride = len(planned.lanes)
        assert stride == min(lanes, layer.n_targets)
        assert planned.rows * planned.columns * stride >= layer.n_targets
        found = set()
        for lane in planned.lanes:
            source = np.repeat(np.arange(layer.n_sources), lane.lengths)
            target = lane.places * stride + lane.index
            found |= set(zip(source.tolist(), target.tolist(), lane.weights.tolist(), strict=True))
            own = lane.thresholds[: len(range(lane.index, layer.n_targets, stride))]
            assert own.tolist() == layer.threshold.values[lane.index :: stride].tolist()
            assert lane.n_synapses <= planned.capacity
        lists = layer.connectivity.to_lists()
        columns = (lists.sources.tolist(), lists.targets.tolist(), lists.weights.tolist())
        assert found == set(zip(*columns, strict=True))


def test_columns_are_few_by_default():
    network = random_network(np.random.default_rng(0), sizes=[64, 200, 10], ticks=32)
    for lanes, columns in ((4, 7), (1, MOST_COLUMNS), (25, 1), (16, 2)):
        layer = CorePlan.from_network(network, lanes=lanes).layers[0]
        assert layer.columns == columns
        assert layer.rows <= MOST_ROWS or columns == MOST_COLUMNS


def test_a_place_without_a_neuron_never_comes_first():
    network = random_network(np.random.default_rng(2), sizes=[4, 5], ticks=8)
    layer = CorePlan.from_network(network, lanes=3, sweep=2).layers[0]
    padding = [lane.thresholds[-1] for lane in layer.lanes[2:]]
    lowest = layer.widths.membrane.low - network.layers[0].threshold.values.max()
    assert padding
    assert all(-threshold < lowest for threshold in padding)
    assert -(2 ** (layer.margin_bits - 1)) <= -max(padding)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lanes": 0}, "lanes is 0"),
        ({"lanes": [4]}, "lanes has 1 entries"),
        ({"sweep": -1}, "sweep is -1"),
        ({"sweep": [1, 2, 3]}, "sweep has 3 entries"),
        ({"lanes": 2.5}, "lanes"),
        ({"lanes": True}, "lanes is True"),
        ({"lanes": None}, "lanes is None"),
        ({"banks": "rows"}, "banks is 'rows'"),
        ({"banks": ["list"]}, "banks has 1 entries"),
        ({"banks": "dense", "lanes": 2, "sweep": 1}, "sweep is 1 in layer 0"),
    ],
)
def test_bad_layouts_are_refused(options, message):
    network = random_network(np.random.default_rng(0), sizes=[3, 4, 2], ticks=8)
    with pytest.raises(DomainError, match=message):
        CorePlan.from_network(network, **options)


def test_what_a_command_cannot_name_is_refused(monkeypatch):
    network = random_network(np.random.default_rng(0), sizes=[3, 300, 2], ticks=8)
    with pytest.raises(DomainError, match="lanes is 257 in layer 0, expected at most 256"):
        CorePlan.from_network(network, lanes=257)
    monkeypatch.setattr(plan_module, "WORD_BITS", 12)
    with pytest.raises(DomainError, match="use more lanes"):
        CorePlan.from_network(network, lanes=1)
    assert CorePlan.from_network(network, lanes=150)
    monkeypatch.setattr(plan_module, "MOST_LAYERS", 1)
    with pytest.raises(DomainError, match="2 layers, expected at most 1"):
        CorePlan.from_network(network)
