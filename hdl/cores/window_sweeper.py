"""When the neurons of a lane of a two-phase layer are advanced, and when they fire."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.operation import LEAD, Action, lively, operation
from firstspike.hdl.cores.roster import Roster

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan
    from firstspike.hdl.window import Window

__all__ = ["WindowSweeper"]


class WindowSweeper(wiring.Component):
    """Advances the rows tick by tick, then compares them once per tick of the second window.

    The first comparison also tells in which rows any neuron will fire; where it pays, they are kept
    in a list, and only they are compared in the ticks after that. A layer that never fires has its
    membranes reported once instead.

    Parameters
    ----------
    layer : LayerPlan
        What the lanes of the layer share.

    Members
    -------
    free, tick, end, quiet, buffer, op, clearing :
        See `Sweeper`; `quiet` says that nothing has arrived since the start of the sample.
    lively : In(lively(layer))
        A row in which some neuron will fire, `stages + 7` cycles after it was issued for the first
        tick.
    """

    def __init__(self, layer: LayerPlan, window: Window) -> None:
        self._layer = layer
        self._window = window
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
        layer, window = self._layer, self._window
        rounds = len(window.thresholds) or 1
        left = Signal(range(layer.rows + 1), init=layer.rows)
        rest = Signal(range(max(layer.period, layer.rows + layer.settling) + 1))
        issued = Signal(operation(layer), init={"action": Action.CLEAR})
        tick = Signal(range(layer.ticks))
        residue = Signal(range(window.group))
        to_fire = Signal(range(rounds + 1))
        closes = Signal()
        roster, listed = Roster(layer) if layer.skips else None, Signal()
        if roster:
            m.submodules.roster = roster
            m.d.comb += [roster.lively.eq(self.lively), roster.place.eq(issued.row)]
        m.d.comb += [
            closes.eq(tick == layer.ticks - 1),
            self.clearing.eq((issued.action == Action.CLEAR) & (left != 0)),
        ]
        # Whether the walk may go on waits for `free`, so that is found out a cycle ahead.
        m.d.sync += self.free.eq((rest <= 1) & (to_fire == 0) & (~self.clearing | (left == 1)))
        with m.If(rest != 0):
            m.d.sync += rest.eq(rest - 1)
        with m.If(left != 0):
            m.d.sync += [left.eq(left - 1), issued.row.eq(issued.row + 1)]
        with m.If((to_fire != 0) & (rest == 0)):
            m.d.sync += [
                issued.action.eq(Action.FIRE if window.thresholds else Action.RANK),
                issued.row.eq(0),
                left.eq(layer.rows),
                rest.eq(layer.rows - 1 + layer.settling),
                to_fire.eq(to_fire - 1),
                self.free.eq((to_fire == 1) & (layer.rows == 1)),
            ]
            if roster:
                with m.If(to_fire != rounds):
                    m.d.sync += [
                        left.eq(roster.count),
                        rest.eq(roster.final),
                        self.free.eq((to_fire == 1) & (roster.final == 0)),
                        listed.eq(1),
                    ]
        with m.If(self.tick):
            m.d.sync += [
                tick.eq(tick + 1),
                residue.eq(Mux(residue == window.group - 1, 0, residue + 1)),
            ]
            # Sums that are still zero need no doubling.
            with m.If(~self.quiet | closes):
                m.d.sync += [
                    issued.action.eq(Action.SWEEP),
                    issued.row.eq(0),
                    issued.buffer.eq(self.buffer),
                    issued.closes.eq(closes),
                    issued.doubles.eq((residue == 0) & (tick != 0)),
                    issued.residue.eq(residue),
                    left.eq(layer.rows),
                    rest.eq(layer.period - 1),
                    to_fire.eq(Mux(closes, rounds, 0)),
                    self.free.eq(0),
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
        if roster:
            named = Signal()
            m.d.sync += named.eq(listed)
            with m.If(named):
                m.d.sync += delayed[1].row.eq(roster.row)
        m.d.comb += self.op.eq(delayed[-1])
        return m
