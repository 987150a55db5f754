"""The command port: pruning and inspection of the synapse memories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Array, C, Cat, Module, Mux, Signal, Value
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from firstspike.hdl.banks import DenseBank
from firstspike.hdl.cores.compactor import FLOOR_BITS
from firstspike.hdl.cores.lane import upkeep
from firstspike.hdl.cores.weights import parts

if TYPE_CHECKING:
    from firstspike.hdl.plan import CorePlan, LayerPlan

__all__ = ["Command", "Steward", "command"]


class Command(enum.Enum, shape=2):  # type: ignore[call-arg]  # Amaranth has no types
    """What to do; every command is answered by one response."""

    #: Drop the synapses of `layer` with ``|w| < t`` where their neuron has more than ``f``; `value`
    #: is ``t + (f << 16)``. Answers how many were dropped.
    PRUNE = 0
    #: Answer word `value` of the segment memory of `lane` of `layer`.
    READ_SEGMENT = 1
    #: Answer word `value` of the synapse memory of `lane` of `layer`.
    READ_SYNAPSE = 2
    #: Write `value` to the word that the last READ named, or to the one after that of the last
    #: LOAD; answers what was there.
    LOAD = 3


command = data.StructLayout({"op": Command, "layer": 6, "lane": 8, "value": 32})


class Steward(wiring.Component):
    """Carries out commands between samples, one at a time.

    Whether the synapse image is valid outlives a reset: a reset in the middle of pruning leaves
    lengths and contents that disagree, and nothing but a new configuration or new contents mend
    that. A reset at any other time leaves an image as it was. LOAD makes the image invalid, and the
    PRUNE that follows, perhaps with a threshold of zero, makes it valid.

    Parameters
    ----------
    core : CorePlan
        The core.

    Members
    -------
    commands : In(stream.Signature(command))
        Commands.
    responses : Out(stream.Signature(32))
        One response per command. What does not exist reads as zero; pruning it drops nothing.
    idle : In(1)
        The layers rest: no sample is under way or could start.
    upkeep : Out(upkeep()).array(n_layers)
        Access to the layers' memories.
    lane : Out(8)
        Lane to inspect.
    dropped : In(16)
        Number of synapses dropped, two cycles ago, in all layers.
    wants : Out(1)
        A command waits or is being carried out: no sample may start.
    image_valid : Out(1)
        Lengths and contents of all segments agree.
    live, total : Out(32)
        Synapses that are left, and that have been there before pruning.
    """

    def __init__(self, core: CorePlan) -> None:
        self._core = core
        super().__init__(
            {
                "commands": In(stream.Signature(command)),
                "responses": Out(stream.Signature(32)),
                "idle": In(1),
                "upkeep": Out(upkeep()).array(len(core.layers)),
                "lane": Out(8),
                "dropped": In(16),
                "wants": Out(1),
                "image_valid": Out(1),
                "live": Out(32),
                "total": Out(32),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the states of a command."""
        m = Module()
        given = Signal(command)
        named = Signal(command)  # the word that the next LOAD writes
        busy, loads = Signal(), Signal()
        whole = Signal(init=1, reset_less=True)
        loaded = Signal(reset_less=True)
        mended = Signal()
        count = self._core.n_synapses
        live, total = (Signal(32, init=count, reset_less=True) for _ in range(2))
        m.d.comb += [
            self.image_valid.eq(whole),
            self.live.eq(live),
            self.total.eq(total),
            busy.eq(Cat(layer.busy for layer in self.upkeep).any()),
            self.lane.eq(named.lane),
            loads.eq(given.op == Command.LOAD),
        ]
        for layer in self.upkeep:
            m.d.comb += [
                layer.threshold.eq(Mux(given.value[8:FLOOR_BITS].any(), 255, given.value[:8])),
                layer.floor.eq(given.value[FLOOR_BITS:]),
                layer.inspect.eq(named.value),
                layer.word.eq(given.value),
            ]
        segments = Array(layer.segment for layer in self.upkeep)
        synapses = Array(layer.synapse for layer in self.upkeep)

        m.d.sync += live.eq(live - self.dropped)
        m.d.comb += self.wants.eq(1)
        with m.FSM():
            with m.State("Rest"):
                m.d.comb += [
                    self.wants.eq(self.commands.valid),
                    self.commands.ready.eq(self.idle),
                ]
                with m.If(self.commands.valid & self.commands.ready):
                    m.d.sync += [given.eq(self.commands.p), self.responses.payload.eq(0)]
                    m.next = "Read"
                    with m.If(self.commands.p.op == Command.PRUNE):
                        m.next = "Start"
                    with m.Elif(self.commands.p.op != Command.LOAD):
                        m.d.sync += named.eq(self.commands.p)
            with m.State("Start"):
                m.d.sync += mended.eq(whole | loaded)
                with m.Switch(given.layer):
                    for index, layer in enumerate(self.upkeep):
                        with m.Case(index):
                            m.d.comb += layer.prune.eq(1)
                            # Should a reset come now, what was loaded is no excuse for the next.
                            m.d.sync += [whole.eq(0), loaded.eq(0)]
                m.next = "Prune"
            with m.State("Prune"):
                m.d.sync += self.responses.payload.eq(self.responses.payload + self.dropped)
                with m.If(~busy):
                    m.next = "Settle"
            with m.State("Settle"):
                # The last drops are counted one cycle late.
                m.d.sync += [
                    self.responses.payload.eq(self.responses.payload + self.dropped),
                    whole.eq(mended),
                    loaded.eq(0),
                ]
                m.next = "Respond"
            with m.State("Read"):
                m.next = "Pass"
            with m.State("Pass"):
                m.next = "Collect"
            with m.State("Collect"):
                m.next = "Fetch"
            with m.State("Fetch"):
                with m.If(named.layer < len(self.upkeep)):
                    m.d.sync += self.responses.payload.eq(
                        Mux(
                            named.op == Command.READ_SEGMENT,
                            segments[named.layer],
                            synapses[named.layer],
                        )
                    )
                m.next = "Respond"
                with m.If(loads):
                    m.next = "Load"
            with m.State("Load"):
                m.d.sync += named.value.eq(named.value + 1)
                with m.Switch(named.layer):
                    for index, layer in enumerate(self.upkeep):
                        with m.Case(index):
                            m.d.sync += [whole.eq(0), loaded.eq(1)]
                            self._load(m, layer, index, named, given, (live, total))
                m.next = "Respond"
            with m.State("Respond"):
                m.d.comb += self.responses.valid.eq(1)
                with m.If(self.responses.ready):
                    m.next = "Rest"
        return m

    def _load(
        self,
        m: Module,
        layer: wiring.PureInterface,
        index: int,
        named: data.View,
        given: data.View,
        counts: tuple[Signal, Signal],
    ) -> None:
        """Write a word; what it brings along is counted, and what it replaces is not any more."""
        planned = self._core.layers[index]
        if isinstance(planned.bank, DenseBank):
            m.d.comb += layer.load_synapse.eq(1)
            old, new = (
                _present(planned, value, named.lane)
                for value in (self.responses.payload, given.value)
            )
            m.d.sync += [count.eq(count + new - old) for count in counts]
            return
        is_segment = named.op == Command.READ_SEGMENT
        m.d.comb += [layer.load_segment.eq(is_segment), layer.load_synapse.eq(~is_segment)]
        bits = bits_for(planned.neurons)
        with m.If(is_segment):
            more = given.value[:bits] - self.responses.payload[:bits]
            m.d.sync += [count.eq(count + more) for count in counts]


def _present(layer: LayerPlan, word: Value, part: Value) -> Value:
    """Return how many weights of a word of a dense bank are not zero."""
    present = Cat(word.word_select(at, layer.weight_bits) != 0 for at in parts(layer)[0])
    last = len(parts(layer)) - 1
    few = present[: len(parts(layer)[-1])]
    return Mux(part == last, sum(few, C(0)), sum(present, C(0)))
