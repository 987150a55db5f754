"""A whole small core for all inputs: neurons fire once, and the order within a tick is nothing."""

import inspect

import pytest
from amaranth.hdl import Cat, Signal
from formal_tools import Bench, check, needs_formal

from firstspike import ConstThreshold, Dense, IntegerLayer, IntegerNetwork, StepProgram
from firstspike.hdl.cores import lane, neurons
from firstspike.hdl.cores.core import Core
from firstspike.hdl.cores.tokens import Kind
from firstspike.hdl.plan import CorePlan

pytestmark = [pytest.mark.slow, needs_formal]

DEPTH = 32


@pytest.fixture(scope="module")
def plan():
    layer = IntegerLayer(
        connectivity=Dense([[3, 2], [1, -2]]),
        program=StepProgram(),
        threshold=ConstThreshold([3, 3]),
    )
    network = IntegerNetwork(layers=[layer], ticks=3, tick_seconds=1e-3)
    return CorePlan.from_network(network, lanes=1, sweep=1)


def core(m, plan, name):
    m.submodules[name] = dut = Core(plan)
    m.d.comb += [dut.early_exit.eq(0), dut.commands.valid.eq(0), dut.responses.ready.eq(1)]
    return dut


def free_core(plan):
    """Return a core with arbitrary tokens and pauses, and who has fired in the sample."""
    m = Bench()
    dut = core(m, plan, "dut")
    token, valid = m.any("token", len(dut.i.payload.as_value())), m.any("valid")
    m.keeps_offers(valid, dut.i.ready, token, assume=True)
    m.d.comb += [
        dut.i.payload.eq(token),
        dut.i.valid.eq(valid),
        dut.o.ready.eq(m.any("taken")),
        dut.spikes.ready.eq(m.any("watched")),
    ]
    fires, fired = Signal(2), Signal(2)
    moves = dut.spikes.valid & dut.spikes.ready
    m.d.comb += fires.eq(Cat(moves & (dut.spikes.p.neuron == n) for n in range(2)))
    m.d.sync += fired.eq(fired | fires)
    with m.module.If(dut.o.valid & dut.o.ready):
        m.d.sync += fired.eq(0)
    return m, dut, fires, fired


@pytest.mark.parametrize("mutant", [False, True])
def test_a_neuron_fires_at_most_once(tmp_path, plan, mutant, monkeypatch):
    if mutant:
        right = "write.data.eq(read.data | fires)"
        source = inspect.getsource(neurons)
        assert right in source
        forgetful = {"__name__": "forgetful"}
        exec(source.replace(right, "write.data.eq(0)"), forgetful)
        monkeypatch.setattr(lane, "NeuronRows", forgetful["NeuronRows"])
    m, _, fires, fired = free_core(plan)
    m.always((fires & fired) == 0)
    verdict = check(m, tmp_path, mode="bmc", depth=DEPTH, engine="boolector")
    assert verdict == ("FAIL" if mutant else "PASS")


def test_both_neurons_fire_and_decide(tmp_path, plan):
    m, dut, _, fired = free_core(plan)
    m.reached(fired.all())
    m.reached(dut.o.valid & ~dut.o.p.silent)
    assert check(m, tmp_path, mode="cover", depth=DEPTH, engine="boolector") == "PASS"


@pytest.mark.parametrize("mutant", [False, True])
def test_the_order_of_spikes_within_a_tick_is_nothing(tmp_path, plan, mutant):
    m = Bench()
    left, right = core(m, plan, "left"), core(m, plan, "right")
    valid, taken, watched = m.any("valid"), m.any("taken"), m.any("watched")
    source, place = m.any("source"), Signal(2)
    # Two spikes, one of each source, then the end of the tick; the other core gets them swapped,
    # or, as a mutant, one of them twice.
    m.keeps_offers(valid, left.i.ready, assume=True)
    held = m.past(source)
    m.given((place == 0) | (source == held))
    first = Signal()
    m.d.comb += first.eq(source ^ (place == 1))
    for dut, addr in ((left, first), (right, source if mutant else ~first)):
        m.d.comb += [
            dut.i.valid.eq(valid),
            dut.o.ready.eq(taken),
            dut.spikes.ready.eq(watched),
            dut.i.p.kind.eq(Kind.SPIKE),
            dut.i.p.addr.eq(addr),
        ]
        with m.module.If(place == 2):
            m.d.comb += [dut.i.p.kind.eq(Kind.TICK), dut.i.p.addr.eq(0)]
    with m.module.If(valid & left.i.ready):
        m.d.sync += place.eq(place + 1)
        with m.module.If(place == 2):
            m.d.sync += place.eq(0)
    m.always(left.i.ready == right.i.ready)
    for name in ("spikes", "o"):
        one, other = getattr(left, name), getattr(right, name)
        m.always(one.valid == other.valid)
        m.always(~one.valid | (one.payload.as_value() == other.payload.as_value()))
    verdict = check(m, tmp_path, mode="bmc", depth=DEPTH - 4, engine="boolector")
    assert verdict == ("FAIL" if mutant else "PASS")
