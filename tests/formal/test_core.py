"""A whole small core for all inputs: neurons fire once, and the order within a tick is nothing."""

import inspect
from dataclasses import replace

import pytest
from amaranth.hdl import Cat, Signal
from formal_memories import lying
from formal_tools import Bench, check, needs_formal

from firstspike import (
    ConstThreshold,
    Dense,
    IntegerLayer,
    IntegerNetwork,
    LifProgram,
    RampProgram,
    RampThreshold,
    StepProgram,
    TableProgram,
    TwoPhase,
)
from firstspike.hdl.cores import lane, neurons, window_neurons
from firstspike.hdl.cores.core import Core
from firstspike.hdl.cores.tokens import Kind
from firstspike.hdl.cores.window_column import WindowColumn
from firstspike.hdl.plan import CorePlan

pytestmark = [pytest.mark.slow, needs_formal]

#: What a layer has besides its synapses.
CAUSAL = {
    "step": {"program": StepProgram(), "threshold": ConstThreshold([3, 2])},
    "ramp": {"program": RampProgram(), "threshold": ConstThreshold([3, 2])},
    "lif": {
        "program": LifProgram(3, 3, 4, shift=2, guard=0),
        "threshold": ConstThreshold([2, 2]),
    },
}
TWO_PHASE = {
    "two-phase-ramp": {
        "program": RampProgram(),
        "threshold": RampThreshold(2),
        "schedule": TwoPhase(),
    },
    "two-phase-table": {
        "program": TableProgram([2, 1]),
        "threshold": RampThreshold(2),
        "schedule": TwoPhase(),
    },
}
PROGRAMS = CAUSAL | TWO_PHASE


@pytest.fixture(params=PROGRAMS)
def program(request):
    return request.param


@pytest.fixture
def depth(program):
    """Return in how many cycles every neuron can have fired, as a cover shows."""
    return 37 if program in TWO_PHASE else 33


@pytest.fixture
def plan(program):
    layer = IntegerLayer(connectivity=Dense([[3, 2], [1, -2]]), **PROGRAMS[program])
    network = IntegerNetwork(layers=[layer], ticks=2, tick_seconds=1e-3)
    plan = CorePlan.from_network(network, lanes=1, sweep=1)
    # Nothing is gained by room for more tokens than there are.
    return replace(plan, layers=tuple(replace(each, queue_depth=5) for each in plan.layers))


def core(m, plan, name):
    m.submodules[name] = dut = Core(plan)
    m.d.comb += [dut.early_exit.eq(0), dut.commands.valid.eq(0), dut.responses.ready.eq(1)]
    return dut


def free_core(plan):
    """Return a core with arbitrary tokens and pauses, and who has fired in the sample.

    No source spikes twice in a sample: that is up to the producer, and widths rely on it.
    """
    m = Bench()
    dut = core(m, plan, "dut")
    token, valid = m.any("token", len(dut.i.payload.as_value())), m.any("valid")
    m.keeps_offers(valid, dut.i.ready, token, assume=True)
    spiked = Signal(plan.n_sources)
    again = spiked.bit_select(dut.i.p.addr, 1)
    m.given(~valid | (dut.i.p.kind != Kind.SPIKE) | ~again)
    with m.module.If(valid & dut.i.ready):
        with m.module.If(dut.i.p.kind == Kind.SPIKE):
            m.d.sync += again.eq(1)
        with m.module.Elif(dut.i.p.kind == Kind.END):
            m.d.sync += spiked.eq(0)
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


def forget(program, monkeypatch):
    """Make neurons fire again."""
    if program in TWO_PHASE:
        falls_below = lying(WindowColumn, fires=lambda m, honest: honest.margin >= 0)
        monkeypatch.setattr(window_neurons, "WindowColumn", falls_below)
        return
    right = "write.data.eq(read.data | fires)"
    source = inspect.getsource(neurons)
    assert right in source
    forgetful = {"__name__": "forgetful"}
    exec(source.replace(right, "write.data.eq(0)"), forgetful)
    monkeypatch.setattr(lane, "NeuronRows", forgetful["NeuronRows"])


@pytest.mark.parametrize("mutant", [False, True], ids=["true", "mutant"])
def test_a_neuron_fires_at_most_once(tmp_path, plan, program, depth, mutant, monkeypatch):
    if mutant:
        forget(program, monkeypatch)
    m, _, fires, fired = free_core(plan)
    m.always((fires & fired) == 0)
    verdict = check(m, tmp_path, mode="bmc", depth=depth, engine="boolector")
    assert verdict == ("FAIL" if mutant else "PASS")


@pytest.mark.parametrize("later", [0, 8], ids=["fire", "decide"])
def test_both_neurons_fire_and_decide(tmp_path, plan, depth, later):
    m, dut, _, fired = free_core(plan)
    m.reached(dut.o.valid & ~dut.o.p.silent if later else fired.all())
    verdict = check(m, tmp_path, mode="cover", depth=depth + later, engine="boolector")
    assert verdict == "PASS"


@pytest.mark.parametrize("mutant", [False, True], ids=["true", "mutant"])
def test_the_order_of_spikes_within_a_tick_is_nothing(tmp_path, plan, depth, mutant):
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
    verdict = check(m, tmp_path, mode="bmc", depth=depth, engine="boolector")
    assert verdict == ("FAIL" if mutant else "PASS")
