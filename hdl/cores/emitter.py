"""From rows in which neurons fired to a stream of tokens, one spike at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from firstspike.hdl.cores.arithmetic import scaled
from firstspike.hdl.cores.elastic import Elastic
from firstspike.hdl.cores.nearest import Nearest
from firstspike.hdl.cores.neurons import report
from firstspike.hdl.cores.queue import Queue
from firstspike.hdl.cores.tokens import Kind, layer_token

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["Emitter"]


class Emitter(wiring.Component):
    """Queues what a lane's neurons report and tells it as tokens.

    The queue has room for the reports of a whole sample: every neuron fires at most once, every
    tick ends once, the sample ends once, and a core works on one sample at a time. So a lane never
    waits for what follows it. In the last layer tokens carry margins, and END is preceded by BEST.

    Parameters
    ----------
    layer : LayerPlan
        What the lanes of the layer share.

    Members
    -------
    report : In(report(layer))
        What the neurons report.
    index : In(8)
        Which lane of the layer.
    heard : In(1)
        A spike has come in since the start of the sample.
    o : Out(stream.Signature(layer_token(layer)))
        Spikes, by their index in the layer, and ends.
    """

    def __init__(self, layer: LayerPlan) -> None:
        self._layer = layer
        super().__init__(
            {
                "report": In(report(layer)),
                "index": In(8),
                "heard": In(1),
                "o": Out(stream.Signature(layer_token(layer))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build queue and serializer."""
        m = Module()
        layer = self._layer
        names = ["end", "last", "row", "fired", *(["margins"] if layer.last else [])]
        layout = data.StructLayout({name: self.report.shape()[name].shape for name in names})
        # One report can stand in the register behind the memory.
        places = max(2, 1 << (layer.neurons + layer.ticks - 1).bit_length())
        m.submodules.queue = queue = Queue(layout, places)
        head = queue.o.p
        m.d.comb += [getattr(queue.i.p, name).eq(getattr(self.report, name)) for name in names]
        m.d.comb += queue.i.valid.eq(
            self.report.valid & (self.report.end | self.report.last | self.report.fired.any())
        )

        # The join never waits for the queue's memory, nor the queue for the join's choice.
        m.submodules.elastic = elastic = Elastic(layer_token(layer))
        connect(m, elastic.o, flipped(self.o))
        telling = elastic.i.p
        moves = Signal()
        m.d.comb += [elastic.i.valid.eq(queue.o.valid), moves.eq(queue.o.valid & elastic.i.ready)]

        told = Signal(layer.columns)
        pending, lowest = Signal(layer.columns), Signal(layer.columns)
        only = Signal()
        m.d.comb += [
            pending.eq(head.fired & ~told),
            lowest.eq(pending & -pending),
            only.eq(pending == lowest),
        ]
        with m.If(pending.any()):
            m.d.comb += [
                telling.kind.eq(Kind.SPIKE),
                queue.o.ready.eq(moves & only & ~head.last),
            ]
            for column in range(layer.columns):
                with m.If(lowest[column]):
                    m.d.comb += telling.addr.eq(self._neuron(head.row, column))
                    if layer.last:
                        m.d.comb += telling.margin.eq(head.margins[column])
            with m.If(moves):
                m.d.sync += told.eq(told | lowest)
        with m.Else():
            m.d.comb += [
                telling.kind.eq(Mux(head.end, Kind.END, Kind.TICK)),
                queue.o.ready.eq(moves),
            ]
        if layer.last:
            self._tell_best(m, head, queue, telling, moves)
        with m.If(queue.o.ready):
            m.d.sync += told.eq(0)
        return m

    def _tell_best(
        self,
        m: Module,
        head: data.View,
        queue: Queue,
        telling: data.View,
        moves: Signal,
    ) -> None:
        """Put BEST in front of END: by then the last sweep has long been ranked."""
        m.submodules.nearest = nearest = Nearest(self._layer)
        m.d.comb += [nearest.report.eq(self.report), nearest.index.eq(self.index)]
        told_best = Signal()
        with m.If(head.end & nearest.known & ~told_best):
            m.d.comb += [
                telling.kind.eq(Kind.BEST),
                telling.addr.eq(nearest.neuron),
                telling.margin.eq(nearest.margin),
                queue.o.ready.eq(0),
            ]
            if self._layer.ranks:
                m.d.comb += [telling.several.eq(nearest.several), telling.heard.eq(self.heard)]
            with m.If(moves):
                m.d.sync += told_best.eq(1)

    def _neuron(self, row: Value, column: int) -> Value:
        """Return the index in the layer of the neuron in a row and column of this lane."""
        stride = len(self._layer.lanes)
        return scaled(row, self._layer.columns * stride) + (self.index + column * stride)
