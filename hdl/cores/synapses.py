"""The synapse bank of one lane: walks the segment of every source that spikes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.compactor import Compactor
from firstspike.hdl.cores.operation import DRAIN, Action, operation
from firstspike.hdl.cores.storage import stored
from firstspike.hdl.cores.tokens import Kind, address, token

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
    """Turns tokens into operations on the lane's neurons, one per cycle.

    A spike takes as many cycles as its segment is long, at least one; the end of a tick takes one
    cycle per row and ``DRAIN`` more. The segment of the next token is looked up meanwhile. After
    a reset the state of all neurons is cleared first.

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
    op : Out(operation(layer))
        What the neurons shall do.
    clearing : Out(1)
        The state is being cleared.
    prune : In(1)
        Strobe: drop synapses. Only between samples.
    threshold : In(8)
        Smallest magnitude that stays.
    pruning : Out(1)
        Pruning is on.
    dropped : Out(1)
        Strobe: a synapse has been dropped.
    inspect : In
        Address of a segment and of a synapse to read while the bank rests.
    segment, synapse : Out
        The words at address `inspect`, one cycle later.
    """

    def __init__(self, layer: LayerPlan, lane: LanePlan) -> None:
        self._layer = layer
        self._lane = lane
        super().__init__(
            {
                "i": In(stream.Signature(token(layer.n_sources))),
                "op": Out(operation(layer)),
                "clearing": Out(1),
                "prune": In(1),
                "threshold": In(8),
                "pruning": Out(1),
                "dropped": Out(1),
                "inspect": In(32),
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
        read_segment, write_segment = segments.read_port(), segments.write_port()
        read_synapse, write_synapse = synapses.read_port(), synapses.write_port()
        found = data.View(segment_layout, read_segment.data)
        fetched = data.View(synapse_layout, read_synapse.data)

        # Look-up: the token in `kind` has its segment at the memory's output.
        waiting = Signal()
        kind = Signal(Kind)
        take = Signal()
        m.d.comb += self.i.ready.eq(~waiting | take)
        with m.If(self.i.ready):
            m.d.sync += [waiting.eq(self.i.valid), kind.eq(self.i.p.kind)]

        # Walk: `left` cycles of `action` are still to come.
        work = layer.rows + DRAIN
        action = Signal(Action, init=Action.CLEAR)
        left = Signal(range(max(work, layer.neurons) + 1), init=work)
        row = Signal(address(layer.rows))
        place = Signal(segment_layout["base"].shape)
        m.d.comb += [
            take.eq(waiting & (left <= 1)),
            self.clearing.eq((action == Action.CLEAR) & (left != 0)),
        ]
        with m.If(left != 0):
            m.d.sync += [left.eq(left - 1), place.eq(place + 1), row.eq(row + 1)]
        with m.If(take):
            m.d.sync += [row.eq(0), place.eq(found.base)]
            with m.Switch(kind):
                with m.Case(Kind.SPIKE):
                    m.d.sync += [action.eq(Action.ADD), left.eq(found.length)]
                with m.Case(Kind.TICK):
                    m.d.sync += [action.eq(Action.SWEEP), left.eq(work)]
                with m.Default():
                    m.d.sync += [action.eq(Action.END), left.eq(1)]

        # Issue: the operation and, for an arrival, its synapse leave one cycle later.
        by_row = (action == Action.SWEEP) | (action == Action.CLEAR)
        issued = Signal(Action)
        issued_row = Signal.like(row)
        m.d.sync += [
            issued.eq(Mux((left == 0) | (by_row & (left <= DRAIN)), Action.REST, action)),
            issued_row.eq(row),
            self.op.last.eq(left == DRAIN + 1),
        ]
        m.d.comb += [
            self.op.action.eq(issued),
            self.op.row.eq(Mux(issued == Action.ADD, fetched.row, issued_row)),
            self.op.column.eq(fetched.column),
            self.op.weight.eq(fetched.weight),
        ]

        m.submodules.compactor = compactor = Compactor(layer)
        m.d.comb += [
            compactor.start.eq(self.prune),
            compactor.threshold.eq(self.threshold),
            compactor.base.eq(found.base),
            compactor.length.eq(found.length),
            compactor.weight.eq(fetched.weight),
            self.pruning.eq(compactor.busy),
            self.dropped.eq(compactor.dropped),
            write_segment.addr.eq(compactor.source),
            write_segment.data.eq(Cat(compactor.kept, found.base)),
            write_segment.en.eq(compactor.store),
            write_synapse.addr.eq(compactor.write_addr),
            write_synapse.data.eq(read_synapse.data),
            write_synapse.en.eq(compactor.write),
            self.segment.eq(read_segment.data),
            self.synapse.eq(read_synapse.data),
        ]
        m.d.comb += [
            read_segment.addr.eq(Mux(self.i.valid, self.i.p.addr, self.inspect)),
            read_segment.en.eq(self.i.ready),
            read_synapse.addr.eq(Mux(left != 0, place, self.inspect)),
        ]
        with m.If(compactor.busy):
            m.d.comb += [
                read_segment.addr.eq(compactor.source),
                read_segment.en.eq(1),
                read_synapse.addr.eq(compactor.read_addr),
            ]
        return m
