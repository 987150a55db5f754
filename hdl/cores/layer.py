"""One layer: every token goes to all lanes, and what they tell is joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Array, Cat, Module, ResetInserter, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import bits_for

from firstspike.hdl.banks import DenseBank
from firstspike.hdl.cores.elastic import Elastic
from firstspike.hdl.cores.join import Join
from firstspike.hdl.cores.lane import Lane, upkeep
from firstspike.hdl.cores.tokens import Kind, layer_token, token
from firstspike.hdl.cores.turnover import MOST_SAMPLES, Turnover

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["Layer"]


class Layer(wiring.Component):
    """Lanes side by side.

    Lanes work through their queues on their own and meet only in the join, so a sample takes as
    long as the busiest lane, not as long as the longest segment of every source.

    Parameters
    ----------
    layer : LayerPlan
        The layer.

    Members
    -------
    i : In(stream.Signature(token(n_sources)))
        Spikes of the layer's sources.
    o : Out(stream.Signature(layer_token(layer)))
        Spikes of the layer's neurons.
    upkeep : In(upkeep())
        Access to the memories of `lane`; ``part`` is not used.
    lane : In(8)
        Lane whose memories are read and written; in a dense layer, which memory of its lane.
    decides, done, shut, ahead :
        See `Turnover`.
    added : Out
        Number of synapses added up to seven cycles ago.
    """

    def __init__(self, layer: LayerPlan) -> None:
        self._layer = layer
        super().__init__(
            {
                "i": In(stream.Signature(token(layer.n_sources))),
                "o": Out(stream.Signature(layer_token(layer))),
                "upkeep": In(upkeep()),
                "lane": In(8),
                "decides": In(1),
                "done": In(1),
                "shut": Out(1),
                "ahead": Out(range(MOST_SAMPLES + 1)),
                "added": Out(bits_for(layer.width)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Connect all lanes to one input and one join."""
        m = Module()
        join = Join(layer_token(self._layer), len(self._layer.lanes))
        m.submodules.turnover = turnover = Turnover()
        flush = turnover.flush
        m.submodules.join = ResetInserter(flush)(join)
        lanes = []
        for plan in self._layer.lanes:
            lane = Lane(self._layer, plan)
            m.submodules[f"lane{plan.index}"] = lane
            connect(m, lane.o, join.i[plan.index])
            lanes.append(lane)
        connect(m, join.o, flipped(self.o))

        elastic = Elastic(token(self._layer.n_sources))
        m.submodules.elastic = ResetInserter(flush)(elastic)
        m.d.comb += [
            elastic.i.payload.eq(self.i.payload),
            elastic.i.valid.eq(self.i.valid & ~self.shut),
            self.i.ready.eq(elastic.i.ready & ~self.shut),
        ]
        # A queue's readiness does not depend on what it is offered, so waiting for all is safe.
        m.d.comb += elastic.o.ready.eq(Cat(lane.i.ready for lane in lanes).all())
        dense = isinstance(self._layer.bank, DenseBank)
        # The only lane of a dense layer is meant whatever memory of it is. Another lane is meant
        # long before it answers.
        chosen = Signal(range(max(2, len(lanes))))
        m.d.sync += chosen.eq(0 if dense else self.lane)
        # Strobes have a long way to the memories; the steward registers what goes with them.
        load_neuron, load_segment, load_synapse = (
            Signal(len(lanes), name=name) for name in ("neuron", "segment", "synapse")
        )
        for index, lane in enumerate(lanes):
            mine = self.lane == index
            m.d.sync += [
                load_neuron[index].eq(self.upkeep.load_neuron & mine),
                load_segment[index].eq(self.upkeep.load_segment & (mine | dense)),
                load_synapse[index].eq(self.upkeep.load_synapse & (mine | dense)),
            ]
            m.d.comb += [
                join.offers[index].eq(lane.offers),
                join.closes[index].eq(lane.closes),
                lane.index.eq(index),
                lane.flush.eq(flush),
                lane.i.payload.eq(elastic.o.payload),
                lane.i.valid.eq(elastic.o.valid & elastic.o.ready),
                lane.upkeep.part.eq(self.lane),
                lane.upkeep.read_at.eq(self.upkeep.read_at),
                lane.upkeep.write_at.eq(self.upkeep.write_at),
                lane.upkeep.word.eq(self.upkeep.word),
                lane.upkeep.inspecting.eq(self.upkeep.inspecting),
                lane.upkeep.column.eq(self.upkeep.column),
                lane.upkeep.load_neuron.eq(load_neuron[index]),
                lane.upkeep.load_segment.eq(load_segment[index]),
                lane.upkeep.load_synapse.eq(load_synapse[index]),
            ]
        m.d.comb += [
            turnover.enters.eq(self.i.valid & self.i.ready & (self.i.p.kind == Kind.END)),
            turnover.leaves.eq(self.o.valid & self.o.ready & (self.o.p.kind == Kind.END)),
            turnover.clearing.eq(Cat(lane.clearing for lane in lanes).any()),
            turnover.decides.eq(self.decides),
            turnover.done.eq(self.done),
            self.shut.eq(turnover.shut),
            self.ahead.eq(turnover.ahead),
        ]
        # What a lane adds is known late in a cycle, so it is counted in the next one.
        added = [Signal.like(lane.added, name=f"added{i}") for i, lane in enumerate(lanes)]
        m.d.sync += [to.eq(lane.added) for to, lane in zip(added, lanes, strict=True)]
        m.d.sync += [
            *(
                getattr(self.upkeep, name).eq(
                    Array(getattr(lane.upkeep, name) for lane in lanes)[chosen]
                )
                for name in ("segment", "synapse", "neuron")
            ),
            self.added.eq(sum(added)),
        ]
        # What a layer adds that is stopped by a verdict is not added to the next sample.
        with m.If(flush):
            m.d.sync += [self.added.eq(0), *(one.eq(0) for one in added)]
        return m
