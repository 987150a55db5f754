"""The threshold of a two-phase layer, tick by tick."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan
    from firstspike.hdl.window import Window

__all__ = ["Falling"]


class Falling(wiring.Component):
    """Threshold of the open tick and of the one before.

    A membrane that does not change fires in the tick in which it is between the two, so nothing
    has to remember which neurons have fired. After a reset the first tick is open.

    Parameters
    ----------
    layer : LayerPlan
        The layer; it has a window in which it fires.

    Members
    -------
    next : In(1)
        Strobe: the next tick is open from the next cycle on.
    threshold : Out
        Of the open tick.
    above : Out
        Of the tick before; while `first`, that of the last tick, which only neurons reach that fire
        at all.
    first : Out(1)
        There is none before.
    """

    def __init__(self, layer: LayerPlan, window: Window) -> None:
        self._falling = window.thresholds
        super().__init__(
            {
                "next": In(1),
                "threshold": Out(unsigned(layer.threshold_bits), init=self._falling[0]),
                "above": Out(unsigned(layer.threshold_bits), init=min(self._falling)),
                "first": Out(1, init=1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build a subtractor if the steps are equal, a table if they are not."""
        m = Module()
        falling = self._falling
        steps = {one - other for one, other in itertools.pairwise(falling)}
        with m.If(self.next):
            m.d.sync += [self.above.eq(self.threshold), self.first.eq(0)]
            if len(steps) <= 1:
                m.d.sync += self.threshold.eq(self.threshold - sum(steps))
            else:
                tick = Signal(range(len(falling)))
                m.d.sync += tick.eq(tick + 1)
                with m.Switch(tick):
                    for index, threshold in enumerate(falling[1:]):
                        with m.Case(index):
                            m.d.sync += self.threshold.eq(threshold)
        return m
