"""From rows in which neurons fired to a stream of tokens, one spike at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect

from firstspike.hdl.cores.arithmetic import scaled
from firstspike.hdl.cores.elastic import Elastic
from firstspike.hdl.cores.nearest import Nearest
from firstspike.hdl.cores.neurons import report
from firstspike.hdl.cores.picking import any_below, picked, some_and_many
from firstspike.hdl.cores.queue import Queue
from firstspike.hdl.cores.splitter import Splitter, filled, queued
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
    offers, closes : Out(1)
        A token of this lane alone is offered, or the end of a tick or a sample; from registers.
    """

    def __init__(self, layer: LayerPlan) -> None:
        self._layer = layer
        super().__init__(
            {
                "report": In(report(layer)),
                "index": In(8),
                "heard": In(1),
                "o": Out(stream.Signature(layer_token(layer))),
                "offers": Out(1),
                "closes": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build queue, serializer and the neurons' indices."""
        m = Module()
        layer = self._layer
        reports = self._reports(m)

        # A memory is slow to answer: spikes are picked from a register, `pending` in `head`.
        head, waiting = Signal.like(reports.payload, reset_less=True), Signal()
        pending = Signal.like(head.fired)
        place = "row" if layer.groups == 1 else "base"
        said = {"kind": Kind, place: head[place].shape(), "column": layer.group_columns}
        said |= {"offers": 1, "closes": 1}
        if layer.last:
            said["margin"] = signed(layer.margin_bits)
        # The join never waits for that choice, nor the choice for the join's.
        m.submodules.elastic = elastic = Elastic(data.StructLayout(said))
        telling = elastic.i.p
        lowest, moves, ends = Signal.like(pending), Signal(), Signal()
        common = Signal()
        some, many = some_and_many(list(pending))
        m.d.comb += [
            lowest.eq(pending & ~Cat(any_below(list(pending))[0])),
            elastic.i.valid.eq(waiting),
            moves.eq(waiting & elastic.i.ready),
            telling.kind.eq(Mux(some, Kind.SPIKE, Mux(head.end, Kind.END, Kind.TICK))),
            telling[place].eq(head[place]),
            telling.column.eq(lowest),
            common.eq(~some),
            # Both low where nothing comes: so they are right whether or not a payload is offered.
            telling.offers.eq(waiting & ~common),
            telling.closes.eq(waiting & common),
            ends.eq(~some | (~many & ~head.last)),
            reports.ready.eq(~waiting | (moves & ends)),
        ]
        with m.If(moves):
            m.d.sync += pending.eq(pending & ~lowest)
        with m.If(reports.ready):
            m.d.sync += [
                Value.cast(head).eq(Value.cast(reports.payload)),
                pending.eq(reports.p.fired),
                waiting.eq(reports.valid),
            ]

        chosen = elastic.o.p
        m.d.comb += [
            self.o.valid.eq(elastic.o.valid),
            elastic.o.ready.eq(self.o.ready),
            self.o.p.kind.eq(chosen.kind),
            self.offers.eq(chosen.offers),
            self.closes.eq(chosen.closes),
            self.o.p.addr.eq(self._neuron(chosen[place], chosen.column)),
        ]
        if layer.last:
            m.d.comb += [
                telling.margin.eq(picked(lowest, list(head.margins))),
                self.o.p.margin.eq(chosen.margin),
            ]
            self._tell_best(m, head, telling, chosen, moves, ends, common)
        return m

    def _tell_best(
        self,
        m: Module,
        head: data.View,
        telling: data.View,
        chosen: data.View,
        moves: Signal,
        ends: Signal,
        common: Signal,
    ) -> None:
        """Put BEST in front of END: by then the last sweep has long been ranked."""
        m.submodules.nearest = nearest = Nearest(self._layer)
        m.d.comb += [nearest.report.eq(self.report), nearest.index.eq(self.index)]
        told_best = Signal()
        with m.If(head.end & nearest.known & ~told_best):
            m.d.comb += [telling.kind.eq(Kind.BEST), ends.eq(0), common.eq(0)]
            with m.If(moves):
                m.d.sync += told_best.eq(1)
        # What was nearest stays so, for END is the last thing that happens in a sample.
        with m.If(chosen.kind == Kind.BEST):
            m.d.comb += [self.o.p.addr.eq(nearest.neuron), self.o.p.margin.eq(nearest.margin)]
        if self._layer.ranks:
            m.d.comb += [self.o.p.several.eq(nearest.several), self.o.p.heard.eq(self.heard)]

    def _reports(self, m: Module) -> wiring.PureInterface:
        """Queue the reports that say something; return them as they are picked from."""
        layer, layout = self._layer, queued(self._layer)
        # One report can stand in the register behind the memory.
        places = max(2, 1 << (layer.most_reports - 2).bit_length())
        m.submodules.queue = queue = Queue(layout, places)
        rows, told = self.report, self.report.valid
        if layer.groups > 1:
            # To find out whether anything fired in a wide row takes a cycle of its own.
            rows, told = Signal(layout), Signal()
            m.d.sync += [
                *(rows[name].eq(self.report[name]) for name in layout.members if name != "filled"),
                rows.filled.eq(filled(layer, self.report.fired)),
                told.eq(self.report.valid),
            ]
        some = rows.fired.any() if layer.groups == 1 else rows.filled.any()
        m.d.comb += [
            *(queue.i.p[name].eq(rows[name]) for name in layout.members),
            queue.i.valid.eq(told & (rows.end | rows.last | some)),
        ]
        if layer.groups == 1:
            # The memory of the queue is slow to answer; this register can be its own.
            behind = stream.Signature(layout).create(path=("behind",))
            held, holds = Signal(layout, reset_less=True), Signal()
            m.d.comb += [
                queue.o.ready.eq(~holds | behind.ready),
                behind.valid.eq(holds),
                Value.cast(behind.payload).eq(Value.cast(held)),
            ]
            with m.If(queue.o.ready):
                m.d.sync += [
                    Value.cast(held).eq(Value.cast(queue.o.payload)),
                    holds.eq(queue.o.valid),
                ]
            return behind
        m.submodules.splitter = splitter = Splitter(layer)
        connect(m, queue.o, splitter.i)
        return splitter.o

    def _neuron(self, place: Value, column: Value) -> Value:
        """Return the index in the layer of a neuron of this lane, by its column and what `told`."""
        layer, stride = self._layer, len(self._layer.lanes)
        offsets: list[ValueLike] = [C(index * stride) for index in range(len(column))]
        base = scaled(place, layer.columns * stride) if layer.groups == 1 else place
        return base + (picked(column, offsets) + self.index)
