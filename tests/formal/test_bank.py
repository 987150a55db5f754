"""Pruning in place, for every image of a small synapse bank and everything that may be done to it.

The bank has one or two sources, two neurons, and two or four synapse words of which any may be in
use; weights have three bits, and thresholds are arbitrary. Who decides by the fan-in is not here,
so with a floor any synapse below the threshold may stay. docs/proofs.md explains the properties.
"""

import pytest
from amaranth.hdl import Array, Cat, Mux, Signal
from amaranth.lib import data
from formal_bank import ListBench, small_core, was_read_at
from formal_tools import check, needs_formal

from firstspike.hdl.cores.tokens import Kind

pytestmark = [pytest.mark.slow, needs_formal]


def magnitude(weight):
    return Mux(weight < 0, -weight, weight)


def p1_lengths_never_grow(m):
    for segment in m.image.segments:
        m.afterwards(segment.length <= m.past(segment.length))
        m.afterwards(segment.base == m.past(segment.base))


def p2_writes_stay_behind_the_reader(m):
    walk, written = m.walk, Signal(m.layer.n_sources)
    m.always(~walk.store_synapse | (walk.write_at <= was_read_at(m, walk)))
    for source, segment in enumerate(m.image.segments):
        here = walk.store_synapse & m.image.inside(segment, walk.write_at)
        m.d.sync += written[source].eq((written[source] | here) & ~walk.store_segment)
        # What is written belongs to the segment that is stored next.
        m.always(~(walk.store_segment & written[source]) | (walk.write_at == source))
    hits = (m.image.inside(segment, walk.write_at) for segment in m.image.segments)
    m.always(~walk.store_synapse | Cat(hits).any())
    for address, word in enumerate(m.image.words):
        stored = m.past(m.dut.load_synapse & (m.dut.write_at == address))
        m.afterwards(stored | (word == m.past(word)))


def p3_what_stays_is_large(m):
    bar, passed = m.constant("bar", 3), Signal()
    with m.module.If(m.prune & (m.floor == 0) & (m.threshold >= bar)):
        m.d.sync += passed.eq(1)
    for address, word in enumerate(m.image.words):
        for segment in m.image.segments:
            lives = m.image.inside(segment, address) & ~m.pruning & passed
            m.always(~lives | (magnitude(word.weight) >= bar))


def p3_what_arrives_is_large(m):
    bar, passed = m.constant("bar", 3), Signal()
    with m.module.If(m.prune & (m.floor == 0) & (m.threshold >= bar)):
        m.d.sync += passed.eq(1)
    arrives = m.dut.arrival.valid & ~m.pruning & passed
    m.always(~arrives | (magnitude(m.dut.arrival.weight) >= bar))


def p4_images_stay_well_formed(m):
    for promise in m.image.well_formed():
        m.always(m.pruning | promise)


def p5_live_and_pruned_are_all(m):
    live = Signal(4)
    dropped = Signal(4)
    m.d.comb += live.eq(m.image.length())
    m.d.sync += dropped.eq(dropped + m.walk.dropped)
    m.always(m.pruning | (live + dropped == m.first(live)))


class Follower:
    """One synapse, any of those there are, that nothing else has a way to."""

    def __init__(self, m):
        dut, layer = m.dut, m.layer
        place = m.constant("place", dut.arrival.shape()["row"].width + 1)
        self.row, self.column = place[:-1], place[-1]
        source = m.constant("source", len(m.token.addr))
        found = [m.image.found(each, self) for each in range(layer.n_sources)]
        here = Array(alive for alive, _ in found)[source]
        others = sum(alive for alive, _ in found)
        m.given(m._started | (source < layer.n_sources) & (others == here))
        m.given(~m.prune | (m.floor == 0))
        self.weight = m.first(Array(weight for _, weight in found)[source])
        pruned = Signal()
        self.alive = m.first(here) & ~pruned
        with m.module.If(m.prune & (magnitude(self.weight) < m.threshold)):
            m.d.sync += pruned.eq(1)

        self.source = source
        self.asked, self.visited, self.buffer = Signal(), Signal(), Signal()
        parity, behind, until = Signal(), Signal(3), Signal(3)
        asks = m.is_spike & (m.token.addr == source)
        ends = m.ends_tick
        self.comes = dut.arrival.valid & ~m.pruning & m.image.is_at(dut.arrival, self)
        self.due = ends & (until == 1)
        m.d.sync += [
            parity.eq(parity ^ m.is_tick),
            behind.eq(behind + m.is_tick - ends),
            until.eq(Mux(asks, behind + 1 - ends, Mux(until == 0, 0, until - ends))),
        ]
        with m.module.If(asks):
            m.d.sync += [self.asked.eq(1), self.buffer.eq(parity)]
        with m.module.If(self.comes):
            m.d.sync += self.visited.eq(1)
        with m.module.If(m.flush):
            forgets = (self.asked, self.visited, self.buffer, parity, behind, until)
            m.d.sync += [each.eq(0) for each in forgets]


def p6_an_image_holds_what_lives(m):
    f = Follower(m)
    for source in range(m.layer.n_sources):
        alive, weight = m.image.found(source, f)
        m.always(m.pruning | (f.source != source) | (alive == f.alive))
        m.always(m.pruning | ~alive | (weight == f.weight))


def p6a_nothing_pruned_arrives(m, follower=None):
    f = follower or Follower(m)
    m.always(~f.comes | f.alive)
    m.always(~f.comes | (m.dut.arrival.weight == f.weight))
    m.always(~f.comes | (m.dut.arrival.buffer == f.buffer))


def p6b_no_synapse_arrives_twice(m, follower=None):
    f = follower or Follower(m)
    m.always(~f.comes | (f.asked & ~f.visited))


def p6c_what_lives_arrives_before_its_tick_ends(m, follower=None):
    f = follower or Follower(m)
    m.always(~f.due | f.visited | ~f.alive)


def p6_every_tick_brings_what_lives(m):
    follower = Follower(m)
    p6a_nothing_pruned_arrives(m, follower)
    p6b_no_synapse_arrives_twice(m, follower)
    p6c_what_lives_arrives_before_its_tick_ends(m, follower)


def never(m, honest):
    return 0


def one_more(m, honest):
    """Store lengths that are too large by one: they stand in the low bits."""
    return honest.word + honest.store_segment


def one_further(m, honest):
    return honest.write_at + honest.store_synapse


def at_the_reader(m, honest):
    """Write where was read, instead of behind what has been kept."""
    return Mux(honest.store_synapse, was_read_at(m, honest), honest.write_at)


def lower(threshold):
    return Mux(threshold == 0, 0, threshold - 1)


def from_another(token):
    spikes = token.kind == Kind.SPIKE
    return data.View(token.shape(), Cat(token.kind, token.addr ^ spikes))


def unheard(token):
    kind = Mux(token.kind == Kind.SPIKE, Kind.TICK, token.kind)
    return data.View(token.shape(), Cat(kind, token.addr))


WIDE, NARROW = [[1, 1], [1, 1]], [[1, 1]]
#: Property, sources and neurons, how to prove it, whether the bank is ever pruned, lies.
PROVED = [
    (p1_lengths_never_grow, WIDE, "pdr", True, {"compactor": {"word": one_more}}),
    (
        p2_writes_stay_behind_the_reader,
        WIDE,
        "pdr",
        True,
        {"compactor": {"write_at": one_further}},
    ),
    (p3_what_stays_is_large, NARROW, "bmc", True, {"told": lower}),
    (p3_what_arrives_is_large, NARROW, "bmc", True, {"told": lower}),
    (p4_images_stay_well_formed, WIDE, "pdr", True, {"compactor": {"word": one_more}}),
    (p5_live_and_pruned_are_all, WIDE, "pdr", True, {"compactor": {"store_segment": never}}),
    (
        p6_an_image_holds_what_lives,
        NARROW,
        "pdr",
        True,
        {"compactor": {"write_at": at_the_reader}},
    ),
    (p6a_nothing_pruned_arrives, WIDE, "pdr", False, {"token": from_another}),
    (p6b_no_synapse_arrives_twice, WIDE, "pdr", False, {"again": True}),
    (p6c_what_lives_arrives_before_its_tick_ends, NARROW, "pdr", False, {"token": unheard}),
    (p6_every_tick_brings_what_lives, NARROW, "bmc", True, {"compactor": {"store_segment": never}}),
]
IDS = [f"{prove.__name__}-{'pruned' if pruned else 'walked'}" for prove, _, _, pruned, _ in PROVED]
#: Pruning, the next sample, and the end of its tick are over after 26 cycles, as a cover shows.
DEPTH = 30


def bank(monkeypatch, weights, **lies):
    return ListBench(small_core(weights), monkeypatch, **lies)


@pytest.mark.parametrize("lied", [False, True], ids=["true", "mutant"])
@pytest.mark.parametrize(("claim", "weights", "mode", "pruned", "lies"), PROVED, ids=IDS)
def test_property(tmp_path, monkeypatch, claim, weights, mode, pruned, lies, lied):
    m = bank(monkeypatch, weights, **(lies if lied else {}))
    claim(m)
    if not pruned:
        m.given(~m.prune)
    verdict = check(m, tmp_path, mode=mode, depth=DEPTH, engine="boolector", blank=True)
    assert verdict == ("FAIL" if lied else "PASS")


def test_everything_is_reached(tmp_path, monkeypatch):
    """Half a segment is closed up, all of one is dropped, and what is left arrives."""
    m = bank(monkeypatch, NARROW)
    follower = Follower(m)
    (segment,) = m.image.segments
    before, pruned = m.first(segment.length), Signal()
    with m.module.If(m.prune):
        m.d.sync += pruned.eq(1)
    after = pruned & ~m.pruning & (before == 2)
    m.reached(after & (segment.length == 0))
    m.reached(after & (segment.length == 1) & follower.comes)
    m.reached(after & follower.due & follower.visited)
    assert check(m, tmp_path, mode="cover", depth=DEPTH, engine="boolector", blank=True) == "PASS"
