"""The first families of benchmarks/random_networks.py, and wrong cores that they must notice."""

import shutil
from collections import Counter
from dataclasses import replace

import pytest
from random_cores import check_family

from firstspike.testing import CELLS

pytestmark = pytest.mark.skipif(
    not any(map(shutil.which, ("c++", "g++", "clang++"))),
    reason="no C++ compiler: install one, or pip install firstspike[cosim]",
)


@pytest.fixture(autouse=True, scope="module")
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRSTSPIKE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


FAMILIES = range(len(CELLS))
NETWORKS = 48


def test_sixteen_copies_equal_rust_and_the_reference():
    totals = Counter()
    for family in FAMILIES:
        found, seen = check_family(0, family, NETWORKS)
        assert found == []
        totals += Counter(seen)
    # Rare things do happen.
    assert min(totals[name] for name in ("silent", "tie", "dropped")) > 100


def wrong_weights_in_one_lane(plan):
    """Return a plan with wrong weights, in memory only."""
    layer = plan.layers[-1]
    lane = next((lane for lane in layer.lanes if lane.n_synapses), layer.lanes[0])
    lanes = [replace(one, weights=~one.weights) if one is lane else one for one in layer.lanes]
    return replace(plan, layers=(*plan.layers[:-1], replace(layer, lanes=tuple(lanes))))


def one_more_on_every_threshold(plan):
    """Return a plan that compares with more than it should."""
    layer = plan.layers[-1]
    lanes = tuple(
        replace(lane, thresholds=lane.thresholds + 1, biases=lane.biases - 1)
        for lane in layer.lanes
    )
    return replace(plan, layers=(*plan.layers[:-1], replace(layer, lanes=lanes)))


@pytest.mark.parametrize("spoil", [wrong_weights_in_one_lane, one_more_on_every_threshold])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_wrong_core_is_noticed_and_named(family, spoil):
    found, _ = check_family(0, family, NETWORKS, spoil=spoil)
    assert found
    assert f"seed 0, family {family} (" in found[0]
    assert f"--seed 0 --family {family} --networks" in found[0]
