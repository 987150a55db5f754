"""The synapse bank of one lane: walks the segment of every source that spikes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data
from amaranth.lib.wiring import connect, flipped

from firstspike.hdl.cores.bank import Bank
from firstspike.hdl.cores.compactor import Compactor
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
        """Build both memories, walk, and the switch to the compactor."""
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
        m.submodules.compactor = compactor = Compactor(layer)
        read_segment, write_segment = segments.read_port(), segments.write_port()
        read_synapse, write_synapse = synapses.read_port(), synapses.write_port()
        found = data.View(segment_layout, read_segment.data)
        known_segment = data.View(segment_layout, self.segment[: segment_layout.size])
        connect(m, flipped(self.i), walker.i)
        m.d.comb += [
            walker.found.eq(found),
            walker.clear.eq(compactor.done),
            self.op.eq(walker.op),
            walker.lively.eq(self.lively),
            self.clearing.eq(walker.clearing),
            self.heard.eq(walker.heard),
        ]

        # A block memory is slow to answer: nothing is computed from a word in that cycle.
        # A register without a reset can be the memory's own.
        word = Signal(synapse_layout, reset_less=True)
        later = [Signal(synapse_layout, name=f"word{stage}") for stage in range(3)]
        m.d.sync += [
            Value.cast(word).eq(read_synapse.data),
            *(to.eq(of) for of, to in itertools.pairwise([word, *later])),
        ]

        # A synapse and what belongs to it leave two cycles later.
        reads, arrives, read_buffer = Signal(), Signal(), Signal()
        m.d.sync += [
            reads.eq(walker.walks | compactor.read),
            arrives.eq(reads),
            read_buffer.eq(walker.buffer),
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
            self.added.eq(self.arrival.valid & ~self.pruning),
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
            self.segment.eq(walker.known),  # at rest it follows the memory
            read_segment.addr.eq(Mux(self.i.valid, self.i.p.addr, self.inspect)),
            read_segment.en.eq(self.i.ready),
            read_synapse.addr.eq(Mux(walker.walks, walker.place, self.inspect)),
        ]
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
