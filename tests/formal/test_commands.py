"""What the steward and the gate promise to the rest of a core, for all inputs."""

import numpy as np
import pytest
from amaranth.hdl import Cat, Module, Mux, ResetInserter, Signal
from amaranth.utils import bits_for
from formal_tools import Bench, check, needs_formal

from firstspike.hdl.cores import steward
from firstspike.hdl.cores.gate import Gate
from firstspike.hdl.cores.pruner import Pruner
from firstspike.hdl.cores.steward import Command
from firstspike.hdl.cores.tokens import Kind
from firstspike.hdl.plan import CorePlan
from firstspike.testing import random_network

pytestmark = [pytest.mark.slow, needs_formal]


@pytest.fixture(scope="module")
def plan():
    """As large as a core for handwritten digits: the proofs do not depend on the size."""
    network = random_network(np.random.default_rng(0), sizes=[784, 16, 10], ticks=64, density=0.01)
    return CorePlan.from_network(network, lanes=8)


class StewardBench(Bench):
    """Any commands, resets at any time, walks that prune for as long as they like."""

    def __init__(self, plan, monkeypatch, lie=None):
        super().__init__()
        self.plan, self.reset = plan, self.any("reset")
        self.walk = walk = self._any_walk(plan, lie)
        monkeypatch.setattr(steward, "Pruner", lambda core: walk)
        self.dut = dut = steward.Steward(plan)
        self.submodules.dut = ResetInserter(self.reset)(dut)
        self.command = command = Signal(dut.commands.payload.shape())
        self.d.comb += command.eq(self.any("command", len(command.as_value())))
        valid = self.any("valid")
        self.given(~self.reset | ~valid)
        self.keeps_offers(valid, dut.commands.ready | self.reset, command.as_value(), assume=True)
        self.taken, self.idle = self.any("taken"), self.any("idle")
        self.d.comb += [
            dut.commands.p.eq(command),
            dut.commands.valid.eq(valid),
            dut.responses.ready.eq(1 if lie == "taken" else self.taken),
            dut.idle.eq(1 if lie == "idle" else self.idle),
        ]
        if lie == "lock":
            with self.module.If(command.op == Command.LOCK):
                self.d.comb += dut.commands.p.op.eq(Command.READ_SEGMENT)
        strobes = Cat(
            (layer.load_segment, layer.load_synapse, layer.load_neuron) for layer in dut.upkeep
        )
        # Layers register them.
        self.loads = self.past(strobes.any() & ~self.reset)
        #: What is written not by a walk, but by LOAD.
        self.written = self.loads & ~self.past(self.stores & ~self.reset)
        for index, layer in enumerate(dut.upkeep):
            self.d.comb += [
                layer.segment.eq(self.any(f"segment{index}", 32)),
                layer.synapse.eq(self.any(f"synapse{index}", 32)),
                layer.neuron.eq(self.any(f"neuron{index}", 32)),
            ]

    def _any_walk(self, plan, lie):
        """Return what can do anything in place of the walk while it is on."""
        self.walking, self.dropped, self.stores = Signal(), Signal(4), Signal()
        told = {name: self.any(name) for name in ("store_segment", "store_synapse")}
        told |= {name: self.any(name, 8) for name in ("lane", "read_at", "write_at", "word")}
        dropped, stops = self.any("dropped", 4), self.any("stops")

        class AnyWalk(Pruner):
            def elaborate(walk, platform):
                m = Module()
                m.d.comb += walk.busy.eq(0 if lie == "busy" else self.walking)
                m.d.comb += walk.dropped.eq(0 if lie == "dropped" else self.dropped)
                for name, value in told.items():
                    strobe = name.startswith("store")
                    m.d.comb += getattr(walk, name).eq(value & self.walking if strobe else value)
                return m

        walk = AnyWalk(plan)
        self.d.sync += self.walking.eq(~self.reset & (walk.start | (self.walking & ~stops)))
        self.d.comb += [
            self.dropped.eq(Mux(self.walking, dropped, 0)[: len(walk.dropped)]),
            self.stores.eq(self.walking & (told["store_segment"] | told["store_synapse"])),
        ]
        return walk

    @property
    def touches(self):
        """Whether anything is written or about to be."""
        return self.walk.start | self.walking | self.loads


def answers_once(m):
    """One response per command, which stays until it is taken, and no command meanwhile."""
    commands, responses = m.dut.commands, m.dut.responses
    m.keeps_offers(responses.valid, m.taken | m.reset, responses.payload)
    owed = Signal()
    accepts = commands.valid & commands.ready & ~m.reset
    with m.module.If(accepts):
        m.d.sync += owed.eq(1)
    with m.module.Elif(m.reset | (responses.valid & m.taken)):
        m.d.sync += owed.eq(0)
    m.always(~commands.ready | ~owed)
    m.always(~responses.valid | owed)


def touches_nothing_during_samples(m):
    """Memories are pruned and written only while the steward has been let in."""
    granted = Signal()
    with m.module.If(m.dut.commands.valid & m.dut.commands.ready):
        m.d.sync += granted.eq(m.idle)
    m.always(~m.touches | (granted & m.dut.wants))
    m.always(~m.written | ~(m.walking | m.past(m.walking)))


def a_lock_holds_until_reset(m):
    """After LOCK nothing is pruned or written."""
    locked = Signal()
    accepts = m.dut.commands.valid & m.dut.commands.ready
    with m.module.If(m.reset):
        m.d.sync += locked.eq(0)
    with m.module.Elif(accepts & (m.command.op == Command.LOCK)):
        m.d.sync += locked.eq(1)
    m.always(~locked | ~m.touches)


def a_broken_image_is_not_valid(m):
    """Not valid while it is pruned, nor, before it is loaded, after a reset in the middle."""
    broken = Signal()
    with m.module.If(m.reset & m.walking):
        m.d.sync += broken.eq(1)
    with m.module.Elif(m.written):
        m.d.sync += broken.eq(0)
    m.always(~(m.walking | broken) | ~m.dut.image_valid)


def counts_what_is_pruned(m):
    """What walks drop is counted as pruned, and is not live any more, whatever is loaded."""
    goes = m.past(Mux(m.reset, 0, m.dropped))
    went = m.past(Mux(m.reset, 0, goes))
    bits = bits_for(sum(map(steward.most_synapses, m.plan.layers)))
    pruned, both = Signal(bits), Signal(bits)
    # As proved above, nothing is loaded during a walk; what the walk stores does not count.
    m.given(~m.written | ~m.past(m.walking))
    m.given(~m.stores)
    m.d.sync += pruned.eq(pruned + went)
    m.d.comb += both.eq(m.dut.live + m.dut.pruned)
    m.always(m.dut.pruned == pruned)
    m.afterwards((both == m.past(both)) | m.past(m.past(m.past(m.written))))


PROMISES = [
    (answers_once, "taken"),
    (touches_nothing_during_samples, "idle"),
    (a_lock_holds_until_reset, "lock"),
    (a_broken_image_is_not_valid, "busy"),
    (counts_what_is_pruned, "dropped"),
]


@pytest.mark.parametrize("lied", [False, True], ids=["true", "mutant"])
@pytest.mark.parametrize(("promise", "lie"), PROMISES, ids=[p.__name__ for p, _ in PROMISES])
def test_the_steward(tmp_path, monkeypatch, plan, promise, lie, lied):
    m = StewardBench(plan, monkeypatch, lie if lied else None)
    promise(m)
    mode = "prove" if promise is counts_what_is_pruned else "pdr"
    assert check(m, tmp_path, mode=mode, depth=8) == ("FAIL" if lied else "PASS")


def test_an_image_breaks_and_is_mended(tmp_path, monkeypatch, plan):
    m = StewardBench(plan, monkeypatch)
    broken = Signal()
    with m.module.If(m.reset & m.walking):
        m.d.sync += broken.eq(1)
    m.reached(broken & m.dut.image_valid)
    m.reached(m.dut.responses.valid & m.taken & (m.dut.responses.payload == 3))
    m.reached(m.dut.responses.valid & m.dut.denied & m.dut.locked)
    assert check(m, tmp_path, mode="cover", depth=40, engine="boolector") == "PASS"


class GateBench(Bench):
    """A gate with any tokens, layers that take them when they like, and verdicts at any time."""

    def __init__(self, plan, lie=None):
        super().__init__()
        self.submodules.dut = self.dut = dut = Gate(plan)
        token, valid = self.any("token", len(dut.i.payload.as_value())), self.any("valid")
        self.keeps_offers(valid, dut.i.ready, token, assume=True)
        self.image_valid = self.any("image_valid")
        self.ready = self.any("ready")
        self.d.comb += [
            dut.i.payload.eq(token),
            dut.i.valid.eq(valid),
            dut.o.ready.eq(self.ready),
            # The core finds out a cycle before that the gate rests.
            dut.open.eq(
                self.any("open")
                & self.past(dut.resting)
                & (1 if lie == "image_valid" else self.image_valid)
            ),
            dut.refuses.eq(self.any("refuses") & self.past(dut.resting) & ~self.image_valid),
            dut.done.eq(self.any("done")),
        ]


@pytest.mark.parametrize("lie", [None, "image_valid"])
def test_the_gate_lets_nothing_into_a_broken_image(tmp_path, plan, lie):
    m = GateBench(plan, lie)
    admitted = Signal()
    admits = m.dut.resting & m.image_valid
    with m.module.If(m.dut.resting):
        m.d.sync += admitted.eq(m.image_valid)
    m.always(~m.dut.o.valid | admits | (admitted & ~m.dut.resting))
    m.always(~m.dut.refuse | ~admitted)
    assert check(m, tmp_path, mode="pdr") == ("FAIL" if lie else "PASS")


def test_the_gate_refuses(tmp_path, plan):
    m = GateBench(plan)
    m.reached(m.dut.refuse)
    m.reached(m.dut.o.valid & (m.dut.o.p.kind == Kind.END) & m.past(m.dut.stray))
    assert check(m, tmp_path, mode="cover", depth=8) == "PASS"
