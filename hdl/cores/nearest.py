"""Which neuron of a lane stands closest to its threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import C, Module, Mux, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.neurons import report
from firstspike.hdl.cores.tokens import address

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["Nearest"]


class Nearest(wiring.Component):
    """Keeps the largest margin of the latest sweep, of the lowest index where several are equal.

    Parameters
    ----------
    layer : LayerPlan
        What the lanes of the layer share.

    Members
    -------
    report : In(report(layer))
        What the neurons report, row by row.
    index : In(8)
        Which lane of the layer.
    known : Out(1)
        A sweep has been seen since reset.
    neuron : Out
        Index in the layer.
    margin : Out
        Its margin.
    """

    def __init__(self, layer: LayerPlan) -> None:
        self._layer = layer
        super().__init__(
            {
                "report": In(report(layer)),
                "index": In(8),
                "known": Out(1),
                "neuron": Out(address(layer.n_targets)),
                "margin": Out(signed(layer.margin_bits)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build a comparator tree over the columns and one register."""
        m = Module()
        columns, stride = self._layer.columns, len(self._layer.lanes)
        first = self.report.row * (columns * stride) + self.index
        ranked = [
            (self.report.margins[column], C(column * stride, address(columns * stride)))
            for column in range(columns)
        ]
        while len(ranked) > 1:
            ranked = [_better(ranked[i : i + 2]) for i in range(0, len(ranked), 2)]
        margin, offset = ranked[0]
        with m.If(self.report.valid & ~self.report.end):
            with m.If((self.report.row == 0) | (margin > self.margin)):
                m.d.sync += [self.margin.eq(margin), self.neuron.eq(first + offset)]
            m.d.sync += self.known.eq(1)
        return m


def _better(pair: list[tuple[Value, Value]]) -> tuple[Value, Value]:
    """Return the pair with the larger margin; the first where they are equal."""
    if len(pair) == 1:
        return pair[0]
    (one, left), (other, right) = pair
    later = other > one
    return Mux(later, other, one), Mux(later, right, left)
