"""The synapse bank of one lane: walks the segment of every source that spikes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.compactor import FLOOR_BITS, Compactor
from firstspike.hdl.cores.operation import Use, arrival, operation
from firstspike.hdl.cores.storage import stored
from firstspike.hdl.cores.sweeper import Sweeper
from firstspike.hdl.cores.tokens import Kind, address, token
from firstspike.hdl.cores.window_sweeper import WindowSweeper

if TYPE_CHECKING:
    from firstspike.hdl.plan import LanePlan, LayerPlan

__all__ = ["SynapseBank", "segment", "segment_words", "synapse", "synapse_words"]


def synapse(layer: LayerPlan) -> data.StructLayout:
    """Return the layout of a synapse word."""
    return data.StructLayout(
        {
            "weight": signed(layer.weight_bits),
            "column": address(layer.columns),
            "row": address(layer.rows),
        }
    )


def segment(layer: LayerPlan) -> data.StructLayout:
    """Return the layout of a segment word: where a source's synapses start, and how many."""
    return data.StructLayout(
        {"length": address(layer.neurons + 1), "base": address(max(2, layer.capacity))}
    )


def synapse_words(layer: LayerPlan, lane: LanePlan) -> list[int]:
    """Return the words of a lane's synapse memory."""
    layout = synapse(layer)
    rows, columns = np.divmod(lane.places, layer.columns)
    words: list[int] = (
        (lane.weights & ((1 << layer.weight_bits) - 1))
        | columns << layout["column"].offset
        | rows << layout["row"].offset
    ).tolist()
    return words + [0] * (layer.capacity - len(words))


def segment_words(layer: LayerPlan, lane: LanePlan) -> list[int]:
    """Return the words of a lane's segment memory."""
    words: list[int] = (lane.lengths | lane.bases << segment(layer)["base"].offset).tolist()
    return words


class SynapseBank(wiring.Component):
    """Turns tokens into arrivals at the lane's neurons, one per cycle, and sweeps over their rows.

    A spike takes as many cycles as its segment is long, at least one; the end of a tick takes one,
    as soon as the sweep for the tick before has come far enough. The segment of the next token is
    looked up meanwhile. After a reset the state of all neurons is cleared first.

    Parameters
    ----------
    layer : LayerPlan
        What the lanes of the layer share.
    lane : LanePlan
        The lane.

    Members
    -------
    i : In(stream.Signature(token(n_sources)))
        Spikes of the layer's sources.
    arrival : Out(arrival(layer))
        What arrives at the neurons.
    use : Out(Use)
        What the sums of arrivals are used for.
    hold : Out(1)
        Do not write back the arrival of the cycle before.
    sum : In(signed(arrival_bits))
        The sum that the arrival of the cycle before finds.
    op : Out(operation(layer))
        What the neurons shall do.
    clearing : Out(1)
        The state is being cleared.
    heard : Out(1)
        A spike has come in since reset.
    prune : In(1)
        Strobe: drop synapses. Only between samples.
    threshold : In(8)
        Smallest magnitude that stays.
    floor : In(16)
        Synapses that every neuron keeps.
    pruning : Out(1)
        Pruning is on.
    dropped : Out(1)
        Strobe: a synapse has been dropped.
    inspect : In
        Address of a segment and of a synapse to read while the bank rests.
    segment, synapse : Out
        The words at address `inspect`, two cycles later.
    word : In
        What to write there.
    load_segment, load_synapse : In(1)
        Strobes: write it.
    """

    def __init__(self, layer: LayerPlan, lane: LanePlan) -> None:
        self._layer = layer
        self._lane = lane
        super().__init__(
            {
                "i": In(stream.Signature(token(layer.n_sources))),
                "arrival": Out(arrival(layer)),
                "use": Out(Use),
                "hold": Out(1),
                "sum": In(signed(layer.arrival_bits)),
                "op": Out(operation(layer)),
                "clearing": Out(1),
                "heard": Out(1),
                "prune": In(1),
                "threshold": In(8),
                "floor": In(FLOOR_BITS),
                "pruning": Out(1),
                "dropped": Out(1),
                "inspect": In(32),
                "word": In(32),
                "load_segment": In(1),
                "load_synapse": In(1),
                "segment": Out(32),
                "synapse": Out(32),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build look-up, walk, and the switch to the compactor."""
        m = Module()
        layer, lane = self._layer, self._lane
        segment_layout, synapse_layout = segment(layer), synapse(layer)
        m.submodules.segments = segments = stored(
            segment_words(layer, lane), segment_layout.size, "segments"
        )
        m.submodules.synapses = synapses = stored(
            synapse_words(layer, lane), synapse_layout.size, "synapses"
        )
        m.submodules.sweeper = sweeper = (
            WindowSweeper(layer, layer.window) if layer.window else Sweeper(layer)
        )
        m.submodules.compactor = compactor = Compactor(layer)
        read_segment, write_segment = segments.read_port(), segments.write_port()
        read_synapse, write_synapse = synapses.read_port(), synapses.write_port()
        found = data.View(segment_layout, read_segment.data)
        known_segment = data.View(segment_layout, self.segment[: segment_layout.size])
        # A block memory is slow to answer: nothing is computed from a word in that cycle.
        word = Signal(synapse_layout)
        later = [Signal(synapse_layout, name=f"word{stage}") for stage in range(3)]
        m.d.sync += [
            Value.cast(word).eq(read_synapse.data),
            *(to.eq(of) for of, to in itertools.pairwise([word, *later])),
        ]

        # Look-up: the segment of the token in `next_kind` is at the memory's output, that of the
        # one in `kind` in a register.
        waiting, kind, known = Signal(), Signal(Kind), Signal(segment_layout)
        next_waiting, next_kind = Signal(), Signal(Kind)
        take, moves = Signal(), Signal()
        m.d.comb += [
            moves.eq(~waiting | take),
            self.i.ready.eq(~next_waiting | moves),
        ]
        with m.If(moves):
            m.d.sync += [waiting.eq(next_waiting), kind.eq(next_kind), known.eq(found)]
        with m.If(self.i.ready):
            m.d.sync += [next_waiting.eq(self.i.valid), next_kind.eq(self.i.p.kind)]

        # Walk: `left` synapses are still to come.
        left = Signal(range(layer.neurons + 1))
        place = Signal(segment_layout["base"].shape)
        buffer = Signal()
        touched = Signal()
        is_spike = kind == Kind.SPIKE
        m.d.comb += [
            take.eq(waiting & (left <= 1) & (is_spike | sweeper.free)),
            sweeper.tick.eq(take & (kind == Kind.TICK)),
            sweeper.end.eq(take & (kind == Kind.END)),
            sweeper.quiet.eq(~touched & (left == 0) & layer.may_skip),
            sweeper.buffer.eq(buffer),
            sweeper.clear.eq(compactor.done),
            self.op.eq(sweeper.op),
            self.clearing.eq(sweeper.clearing),
        ]
        with m.If(left != 0):
            m.d.sync += [left.eq(left - 1), place.eq(place + 1), touched.eq(1)]
        with m.If(take):
            m.d.sync += [place.eq(known.base), left.eq(Mux(is_spike, known.length, 0))]
        with m.If(take & is_spike):
            m.d.sync += self.heard.eq(1)
        with m.If(sweeper.tick):
            m.d.sync += buffer.eq(~buffer)
            if layer.momentary:
                m.d.sync += touched.eq(0)

        # A synapse and what belongs to it leave two cycles later.
        reads, arrives, read_buffer = Signal(), Signal(), Signal()
        m.d.sync += [
            reads.eq((left != 0) | compactor.read),
            arrives.eq(reads),
            read_buffer.eq(buffer),
            self.arrival.buffer.eq(read_buffer),
        ]
        # A synapse that is dropped comes once more, to be counted down.
        lowers = Signal()
        counted = later[2]
        m.d.sync += lowers.eq(compactor.dropped)
        m.d.comb += [
            self.arrival.valid.eq(arrives | lowers),
            self.arrival.row.eq(Mux(lowers, counted.row, word.row)),
            self.arrival.column.eq(Mux(lowers, counted.column, word.column)),
            self.arrival.weight.eq(word.weight),
        ]

        m.d.comb += [
            compactor.start.eq(self.prune),
            compactor.threshold.eq(self.threshold),
            compactor.floor.eq(self.floor),
            compactor.base.eq(known_segment.base),
            compactor.length.eq(known_segment.length),
            compactor.weight.eq(later[0].weight),
            compactor.sum.eq(self.sum),
            self.use.eq(compactor.use),
            self.hold.eq(compactor.probes),
            self.pruning.eq(compactor.busy),
            self.dropped.eq(compactor.dropped),
            write_segment.addr.eq(self.inspect),
            write_segment.data.eq(self.word),
            write_segment.en.eq(compactor.store | self.load_segment),
            write_synapse.addr.eq(self.inspect),
            write_synapse.data.eq(self.word),
            write_synapse.en.eq(compactor.write | self.load_synapse),
            self.synapse.eq(word),
            read_segment.addr.eq(Mux(self.i.valid, self.i.p.addr, self.inspect)),
            read_segment.en.eq(self.i.ready),
            read_synapse.addr.eq(Mux(left != 0, place, self.inspect)),
        ]
        m.d.sync += self.segment.eq(read_segment.data)
        with m.If(compactor.busy):
            m.d.comb += [
                write_segment.addr.eq(compactor.source),
                write_segment.data.eq(Cat(compactor.kept, known_segment.base)),
                write_synapse.addr.eq(compactor.write_addr),
                write_synapse.data.eq(later[1]),
                read_segment.addr.eq(compactor.source),
                read_segment.en.eq(1),
                read_synapse.addr.eq(compactor.read_addr),
            ]
        return m
