"""The synapse bank of one lane: walks the segment of every source that spikes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from amaranth.hdl import Module, Mux, Signal, Value, signed
from amaranth.lib import data
from amaranth.lib.wiring import connect, flipped

from firstspike.hdl.cores.bank import Bank
from firstspike.hdl.cores.storage import stored
from firstspike.hdl.cores.tokens import address
from firstspike.hdl.cores.walker import Walker, extent

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
    return extent(layer)


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


class SynapseBank(Bank):
    """Keeps one segment of synapses per source; adds one synapse per cycle.

    A spike takes as many cycles as its segment is long, at least one.

    Parameters
    ----------
    layer : LayerPlan
        What the lanes of the layer share.
    lane : LanePlan
        The lane.

    Members
    -------
    See `Bank`.
    """

    def elaborate(self, platform: object) -> Module:
        """Build both memories and the walk."""
        m = Module()
        layer, lane = self._layer, self._lane
        segment_layout, synapse_layout = segment(layer), synapse(layer)
        m.submodules.segments = segments = stored(
            segment_words(layer, lane), segment_layout.size, "segments"
        )
        m.submodules.synapses = synapses = stored(
            synapse_words(layer, lane), synapse_layout.size, "synapses"
        )
        m.submodules.walker = walker = Walker(layer)
        read_segment, write_segment = segments.read_port(), segments.write_port()
        read_synapse, write_synapse = synapses.read_port(), synapses.write_port()
        found = data.View(segment_layout, read_segment.data)
        connect(m, flipped(self.i), walker.i)
        m.d.comb += [
            walker.found.eq(found),
            self.op.eq(walker.op),
            walker.lively.eq(self.lively),
            self.clearing.eq(walker.clearing),
            self.heard.eq(walker.heard),
        ]

        # A block memory is slow to answer: nothing is computed from a word in that cycle.
        # A register without a reset can be the memory's own.
        word = Signal(synapse_layout, reset_less=True)
        m.d.sync += Value.cast(word).eq(read_synapse.data)

        # A synapse and what belongs to it leave two cycles later.
        reads, arrives, read_buffer = Signal(), Signal(), Signal()
        m.d.sync += [
            reads.eq(walker.walks),
            arrives.eq(reads),
            read_buffer.eq(walker.buffer),
            self.arrival.buffer.eq(read_buffer),
        ]
        m.d.comb += [
            self.arrival.valid.eq(arrives),
            self.arrival.row.eq(word.row),
            self.arrival.column.eq(word.column),
            self.arrival.weight.eq(word.weight),
            self.added.eq(arrives),
        ]

        # Commands use the same ports between samples.
        m.d.comb += [
            self.segment.eq(walker.known),  # at rest it follows the memory
            read_segment.addr.eq(Mux(self.i.valid, self.i.p.addr, self.read_at)),
            read_segment.en.eq(self.i.ready),
            read_synapse.addr.eq(Mux(walker.walks, walker.place, self.read_at)),
            self.synapse.eq(word),
        ]
        for port, load in (
            (write_segment, self.load_segment),
            (write_synapse, self.load_synapse),
        ):
            m.d.comb += [
                port.addr.eq(self.write_at),
                port.data.eq(self.word),
                port.en.eq(load),
            ]
        return m
