"""Which neuron of a lane stands closest to its threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import C, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.arithmetic import exceeds, scaled
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
    several : Out(1)
        Another neuron has the same margin.
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
                "several": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build a comparator tree over the columns and its registers."""
        m = Module()
        columns, stride = self._layer.columns, len(self._layer.lanes)
        first = scaled(self.report.row, columns * stride) + self.index
        ranked: list[tuple[Value, ...]] = [
            (self.report.margins[column], C(column * stride, address(columns * stride)), C(0, 1))
            for column in range(columns)
        ]
        # BEST is told four cycles after the last row was reported, so the tree may take three.
        levels = (columns - 1).bit_length()
        parts = max(1, min(3, levels))
        breaks = {-(-levels * part // parts) for part in range(1, parts)}
        about = [first, self.report.valid & ~self.report.end, self.report.row == 0]
        for level in range(1, levels + 1):
            ranked = [_better(ranked[i : i + 2]) for i in range(0, len(ranked), 2)]
            if level in breaks:
                about = [_registered(m, value) for value in about]
                ranked = [tuple(_registered(m, value) for value in entry) for entry in ranked]
        # The best of a row is registered before it is compared with those of other rows.
        margin, several = Signal(self.margin.shape(), reset_less=True), Signal()
        neuron = Signal(self.neuron.shape(), reset_less=True)
        valid, begins = Signal(), Signal()
        m.d.sync += [
            margin.eq(ranked[0][0]),
            neuron.eq(about[0] + ranked[0][1]),
            several.eq(ranked[0][2]),
            valid.eq(about[1]),
            begins.eq(about[2]),
        ]
        with m.If(valid):
            with m.If(begins | exceeds(margin, self.margin)):
                m.d.sync += [
                    self.margin.eq(margin),
                    self.neuron.eq(neuron),
                    self.several.eq(several),
                ]
            with m.Elif(margin == self.margin):
                m.d.sync += self.several.eq(1)
            m.d.sync += self.known.eq(1)
        return m


def _registered(m: Module, value: Value) -> Value:
    register = Signal(Value.cast(value).shape())
    m.d.sync += register.eq(value)
    return register


def _better(pair: list[tuple[Value, ...]]) -> tuple[Value, ...]:
    """Return the entry with the larger margin, the first where they are equal, and whether so."""
    if len(pair) == 1:
        return pair[0]
    (one, left, twins), (other, right, others) = pair
    later = exceeds(other, one)
    several = Mux(later, others, twins | (other == one))
    return Mux(later, other, one), Mux(later, right, left), several
