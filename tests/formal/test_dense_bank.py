"""Pruning in place in a bank of weights, for every content of a small one.

Two sources, two neurons, weights of three bits, all thresholds. As in the tests of banks of
segments, who decides by the fan-in is not here.
"""

import pytest
from amaranth.hdl import Array, Mux, Signal
from formal_bank import DenseBench, small_core
from formal_tools import check, needs_formal

pytestmark = [pytest.mark.slow, needs_formal]


def magnitude(weight):
    return Mux(weight < 0, -weight, weight)


class Followed:
    """One weight, any of those there are."""

    def __init__(self, m):
        self.place = m.constant("place", range(m.layer.capacity))
        column = m.constant("column", range(max(2, m.layer.columns)))
        m.given((self.place < m.layer.capacity) & (column < m.layer.columns))
        row = Array(m.words)[self.place]
        self.weight = Signal(row[0].shape())
        m.d.comb += self.weight.eq(row[column])
        self.before = m.first(self.weight)


def a_weight_is_kept_or_becomes_zero(m):
    f = Followed(m)
    m.always((f.weight == f.before) | (f.weight == 0))
    m.afterwards((f.weight == m.past(f.weight)) | m.past(m.pruning))
    m.afterwards((m.past(f.weight) != 0) | (f.weight == 0))


def exactly_the_small_ones_become_zero(m):
    m.given(~m.prune | (m.floor == 0))
    f, below = Followed(m), Signal()
    with m.module.If(m.prune & (magnitude(f.before) < m.threshold)):
        m.d.sync += below.eq(1)
    m.always(m.pruning | (f.weight == Mux(below, 0, f.before)))


def live_and_pruned_are_all(m):
    live, pruned = Signal(4), Signal(4)
    m.d.comb += live.eq(sum((weight != 0 for word in m.words for weight in word), 0))
    m.d.sync += pruned.eq(pruned + m.walk.dropped)
    m.always(m.pruning | ((live + pruned)[:4] == m.first(live)))


def lower(threshold):
    return Mux(threshold == 0, 0, threshold - 1)


def one_less(m, honest):
    return honest.dropped - (honest.dropped != 0)


def inverted(m, honest):
    return ~honest.word


PROVED = [
    (a_weight_is_kept_or_becomes_zero, {"eraser": {"word": inverted}}),
    (exactly_the_small_ones_become_zero, {"told": lower}),
    (live_and_pruned_are_all, {"eraser": {"dropped": one_less}}),
]


@pytest.mark.parametrize("lied", [False, True], ids=["true", "mutant"])
@pytest.mark.parametrize(("claim", "lies"), PROVED, ids=[claim.__name__ for claim, _ in PROVED])
def test_property(tmp_path, monkeypatch, claim, lies, lied):
    core = small_core([[1, 1], [1, 1]], banks="dense")
    m = DenseBench(core, monkeypatch, **(lies if lied else {}))
    claim(m)
    # A walk over all words takes 18 cycles.
    mode = "bmc" if claim is live_and_pruned_are_all else "pdr"
    verdict = check(m, tmp_path, mode=mode, depth=30, engine="boolector", blank=True)
    assert verdict == ("FAIL" if lied else "PASS")


def test_a_weight_becomes_zero_and_another_stays(tmp_path, monkeypatch):
    m = DenseBench(small_core([[1, 1], [1, 1]], banks="dense"), monkeypatch)
    f, dropped = Followed(m), Signal()
    with m.module.If(m.walk.dropped != 0):
        m.d.sync += dropped.eq(1)
    m.reached(m.past(m.pruning) & ~m.pruning & (f.weight == 0) & (f.before != 0))
    m.reached(m.past(m.pruning) & ~m.pruning & dropped & (f.weight != 0))
    assert check(m, tmp_path, mode="cover", depth=36, engine="boolector", blank=True) == "PASS"
