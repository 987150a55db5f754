"""From rows in which neurons fired to a stream of tokens, one spike at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import C, Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.arithmetic import scaled
from firstspike.hdl.cores.elastic import Elastic
from firstspike.hdl.cores.nearest import Nearest
from firstspike.hdl.cores.neurons import report
from firstspike.hdl.cores.queue import Queue
from firstspike.hdl.cores.tokens import Kind, layer_token

if TYPE_CHECKING:
    from amaranth.hdl import ValueLike

    from firstspike.hdl.plan import LayerPlan

__all__ = ["Emitter"]


class Emitter(wiring.Component):
    """Queues what a lane's neurons report and tells it as tokens.

    The queue has room for the reports of a whole sample: every neuron fires at most once, every
    tick ends once, the sample ends once, and a lane works on one sample at a time. So it never
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
        """Build queue, serializer and the neurons' indices."""
        m = Module()
        layer = self._layer
        names = ["end", "last", "row", "fired", *(["margins"] if layer.last else [])]
        layout = data.StructLayout({name: self.report.shape()[name].shape for name in names})
        # One report can stand in the register behind the memory.
        places = max(2, 1 << (layer.neurons + layer.ticks - 1).bit_length())
        m.submodules.queue = queue = Queue(layout, places)
        m.d.comb += [getattr(queue.i.p, name).eq(getattr(self.report, name)) for name in names]
        m.d.comb += queue.i.valid.eq(
            self.report.valid & (self.report.end | self.report.last | self.report.fired.any())
        )

        # A memory is slow to answer: spikes are picked from a register, `pending` in `head`.
        head, pending, waiting = Signal(layout), Signal(layer.columns), Signal()
        told = data.StructLayout({"kind": Kind, "row": head.row.shape(), "column": layer.columns})
        if layer.last:
            told = data.StructLayout({**told.members, "margin": signed(layer.margin_bits)})
        # The join never waits for that choice, nor the choice for the join's.
        m.submodules.elastic = elastic = Elastic(told)
        telling = elastic.i.p
        lowest, moves, ends = Signal(layer.columns), Signal(), Signal()
        some, many = _some_and_many(list(pending))
        m.d.comb += [
            lowest.eq(pending & -pending),
            elastic.i.valid.eq(waiting),
            moves.eq(waiting & elastic.i.ready),
            telling.kind.eq(Mux(some, Kind.SPIKE, Mux(head.end, Kind.END, Kind.TICK))),
            telling.row.eq(head.row),
            telling.column.eq(lowest),
            ends.eq(~some | (~many & ~head.last)),
            queue.o.ready.eq(~waiting | (moves & ends)),
        ]
        with m.If(moves):
            m.d.sync += pending.eq(pending & ~lowest)
        with m.If(queue.o.ready):
            m.d.sync += [
                Value.cast(head).eq(Value.cast(queue.o.payload)),
                pending.eq(queue.o.p.fired),
                waiting.eq(queue.o.valid),
            ]

        chosen = elastic.o.p
        m.d.comb += [
            self.o.valid.eq(elastic.o.valid),
            elastic.o.ready.eq(self.o.ready),
            self.o.p.kind.eq(chosen.kind),
            self.o.p.addr.eq(self._neuron(chosen.row, chosen.column)),
        ]
        if layer.last:
            m.d.comb += [
                telling.margin.eq(_picked(lowest, list(head.margins))),
                self.o.p.margin.eq(chosen.margin),
            ]
            self._tell_best(m, head, telling, chosen, moves, ends)
        return m

    def _tell_best(
        self,
        m: Module,
        head: data.View,
        telling: data.View,
        chosen: data.View,
        moves: Signal,
        ends: Signal,
    ) -> None:
        """Put BEST in front of END: by then the last sweep has long been ranked."""
        m.submodules.nearest = nearest = Nearest(self._layer)
        m.d.comb += [nearest.report.eq(self.report), nearest.index.eq(self.index)]
        told_best = Signal()
        with m.If(head.end & nearest.known & ~told_best):
            m.d.comb += [telling.kind.eq(Kind.BEST), ends.eq(0)]
            with m.If(moves):
                m.d.sync += told_best.eq(1)
        # What was nearest stays so, for END is the last thing that happens in a sample.
        with m.If(chosen.kind == Kind.BEST):
            m.d.comb += [self.o.p.addr.eq(nearest.neuron), self.o.p.margin.eq(nearest.margin)]
        if self._layer.ranks:
            m.d.comb += [self.o.p.several.eq(nearest.several), self.o.p.heard.eq(self.heard)]

    def _neuron(self, row: Value, column: Value) -> Value:
        """Return the index in the layer of the neuron in a row and column of this lane."""
        stride = len(self._layer.lanes)
        offsets: list[ValueLike] = [C(index * stride) for index in range(len(column))]
        return scaled(row, self._layer.columns * stride) + (_picked(column, offsets) + self.index)


def _picked(choice: Value, values: list[ValueLike]) -> Value:
    """Return the value whose bit is set in `choice`, in which no other bit is."""
    masked = [Mux(bit, value, 0) for bit, value in zip(choice, values, strict=True)]
    while len(masked) > 1:
        masked = [_either(masked[at : at + 2]) for at in range(0, len(masked), 2)]
    return masked[0]


def _either(pair: list[Value]) -> Value:
    return pair[0] if len(pair) == 1 else pair[0] | pair[1]


def _some_and_many(bits: list[Value]) -> tuple[Value, Value]:
    """Return whether at least one and whether at least two bits are set, without a carry."""
    if len(bits) == 1:
        return bits[0], C(0, 1)
    half = len(bits) // 2
    (some, many), (others, many_others) = (
        _some_and_many(bits[:half]),
        _some_and_many(bits[half:]),
    )
    return some | others, many | many_others | (some & others)
