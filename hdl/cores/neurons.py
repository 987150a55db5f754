"""The neurons of one lane, advanced one row at a time."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from amaranth.hdl import Cat, Module, Signal, signed
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.column import Column
from firstspike.hdl.cores.operation import Action, arrival, lively, operation
from firstspike.hdl.cores.own import cared_for, own_upkeep
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
    """Columns side by side, and one bit per neuron that says whether it has fired.

    Parameters
    ----------
    layer : LayerPlan
        What the lanes of the layer share.
    lane : LanePlan
        The lane.

    Members
    -------
    arrival : In(arrival(layer))
        What arrives; see `Accumulator`.
    op : In(operation(layer))
        The sweep.
    lively : Out(lively(layer))
        In a two-phase layer: a row in which some neuron will fire. In others, nothing.
    upkeep : In(own_upkeep(layer))
        Access to the thresholds.
    report : Out(report(layer))
        What happened, ``stages + 3`` cycles after the operation came in.
    """

    def __init__(self, layer: LayerPlan, lane: LanePlan) -> None:
        self._layer = layer
        self._lane = lane
        super().__init__(
            {
                "arrival": In(arrival(layer)),
                "op": In(operation(layer)),
                "lively": Out(lively(layer)),
                "upkeep": In(own_upkeep(layer)),
                "report": Out(report(layer)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the columns, the bits, and the report."""
        m = Module()
        layer = self._layer
        ops = [self.op, *(Signal.like(self.op) for _ in range(layer.stages + 2))]
        for earlier, later in itertools.pairwise(ops):
            m.d.sync += later.eq(earlier)
        columns = [Column(layer, self._lane, index) for index in range(layer.columns)]
        for index, one in enumerate(columns):
            m.submodules[f"column{index}"] = one
            m.d.comb += [
                one.arrival.eq(self.arrival),
                *(port.eq(op) for port, op in zip(one.ops, ops, strict=True)),
            ]
        cared_for(m, self.upkeep, [one.care for one in columns])

        last = ops[-1]
        m.submodules.fired = fired = memory.Memory(
            shape=layer.columns, depth=max(2, layer.rows), init=[]
        )
        read, write = fired.read_port(), fired.write_port()
        sweeps, fires = Signal(), Signal(layer.columns)
        m.d.comb += [
            sweeps.eq(last.action == Action.SWEEP),
            fires.eq(Cat(one.reaches for one in columns) & ~read.data),
            read.addr.eq(ops[-2].row),
            write.addr.eq(last.row),
            write.en.eq(sweeps | (last.action == Action.CLEAR)),
        ]
        with m.If(sweeps):
            m.d.comb += write.data.eq(read.data | fires)

        ends = last.action == Action.END
        m.d.sync += [
            self.report.valid.eq(sweeps | ends | (last.action == Action.SKIP)),
            self.report.end.eq(ends),
            self.report.last.eq(last.last),
            self.report.row.eq(last.row),
            self.report.fired.eq(0),
        ]
        with m.If(sweeps):
            m.d.sync += self.report.fired.eq(fires)
        m.d.sync += [
            margin.eq(one.margin) for margin, one in zip(self.report.margins, columns, strict=True)
        ]
        return m
