"""What a wide row reports, group of columns by group of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import C, Cat, Module, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from firstspike.hdl.cores.arithmetic import scaled
from firstspike.hdl.cores.elastic import Elastic
from firstspike.hdl.cores.neurons import report
from firstspike.hdl.cores.picking import by_group, picked, some_and_many
from firstspike.hdl.cores.tokens import address

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["Splitter", "filled", "queued", "told"]


def queued(layer: LayerPlan) -> data.StructLayout:
    """Return the layout of a report that waits in the queue of an emitter.

    In a wide layer ``filled`` says in which groups of columns any neuron fired.
    """
    names = ["end", "last", "row", "fired", *(["margins"] if layer.last else [])]
    members = {name: report(layer)[name].shape for name in names}
    return data.StructLayout(members | ({"filled": layer.groups} if layer.groups > 1 else {}))


def told(layer: LayerPlan) -> data.StructLayout:
    """Return the layout of a report that spikes are picked from: that of one group of columns.

    ``base`` is the index of the group's first neuron in the layer, without that of the lane.
    """
    size = layer.group_columns
    members = {"end": 1, "last": 1, "base": address(layer.n_targets), "fired": size}
    if layer.last:
        members["margins"] = data.ArrayLayout(signed(layer.margin_bits), size)
    return data.StructLayout(members)


def filled(layer: LayerPlan, fired: Value) -> Value:
    """Return in which groups of columns any neuron fired."""
    return Cat(part.any() for part in by_group(layer, fired))


class Splitter(wiring.Component):
    """Takes reports of wide rows apart, so that spikes are picked from few columns at a time.

    Groups in which nothing fired are left out; a report without spikes stays one report.

    Parameters
    ----------
    layer : LayerPlan
        What the lanes of the layer share.

    Members
    -------
    i : In(stream.Signature(queued(layer)))
        Reports of rows.
    o : Out(stream.Signature(told(layer)))
        Reports of groups, in the order of their columns; ``last`` and ``end`` come with the last.
    """

    def __init__(self, layer: LayerPlan) -> None:
        self._layer = layer
        super().__init__(
            {"i": In(stream.Signature(queued(layer))), "o": Out(stream.Signature(told(layer)))}
        )

    def elaborate(self, platform: object) -> Module:
        """Build the register of the report, what is left of it, and the choice."""
        m = Module()
        layer, size = self._layer, self._layer.group_columns
        m.submodules.elastic = elastic = Elastic(told(layer))
        connect(m, elastic.o, flipped(self.o))
        head, waiting = Signal(queued(layer)), Signal()
        left, lowest = Signal(layer.groups), Signal(layer.groups)
        ends, moves = Signal(), Signal()
        _, many = some_and_many(list(left))
        stride = len(layer.lanes)
        starts = [C(group * size * stride) for group in range(layer.groups)]
        piece = elastic.i.p
        m.d.comb += [
            lowest.eq(left & -left),
            ends.eq(~many),
            elastic.i.valid.eq(waiting),
            moves.eq(waiting & elastic.i.ready),
            self.i.ready.eq(~waiting | (moves & ends)),
            piece.end.eq(head.end),
            piece.last.eq(head.last & ends),
            piece.base.eq(scaled(head.row, layer.columns * stride) + picked(lowest, starts)),
            piece.fired.eq(picked(lowest, by_group(layer, head.fired))),
        ]
        if layer.last:
            bits = Value.cast(head.margins)
            parts = by_group(layer, bits, layer.margin_bits)
            m.d.comb += Value.cast(piece.margins).eq(picked(lowest, parts))
        with m.If(moves):
            m.d.sync += left.eq(left & ~lowest)
        with m.If(self.i.ready):
            m.d.sync += [
                Value.cast(head).eq(Value.cast(self.i.payload)),
                left.eq(self.i.p.filled),
                waiting.eq(self.i.valid),
            ]
        return m
