"""Two samples in a core never meet, whatever its lanes do and whenever verdicts come."""

import inspect
from types import ModuleType

import numpy as np
import pytest
from amaranth.hdl import Assert, Cat, Module, Signal
from amaranth.lib import wiring
from formal_memories import watched
from formal_tools import Bench, check, needs_formal

from firstspike import RampProgram, TwoPhase
from firstspike.hdl.cores import core as core_module
from firstspike.hdl.cores import layer as layer_module
from firstspike.hdl.cores import turnover as turnover_module
from firstspike.hdl.cores.lane import lane_signature
from firstspike.hdl.cores.steward import Command
from firstspike.hdl.cores.tokens import Kind
from firstspike.hdl.plan import CorePlan
from firstspike.testing import random_network

pytestmark = [pytest.mark.slow, needs_formal]

OPTIONS = {"causal": {}, "two-phase": {"program": RampProgram, "schedule": TwoPhase}}
LAYERS = 3


@pytest.fixture(params=OPTIONS)
def plan(request):
    rng = np.random.default_rng(0)
    sizes, options = [2] * (LAYERS + 1), OPTIONS[request.param]
    network = random_network(rng, sizes=sizes, ticks=2, weight_bits=2, **options)
    return CorePlan.from_network(network, lanes=1)


def spoil(module, right, wrong):
    """Return a copy of a module in which something stands for something else."""
    source = inspect.getsource(module)
    assert source.count(right) == 1
    copy = ModuleType(module.__name__)
    exec(source.replace(right, wrong), copy.__dict__)
    return copy


class Wires:
    """What the bench chooses for, and sees of, a layer and its only lane."""

    def __init__(self, m, layer):
        size = len(lane_signature(layer).members["o"].signature.create().payload.as_value())
        names = {"ready": 1, "tells": 1, "token": size, "clears": 1}
        self.free = {name: m.any(f"{name}{layer.index}", size) for name, size in names.items()}
        #: A token comes in; everything is forgotten; nothing is inside.
        self.moves, self.flush, self.rests = (
            Signal(name=f"{name}{layer.index}") for name in ("moves", "flush", "rests")
        )
        self.ahead = Signal(2, name=f"ahead{layer.index}")


def any_lane(wires):
    """Return lanes that tell any tokens once one came in, but END only after END did, and no more.

    Those of a two-phase layer tell nothing before their window has closed. After a flush they clear
    for as long as they like.
    """

    class AnyLane(wiring.Component):
        def __init__(self, layer, lane):
            super().__init__(lane_signature(layer))
            self._wires = wires[layer.index]
            self._needs = layer.ticks if layer.window else 0

        def elaborate(self, platform):
            m = Module()
            free = self._wires.free
            clearing, heard, ended, told = Signal(init=1), Signal(), Signal(), Signal()
            token = Signal.like(self.o.payload)
            is_end = token.kind == Kind.END
            tells = free["tells"] & heard & ~told & (~is_end | ended)
            m.d.comb += [
                self.i.ready.eq(free["ready"]),
                self.clearing.eq(clearing),
                token.eq(free["token"]),
                self._wires.flush.eq(self.flush),
                self._wires.rests.eq(~clearing & ~heard & ~self.o.valid),
                # What a real lane relies on.
                Assert(~self.i.valid | (~clearing & ~ended)),
            ]
            ticks = Signal(range(self._needs + 1))
            is_tick = self.i.p.kind == Kind.TICK
            with m.If(self.i.valid):
                m.d.sync += ended.eq(self.i.p.kind == Kind.END)
                with m.If(is_tick & (ticks != self._needs)):
                    m.d.sync += ticks.eq(ticks + 1)
                with m.If(ticks + is_tick >= self._needs):
                    m.d.sync += heard.eq(1)
            with m.If(~self.o.valid | self.o.ready):
                m.d.sync += [self.o.valid.eq(tells), self.o.payload.eq(token)]
                m.d.sync += told.eq(told | (tells & is_end))
            closes = (self.o.p.kind == Kind.TICK) | (self.o.p.kind == Kind.END)
            m.d.comb += [
                self.offers.eq(self.o.valid & ~closes),
                self.closes.eq(self.o.valid & closes),
            ]
            m.d.sync += clearing.eq(self.flush | (clearing & free["clears"]))
            with m.If(self.flush):
                m.d.sync += [reg.eq(0) for reg in (heard, ended, told, ticks, self.o.valid)]
            return m

    return AnyLane


def seen_layer(wires):
    """Return layers that show when a token comes in."""

    class SeenLayer(core_module.Layer):
        def elaborate(self, platform):
            m = Module()
            m.submodules.inner = super().elaborate(platform)
            own = wires[self._layer.index]
            m.d.comb += [own.moves.eq(self.i.valid & self.i.ready), own.ahead.eq(self.ahead)]
            return m

    return SeenLayer


class Samples(Bench):
    """A core whose lanes, producer and consumers do what they like."""

    def __init__(self, plan, monkeypatch, module=core_module):
        super().__init__()
        self.wires = wires = [Wires(self, layer) for layer in plan.layers]
        self.starts, self.resting, self.refuse = Signal(), Signal(), Signal()
        self.decides, self.done, self.idle = Signal(), Signal(), Signal()
        self.undecided = Signal(2)
        monkeypatch.setattr(layer_module, "Lane", any_lane(wires))
        monkeypatch.setattr(module, "Layer", seen_layer(wires))
        for name, ports in {
            "Gate": {"starts": self.starts, "resting": self.resting, "refuse": self.refuse},
            "Decision": {"decides": self.decides, "done": self.done},
            "Steward": {"idle": self.idle},
            "Tally": {"undecided": self.undecided},
        }.items():
            monkeypatch.setattr(module, name, watched(getattr(module, name), ports))
        self.submodules.dut = self.dut = dut = module.Core(plan)
        token, valid = self.any("token", len(dut.i.payload.as_value())), self.any("valid")
        self.keeps_offers(valid, dut.i.ready, token, assume=True)
        self.taken, self.watched = self.any("taken"), self.any("watched")
        self.asks = self.any("asks")
        self.keeps_offers(self.asks, dut.commands.ready, assume=True)
        self.d.comb += [
            dut.i.payload.eq(token),
            dut.i.valid.eq(valid),
            dut.o.ready.eq(self.taken),
            dut.spikes.ready.eq(self.watched),
            dut.early_exit.eq(self.constant("early_exit")),
            dut.commands.valid.eq(self.asks),
            dut.commands.p.op.eq(Command.LOCK),
            dut.responses.ready.eq(1),
        ]
        #: Samples that came in, that were decided, and that each layer has let go of.
        self.begun, self.decided = Signal(2), Signal(2)
        self.gone = [Signal(2, name=f"gone{index}") for index in range(LAYERS)]
        self.d.sync += [
            self.begun.eq(self.begun + self.starts),
            self.decided.eq(self.decided + self.done),
            *(
                # The flush of a reset is on no sample.
                gone.eq(gone + (each.flush & self._started))
                for gone, each in zip(self.gone, wires, strict=True)
            ),
        ]
        # That the core's own counters say the same is easily found out, and helps a lot.
        self.always(self.undecided == (self.begun - self.decided)[:2])
        for gone, each in zip(self.gone, wires, strict=True):
            self.always(each.ahead == (gone - self.decided)[:2])


def tokens_stay_in_their_sample(m):
    """A token goes from a layer to the next only if both are at the same sample."""
    coming = (m.begun + m.starts - 1)[:2]
    for before, after, each in zip([coming, *m.gone], m.gone, m.wires, strict=False):
        m.always(~each.moves | (before == after))
    m.always(~m.decides | (m.gone[-1] == m.decided))


def verdicts_are_on_samples_that_came_in(m):
    """At most two samples have no verdict, and a verdict is given for one that has none."""
    undecided = (m.begun - m.decided)[:2]
    m.always(undecided <= 2)
    m.always(~(m.decides | m.done) | (undecided != 0))


def a_verdict_leaves_nothing_behind(m):
    """No layer is at a sample that is decided, nor two ahead of what came in."""
    for gone in m.gone:
        m.always((gone - m.decided)[:2] <= (m.begun - m.decided)[:2])


def commands_find_the_core_at_rest(m):
    """Commands are carried out while nothing is inside and everything has been decided."""
    rests = Cat(each.rests for each in m.wires).all() & (m.begun == m.decided)
    m.always(~m.idle | (rests & ~m.dut.o.valid))


PROMISES = [
    tokens_stay_in_their_sample,
    verdicts_are_on_samples_that_came_in,
    a_verdict_leaves_nothing_behind,
    commands_find_the_core_at_rest,
]


def test_samples(tmp_path, plan, monkeypatch):
    m = Samples(plan, monkeypatch)
    for promise in PROMISES:
        promise(m)
    assert check(m, tmp_path, mode="pdr") == "PASS"


TURNOVER, CORE = "Turnover", "Core"
#: What is wrong where, and what it is to break.
MUTANTS = {
    "a verdict stops all layers": (TURNOVER, " & (self.ahead == 0)", ""),
    "END leaves a layer that a verdict has stopped": (TURNOVER, "~self.flush & ", ""),
    "a layer is open behind END": (TURNOVER, "self.enters | ", ""),
    "any verdict stops the gate": (CORE, "decision.done & ~full", "decision.done"),
    "three samples come in": (CORE, "gate.resting & ~full & ", "gate.resting & "),
    "commands do not wait for the layers": (
        CORE,
        " & ~Cat(layer.shut for layer in layers).any()",
        "",
    ),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_wrong_cores_are_noticed(tmp_path, plan, mutant, monkeypatch):
    part, right, wrong = MUTANTS[mutant]
    if part == TURNOVER:
        spoiled = spoil(turnover_module, right, wrong)
        monkeypatch.setattr(layer_module, TURNOVER, spoiled.Turnover)
        m = Samples(plan, monkeypatch)
    else:
        m = Samples(plan, monkeypatch, spoil(core_module, right, wrong))
    for promise in PROMISES:
        promise(m)
    assert check(m, tmp_path, mode="pdr") == "FAIL"


def test_two_samples_come_in_and_both_are_decided(tmp_path, plan, monkeypatch):
    m = Samples(plan, monkeypatch)
    m.reached((m.undecided == 2) & m.wires[0].moves)
    m.reached((m.wires[0].ahead == 2) & m.done)
    m.reached((m.decided == 2) & m.idle)
    assert check(m, tmp_path, mode="cover", depth=40, engine="boolector") == "PASS"
