"""When the neurons of a lane are advanced."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.operation import LEAD, Action, lively, operation

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["Sweeper"]


class Sweeper(wiring.Component):
    """Goes through all rows at the end of a tick, while the arrivals of the next one come in.

    After a reset all rows are cleared.

    Parameters
    ----------
    layer : LayerPlan
        What the lanes of the layer share.

    Members
    -------
    free : Out(1)
        A tick or the sample may be ended.
    tick : In(1)
        Strobe: the tick ends.
    end : In(1)
        Strobe: the sample ends.
    quiet : In(1)
        Nothing can have fired in the tick: do not go through the rows.
    buffer : In(1)
        Where the arrivals of the tick are.
    lively : In(lively(layer))
        Not used here.
    op : Out(operation(layer))
        What the neurons shall do.
    clearing : Out(1)
        The state is being cleared.
    """

    def __init__(self, layer: LayerPlan) -> None:
        self._layer = layer
        super().__init__(
            {
                "free": Out(1),
                "tick": In(1),
                "end": In(1),
                "quiet": In(1),
                "buffer": In(1),
                "lively": In(lively(layer)),
                "op": Out(operation(layer)),
                "clearing": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the counters and the delay."""
        m = Module()
        layer = self._layer
        #: A row that is swept must have been written back before it is swept again.
        period = layer.period
        left = Signal(range(layer.rows + 1), init=layer.rows)
        rest = Signal(range(period + 1))
        issued = Signal(operation(layer), init={"action": Action.CLEAR})
        m.d.comb += [
            self.clearing.eq((issued.action == Action.CLEAR) & (left != 0)),
        ]
        # Whether the walk may go on waits for `free`, so that is found out a cycle ahead.
        m.d.sync += self.free.eq((rest <= 1) & (~self.clearing | (left == 1)))
        with m.If(rest != 0):
            m.d.sync += rest.eq(rest - 1)
        with m.If(left != 0):
            m.d.sync += [left.eq(left - 1), issued.row.eq(issued.row + 1)]
        with m.If(self.tick):
            m.d.sync += [
                issued.action.eq(Mux(self.quiet, Action.SKIP, Action.SWEEP)),
                issued.row.eq(0),
                issued.buffer.eq(self.buffer),
                left.eq(Mux(self.quiet, 1, layer.rows)),
                rest.eq(Mux(self.quiet, 0, period - 1)),
                self.free.eq(self.quiet),
            ]
        with m.If(self.end):
            m.d.sync += [issued.action.eq(Action.END), issued.row.eq(0), left.eq(1)]

        delayed = [Signal(operation(layer), name=f"delayed{stage}") for stage in range(LEAD)]
        m.d.sync += [
            delayed[0].eq(issued),
            delayed[0].last.eq(left == 1),
            *(later.eq(earlier) for earlier, later in itertools.pairwise(delayed)),
        ]
        with m.If(left == 0):
            m.d.sync += delayed[0].action.eq(Action.REST)
        m.d.comb += self.op.eq(delayed[-1])
        return m
