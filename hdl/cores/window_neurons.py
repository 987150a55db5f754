"""The neurons of one lane of a two-phase layer."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.falling import Falling
from firstspike.hdl.cores.neurons import report
from firstspike.hdl.cores.operation import Action, arrival, lively, operation
from firstspike.hdl.cores.own import cared_for, own_upkeep
from firstspike.hdl.cores.window_column import WindowColumn

if TYPE_CHECKING:
    from firstspike.hdl.plan import LanePlan, LayerPlan

__all__ = ["WindowNeurons"]


class WindowNeurons(wiring.Component):
    """Columns side by side under one threshold that falls from tick to tick.

    Parameters
    ----------
    layer : LayerPlan
        What the lanes of the layer share.
    lane : LanePlan
        The lane.

    Members
    -------
    arrival, op, lively, upkeep, report :
        See `NeuronRows`.
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
        """Build the columns, the threshold, and the report."""
        m = Module()
        layer = self._layer
        ops = [self.op, *(Signal.like(self.op) for _ in range(layer.stages + 2))]
        for earlier, later in itertools.pairwise(ops):
            m.d.sync += later.eq(earlier)
        last = ops[-1]
        fires = last.action == Action.FIRE
        columns = [WindowColumn(layer, self._lane, index) for index in range(layer.columns)]
        for index, one in enumerate(columns):
            m.submodules[f"column{index}"] = one
            m.d.comb += [
                one.arrival.eq(self.arrival),
                *(port.eq(op) for port, op in zip(one.ops, ops, strict=True)),
            ]
        cared_for(m, self.upkeep, [one.care for one in columns])
        if layer.window and layer.window.thresholds:
            m.submodules.falling = falling = Falling(layer, layer.window)
            m.d.comb += falling.next.eq(fires & last.last)
            for one in columns:
                m.d.comb += [
                    one.threshold.eq(falling.threshold),
                    one.above.eq(falling.above),
                    one.first.eq(falling.first),
                ]
            m.d.sync += [
                self.lively.valid.eq(
                    fires & falling.first & ~Cat(one.below for one in columns).all()
                ),
                self.lively.row.eq(last.row),
            ]

        ends = last.action == Action.END
        m.d.sync += [
            self.report.valid.eq(fires | ends | (last.action == Action.RANK)),
            self.report.end.eq(ends),
            self.report.last.eq(fires & last.last),
            self.report.row.eq(last.row),
            self.report.fired.eq(0),
        ]
        with m.If(fires):
            m.d.sync += self.report.fired.eq(Cat(one.fires for one in columns))
        m.d.sync += [
            margin.eq(one.margin) for margin, one in zip(self.report.margins, columns, strict=True)
        ]
        return m
