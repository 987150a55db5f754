"""Handshakes of buses and streams, proved for all inputs; each with a lie that must be found out.

A lie stands for a component that does what it must not: it is told something else about the other
side than what the assertions see.
"""

import numpy as np
import pytest
from amaranth.hdl import Cat, Mux, Signal
from formal_tools import Bench, check, needs_formal

from firstspike.hdl.bus.axi_lite import AxiLite
from firstspike.hdl.bus.receiver import Receiver
from firstspike.hdl.bus.skid import Skid
from firstspike.hdl.bus.wishbone import Wishbone
from firstspike.hdl.cores.decision import Decision
from firstspike.hdl.cores.tokens import Kind
from firstspike.hdl.plan import CorePlan
from firstspike.testing import random_network

pytestmark = [pytest.mark.slow, needs_formal]

BITS = 12


@pytest.fixture(scope="module")
def plan():
    """As large as a core for handwritten digits: the proofs do not depend on the size."""
    network = random_network(np.random.default_rng(0), sizes=[784, 16, 10], ticks=64, density=0.01)
    return CorePlan.from_network(network, lanes=8)


def axi_lite(lie=None):
    m = Bench()
    m.submodules.dut = dut = AxiLite(BITS)
    bus, port = dut.bus, dut.access
    inputs = ("awvalid", "wvalid", "bready", "arvalid", "rready", "awaddr", "araddr", "wdata")
    told = {name: m.any(name, len(getattr(bus, name))) for name in (*inputs, "wstrb")}
    for name, signal in told.items():
        if name != lie:
            m.d.comb += getattr(bus, name).eq(signal)
    if lie:
        m.d.comb += getattr(bus, lie).eq(~0)
    m.d.comb += [port.known.eq(m.any("known")), port.value.eq(m.any("value", 32))]
    return m, bus, told, port


@pytest.mark.parametrize("lie", [None, "bready", "rready"])
def test_axi_lite_keeps_its_responses(tmp_path, lie):
    m, bus, told, _ = axi_lite(lie)
    m.keeps_offers(bus.bvalid, told["bready"], bus.bresp)
    m.keeps_offers(bus.rvalid, told["rready"], bus.rdata, bus.rresp)
    assert check(m, tmp_path, depth=8) == ("FAIL" if lie else "PASS")


@pytest.mark.parametrize("lie", [None, "awvalid", "wvalid", "arvalid"])
def test_axi_lite_answers_every_request_once(tmp_path, lie):
    m, bus, told, port = axi_lite(lie)
    counts = {}
    for name, moves in (
        ("aw", told["awvalid"] & bus.awready),
        ("w", told["wvalid"] & bus.wready),
        ("b", bus.bvalid & told["bready"]),
        ("ar", told["arvalid"] & bus.arready),
        ("r", bus.rvalid & told["rready"]),
    ):
        counts[name] = Signal(4, name=f"n_{name}")
        m.d.sync += counts[name].eq(counts[name] + moves)
    for request, answer in (("aw", "b"), ("w", "b"), ("ar", "r")):
        ahead = Signal(4)
        m.d.comb += ahead.eq(counts[request] - counts[answer])
        # One that is being answered and one that waits.
        m.always(ahead <= 2)
    # Nothing is written that nobody asked for.
    m.always(~port.write | ((counts["aw"] != counts["b"]) & (counts["w"] != counts["b"])))
    m.always(~bus.bvalid | ((counts["aw"] != counts["b"]) & (counts["w"] != counts["b"])))
    m.always(~bus.rvalid | (counts["ar"] != counts["r"]))
    assert check(m, tmp_path, mode="pdr") == ("FAIL" if lie else "PASS")


def test_axi_lite_gets_somewhere(tmp_path):
    m, bus, told, port = axi_lite()
    m.reached(bus.bvalid & told["bready"] & bus.rvalid & told["rready"])
    m.reached(port.write & (port.data == 0x1234))
    assert check(m, tmp_path, mode="cover", depth=10) == "PASS"


def wishbone(lie=None):
    m = Bench()
    m.submodules.dut = dut = Wishbone(BITS)
    bus, port = dut.bus, dut.access
    told = {name: m.any(name, len(getattr(bus, name))) for name in ("cyc", "stb", "we", "sel")}
    for name, signal in told.items():
        m.d.comb += getattr(bus, name).eq(~0 if name == lie else signal)
    m.d.comb += [bus.adr.eq(m.any("adr", BITS - 2)), bus.dat_w.eq(m.any("dat_w", 32))]
    m.d.comb += [port.known.eq(m.any("known")), port.value.eq(m.any("value", 32))]
    return m, bus, told, port


@pytest.mark.parametrize("lie", [None, "cyc", "stb", "we", "sel"])
def test_wishbone_answers_what_is_asked(tmp_path, lie):
    m, bus, told, port = wishbone(lie)
    asked = told["cyc"] & told["stb"]
    answers = bus.ack | bus.err
    m.always(~(bus.ack & bus.err))
    m.always(~answers | (m.past(asked) & ~m.past(answers)))
    m.always(~port.write | m.past(asked & told["we"] & told["sel"].all()))
    assert check(m, tmp_path) == ("FAIL" if lie else "PASS")


def test_wishbone_gets_somewhere(tmp_path):
    m, bus, _, port = wishbone()
    m.reached(bus.ack & m.past(m.past(m.past(port.write))))
    m.reached(bus.err)
    assert check(m, tmp_path, mode="cover", depth=10) == "PASS"


def skid(lie=False):
    m = Bench()
    m.submodules.dut = dut = Skid()
    data, last, valid = m.any("data", 32), m.any("last"), m.any("valid")
    ready = m.any("ready")
    m.d.comb += [
        dut.i.p.data.eq(data),
        dut.i.p.last.eq(last),
        dut.i.valid.eq(valid),
        dut.o.ready.eq(1 if lie else ready),
    ]
    return m, dut, Cat(data, last), valid, ready


@pytest.mark.parametrize("lie", [False, True])
def test_a_skid_keeps_its_offer(tmp_path, lie):
    m, dut, _, _, ready = skid(lie)
    m.keeps_offers(dut.o.valid, ready, dut.o.p.data, dut.o.p.last)
    assert check(m, tmp_path) == ("FAIL" if lie else "PASS")


@pytest.mark.parametrize("lie", [False, True])
def test_a_skid_loses_nothing_and_keeps_the_order(tmp_path, lie):
    m, dut, payload, valid, ready = skid(lie)
    # A queue of two words that does the same by definition.
    words, count = [Signal(33, name=f"word{n}") for n in range(3)], Signal(2)
    enters, leaves = valid & dut.i.ready, dut.o.valid & ready
    m.always(count <= 2)
    m.always(dut.o.valid == (count != 0))
    m.always((count == 0) | (dut.o.payload.as_value() == words[0]))
    left = Signal(2)
    m.d.comb += left.eq(count - leaves)
    m.d.sync += count.eq(left + enters)
    for n in range(2):
        kept = Mux(leaves, words[n + 1], words[n])
        m.d.sync += words[n].eq(Mux(enters & (left == n), payload, kept))
    assert check(m, tmp_path, mode="pdr") == ("FAIL" if lie else "PASS")


def test_a_skid_fills_and_empties(tmp_path):
    m, dut, _, _, _ = skid()
    full = m.past(~dut.i.ready)
    m.reached(full & dut.i.ready)
    assert check(m, tmp_path, mode="cover", depth=8) == "PASS"


def receiver(plan, lie=None):
    m = Bench()
    m.submodules.dut = dut = Receiver(plan)
    data, last, valid, ready = m.any("data", 32), m.any("last"), m.any("valid"), m.any("ready")
    m.keeps_offers(valid, dut.i.ready, data, last, assume=True)
    seen = m.any("other") if lie == "last" else last
    m.d.comb += [
        dut.i.p.data.eq(data),
        dut.i.p.last.eq(seen),
        dut.i.valid.eq(valid),
        dut.o.ready.eq(1 if lie == "ready" else ready),
    ]
    return m, dut, last, valid, ready


@pytest.mark.parametrize("lie", [None, "ready"])
def test_the_receiver_keeps_its_offer(tmp_path, plan, lie):
    m, dut, _, _, ready = receiver(plan, lie)
    m.keeps_offers(dut.o.valid, ready, dut.o.payload.as_value())
    assert check(m, tmp_path) == ("FAIL" if lie else "PASS")


@pytest.mark.parametrize("lie", [None, "last"])
def test_the_receiver_ends_a_sample_for_every_packet(tmp_path, plan, lie):
    m, dut, last, valid, ready = receiver(plan, lie)
    ends = dut.o.valid & ready & (dut.o.p.kind == Kind.END)
    open_ends = Signal(4)
    m.d.sync += open_ends.eq(open_ends + (valid & dut.i.ready & last) - ends)
    m.always(open_ends <= 3)  # one that is being told, two on the way
    m.always(~dut.between | (open_ends == 0))
    addressed = dut.o.p.addr < plan.n_sources
    m.always(~dut.o.valid | (dut.o.p.kind != Kind.SPIKE) | addressed)
    assert check(m, tmp_path, mode="pdr") == ("FAIL" if lie else "PASS")


def test_the_receiver_gets_somewhere(tmp_path, plan):
    m, dut, _, _, _ = receiver(plan)
    m.reached(dut.o.valid & (dut.o.p.kind == Kind.END) & m.past(dut.stray))
    assert check(m, tmp_path, mode="cover", depth=8) == "PASS"


def decision(plan, lie=None):
    m = Bench()
    m.submodules.dut = dut = Decision(plan)
    token = m.any("token", len(dut.i.payload.as_value()))
    valid, taken, watched = m.any("valid"), m.any("taken"), m.any("watched")
    m.keeps_offers(valid, dut.i.ready, token, assume=True)
    m.d.comb += [
        dut.i.payload.eq(token),
        dut.i.valid.eq(valid),
        dut.o.ready.eq(1 if lie == "taken" else taken),
        dut.spikes.ready.eq(1 if lie == "watched" else watched),
        dut.early_exit.eq(m.any("early_exit")),
    ]
    return m, dut, taken, watched


@pytest.mark.parametrize("lie", [None, "taken", "watched"])
def test_verdicts_and_spikes_stay_until_they_are_taken(tmp_path, plan, lie):
    m, dut, taken, watched = decision(plan, lie)
    m.keeps_offers(dut.o.valid, taken, dut.o.payload.as_value())
    m.keeps_offers(dut.spikes.valid, watched, dut.spikes.payload.as_value())
    # What the sender builds on: a verdict comes after the spikes of its sample.
    m.always(~(dut.o.valid & dut.spikes.valid))
    assert check(m, tmp_path) == ("FAIL" if lie else "PASS")


def test_a_verdict_is_reached(tmp_path, plan):
    m, dut, _, _ = decision(plan)
    m.reached(dut.o.valid & dut.o.p.tie & (dut.o.p.tick == 2))
    assert check(m, tmp_path, mode="cover", depth=12) == "PASS"
