"""The command port: pruning and inspection of the synapse memories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Array, C, Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from firstspike.hdl.banks import DenseBank
from firstspike.hdl.cores.lane import upkeep
from firstspike.hdl.cores.own import own_number
from firstspike.hdl.cores.pruner import Pruner
from firstspike.hdl.cores.pruning import FLOOR_BITS, LATENCY
from firstspike.hdl.cores.weights import parts

if TYPE_CHECKING:
    from firstspike.hdl.plan import CorePlan, LayerPlan

__all__ = ["COLUMN_AT", "Command", "Steward", "command"]


class Command(enum.Enum, shape=3):  # type: ignore[call-arg]  # Amaranth has no types
    """What to do; every command is answered by one response, and perhaps denied."""

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
    #: Answer the threshold, or bias, of the neuron in row ``r``, column ``c`` of `lane` of `layer`,
    #: if neurons have one of their own; `value` is ``r + (c << 24)``.
    READ_NEURON = 4
    #: Deny PRUNE and LOAD until the next reset.
    LOCK = 5


command = data.StructLayout({"op": Command, "layer": 6, "lane": 8, "value": 32})

#: Lowest bit of the column in the operand of READ_NEURON.
COLUMN_AT = 24


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
        One response per command; zero if it is denied.
    idle : In(1)
        No sample was under way or could start in the cycle before, in which `wants` was high.
    upkeep : Out(upkeep()).array(n_layers)
        Access to the layers' memories.
    lane : Out(8)
        Lane whose memories are read and written.
    wants : Out(1)
        A command waits or is being carried out: no sample may start.
    denied : Out(1)
        The latest command was one that does not exist, named what does not exist, or came after
        LOCK, and has done nothing.
    locked : Out(1)
        LOCK is in effect.
    image_valid : Out(1)
        Lengths and contents of all segments agree.
    live, pruned : Out(32)
        Synapses that are left, and that have been dropped since they were configured or loaded.
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
                "wants": Out(1),
                "denied": Out(1),
                "locked": Out(1),
                "image_valid": Out(1),
                "live": Out(32),
                "pruned": Out(32),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the states of a command."""
        m = Module()
        given = Signal(command)
        named = Signal(command)  # the word that the next LOAD writes
        loads, prunes = Signal(), Signal()
        inspecting, exists = Signal(), Signal()
        whole = Signal(init=1, reset_less=True)
        loaded = Signal(reset_less=True)
        mended = Signal()
        bits = bits_for(sum(most_synapses(layer) for layer in self._core.layers))
        live = Signal(bits, init=self._core.n_synapses, reset_less=True)
        pruned = Signal(bits, reset_less=True)
        m.submodules.pruner = pruner = Pruner(self._core)
        m.d.comb += [
            self.image_valid.eq(whole),
            self.live.eq(live),
            self.pruned.eq(pruned),
            loads.eq(given.op == Command.LOAD),
            prunes.eq(given.op == Command.PRUNE),
        ]
        self._look(m, named, exists)
        answer = self._reach(m, pruner, given, named, inspecting)
        counts, new, old = self._counted(m, named, given)

        # What a LOAD brings along, and what it replaces or pruning drops, is counted later.
        more, comes, goes = Signal(signed(bits + 1)), Signal(bits), Signal(bits)
        prunes_then = Signal(2)
        m.d.sync += [
            comes.eq(0),
            goes.eq(pruner.dropped),
            more.eq(comes - goes),
            live.eq(live + more),
            prunes_then.eq(Cat(pruner.busy, prunes_then)),
        ]
        with m.If(prunes_then[1]):
            m.d.sync += pruned.eq(pruned - more)
        # A word is written a cycle later, too.
        writes = Signal()
        waited = Signal(range(LATENCY + 1))
        m.d.sync += writes.eq(0)
        with m.If(writes):
            m.d.sync += [whole.eq(0), loaded.eq(1)]
        m.d.comb += self.wants.eq(1)
        with m.FSM():
            with m.State("Rest"):
                m.d.comb += [
                    self.wants.eq(self.commands.valid),
                    self.commands.ready.eq(self.idle),
                ]
                with m.If(self.commands.valid & self.commands.ready):
                    m.d.sync += [
                        given.eq(self.commands.p),
                        self.responses.payload.eq(0),
                        self.denied.eq(0),
                    ]
                    m.next = "Judge"
            with m.State("Judge"):
                m.next = "Deny"
                m.d.sync += waited.eq(0)
                with m.Switch(given.op):
                    with m.Case(Command.READ_SEGMENT, Command.READ_SYNAPSE, Command.READ_NEURON):
                        m.d.sync += named.eq(given)
                        m.next = "Read"
                    with m.Case(Command.PRUNE):
                        with m.If(~self.locked & (given.layer < len(self.upkeep))):
                            m.next = "Start"
                    with m.Case(Command.LOAD):
                        with m.If(~self.locked):
                            m.next = "Read"
                    with m.Case(Command.LOCK):
                        m.d.sync += self.locked.eq(1)
                        m.next = "Respond"
            with m.State("Deny"):
                m.d.sync += self.denied.eq(1)
                m.next = "Respond"
            with m.State("Start"):
                # Should a reset come now, what was loaded is no excuse for the next.
                m.d.comb += pruner.start.eq(1)
                m.d.sync += [mended.eq(whole | loaded), whole.eq(0), loaded.eq(0)]
                m.next = "Prune"
            with m.State("Prune"):
                m.d.sync += self.responses.payload.eq((self.responses.payload - more)[:bits])
                with m.If(~pruner.busy):
                    m.d.sync += whole.eq(mended)
                    m.next = "Respond"
            with m.State("Read"):
                m.d.comb += inspecting.eq(1)
                m.d.sync += waited.eq(waited + 1)
                with m.If(waited == LATENCY):
                    m.next = "Fetch"
            with m.State("Fetch"):
                m.d.comb += inspecting.eq(1)
                m.next = "Deny"
                with m.If(exists):
                    m.d.sync += self.responses.payload.eq(answer)
                    m.next = "Respond"
                    with m.If(loads):
                        m.next = "Load"
            with m.State("Load"):
                m.d.sync += [named.value.eq(named.value + 1), writes.eq(1)]
                for index, each in enumerate(self.upkeep):
                    mine = named.layer == index
                    m.d.comb += [
                        each.load_segment.eq(mine & (named.op == Command.READ_SEGMENT)),
                        each.load_synapse.eq(mine & (named.op == Command.READ_SYNAPSE)),
                        each.load_neuron.eq(mine & (named.op == Command.READ_NEURON)),
                    ]
                m.next = "Count"
            with m.State("Count"):
                with m.If(counts):
                    m.d.sync += [comes.eq(new), goes.eq(old)]
                m.next = "Respond"
            with m.State("Respond"):
                m.d.comb += self.responses.valid.eq(1)
                with m.If(self.responses.ready):
                    m.next = "Rest"
        return m

    def _reach(
        self,
        m: Module,
        pruner: Pruner,
        given: data.View,
        named: data.View,
        inspecting: Signal,
    ) -> Value:
        """Connect the memories to whoever works on them; return what has been read."""
        column, word = Signal(8), Signal(32)
        read_at, write_at = Signal(32), Signal(32)
        level = given.value[:FLOOR_BITS]
        busy = pruner.busy
        target = Mux(busy, given.layer, named.layer)
        layer, here = Signal(6), Signal(len(self.upkeep))
        segment, synapse, neuron, answer = (
            Signal(32, name=name) for name in ("segment", "synapse", "neuron", "answer")
        )
        threshold = Signal(8)
        m.d.comb += [
            pruner.layer.eq(given.layer),
            pruner.threshold.eq(threshold),
            pruner.floor.eq(given.value[FLOOR_BITS:]),
            pruner.segment.eq(segment),
            pruner.synapse.eq(synapse),
        ]
        # All lanes are connected to these, and nothing is in a hurry.
        m.d.sync += [
            layer.eq(target),
            here.eq(Cat(target == index for index in range(len(self.upkeep)))),
            threshold.eq(Mux(level[8:].any(), 255, level[:8])),
            self.lane.eq(Mux(busy, pruner.lane, named.lane)),
            column.eq(named.value[COLUMN_AT:]),
            read_at.eq(Mux(busy, pruner.read_at, named.value)),
            write_at.eq(Mux(busy, pruner.write_at, named.value)),
            word.eq(Mux(busy, pruner.word, given.value)),
            *(
                found.eq(Array(getattr(each, found.name) for each in self.upkeep)[layer])
                for found in (segment, synapse, neuron)
            ),
        ]
        with m.Switch(named.op):
            with m.Case(Command.READ_SEGMENT):
                m.d.sync += answer.eq(segment)
            with m.Case(Command.READ_SYNAPSE):
                m.d.sync += answer.eq(synapse)
            with m.Default():
                m.d.sync += answer.eq(neuron)
        for index, each in enumerate(self.upkeep):
            m.d.comb += [
                each.read_at.eq(read_at),
                each.write_at.eq(write_at),
                each.word.eq(word),
                each.column.eq(column),
                # A layer registers its strobes.
                each.load_segment.eq(pruner.store_segment & here[index]),
                each.load_synapse.eq(pruner.store_synapse & here[index]),
                each.load_neuron.eq(0),
            ]
            m.d.sync += each.inspecting.eq(inspecting)
        return answer

    def _look(self, m: Module, named: data.View, exists: Signal) -> None:
        """Find out whether there is the word that the last READ named, or LOAD has come to."""
        lane, at, column = named.lane, named.value, named.value[COLUMN_AT:]
        m.d.sync += exists.eq(0)
        with m.Switch(named.layer):
            for index, layer in enumerate(self._core.layers):
                here = lane < len(layer.lanes)
                memories = len(parts(layer)) or len(layer.lanes)
                with m.Case(index), m.Switch(named.op):
                    with m.Case(Command.READ_SEGMENT):
                        if not parts(layer):
                            m.d.sync += exists.eq(here & (at < layer.n_sources))
                    with m.Case(Command.READ_SYNAPSE):
                        m.d.sync += exists.eq((lane < memories) & (at < layer.capacity))
                    with m.Case(Command.READ_NEURON):
                        if own_number(layer):
                            row = at[:COLUMN_AT] < layer.rows
                            m.d.sync += exists.eq(here & row & (column < layer.columns))

    def _counted(self, m: Module, named: data.View, given: data.View) -> tuple[Value, Value, Value]:
        """Return whether a LOAD counts, how many synapses it brings along, how many it replaces."""
        words = given.value, self.responses.payload
        counts, new, old = Signal(), Signal(32, name="new"), Signal(32, name="old")
        m.d.sync += counts.eq(0)
        with m.Switch(named.layer):
            for index, layer in enumerate(self._core.layers):
                with m.Case(index):
                    dense = isinstance(layer.bank, DenseBank)
                    counts_here = Command.READ_SYNAPSE if dense else Command.READ_SEGMENT
                    with m.If(named.op == counts_here):
                        m.d.sync += counts.eq(1)
                        m.d.sync += [
                            count.eq(
                                _present(layer, word, named.lane)
                                if dense
                                else word[: bits_for(layer.neurons)]
                            )
                            for count, word in zip((new, old), words, strict=True)
                        ]
        return counts, new, old


def _present(layer: LayerPlan, word: Value, part: Value) -> Value:
    """Return how many weights of a word of a dense bank are not zero."""
    present = Cat(word.word_select(at, layer.weight_bits) != 0 for at in parts(layer)[0])
    last = len(parts(layer)) - 1
    few = present[: len(parts(layer)[-1])]
    return Mux(part == last, sum(few, C(0)), sum(present, C(0)))


def most_synapses(layer: LayerPlan) -> int:
    """Return how many synapses a layer can be told to have, whether there is room or not."""
    if isinstance(layer.bank, DenseBank):
        return layer.capacity * layer.columns
    longest: int = (1 << bits_for(layer.neurons)) - 1
    return len(layer.lanes) * layer.n_sources * longest
