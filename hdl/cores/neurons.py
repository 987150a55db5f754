"""The neurons of one lane, advanced one row at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.column import Column
from firstspike.hdl.cores.operation import Action, operation
from firstspike.hdl.cores.tokens import address

if TYPE_CHECKING:
    from firstspike.hdl.plan import LanePlan, LayerPlan

__all__ = ["NeuronRows", "report"]


def report(layer: LayerPlan) -> data.StructLayout:
    """Return the layout of what a swept row reports.

    ``fired`` and ``margins`` have one entry per column; ``last`` marks the last row of a tick,
    ``end`` the end of the sample.
    """
    return data.StructLayout(
        {
            "valid": 1,
            "end": 1,
            "last": 1,
            "row": address(layer.rows),
            "fired": layer.columns,
            "margins": data.ArrayLayout(signed(layer.margin_bits), layer.columns),
        }
    )


class NeuronRows(wiring.Component):
    """Columns side by side; what they find is registered and reported row by row.

    Parameters
    ----------
    layer : LayerPlan
        What the lanes of the layer share.
    lane : LanePlan
        The lane.

    Members
    -------
    op : In(operation(layer))
        What to do.
    report : Out(report(layer))
        What happened, three cycles after the operation came in.
    """

    def __init__(self, layer: LayerPlan, lane: LanePlan) -> None:
        self._layer = layer
        self._lane = lane
        super().__init__({"op": In(operation(layer)), "report": Out(report(layer))})

    def elaborate(self, platform: object) -> Module:
        """Build the columns and the report."""
        m = Module()
        second, third = Signal.like(self.op), Signal.like(self.op)
        m.d.sync += [second.eq(self.op), third.eq(second)]
        ends = third.action == Action.END
        m.d.sync += [
            self.report.valid.eq((third.action == Action.SWEEP) | ends),
            self.report.end.eq(ends),
            self.report.last.eq(third.last),
            self.report.row.eq(third.row),
        ]
        for index in range(self._layer.columns):
            column = Column(self._layer, self._lane, index)
            m.submodules[f"column{index}"] = column
            m.d.comb += column.op.eq(self.op)
            m.d.sync += [
                self.report.fired[index].eq(column.fires),
                self.report.margins[index].eq(column.margin),
            ]
        return m
