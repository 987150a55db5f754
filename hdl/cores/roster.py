"""The rows of a two-phase lane in which some neuron fires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Module, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.operation import lively
from firstspike.hdl.cores.tokens import address

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["Roster"]


class Roster(wiring.Component):
    """A list of rows, in the order in which they were named since reset.

    Parameters
    ----------
    layer : LayerPlan
        What the lanes of the layer share.

    Members
    -------
    lively : In(lively(layer))
        A row to append.
    count : Out
        Rows in the list, one if there is none: somebody has to tell that the tick ends.
    final : Out
        One less.
    place : In
        Which entry is wanted.
    row : Out
        That entry, in the cycle after.
    """

    def __init__(self, layer: LayerPlan) -> None:
        self._rows = layer.rows
        super().__init__(
            {
                "lively": In(lively(layer)),
                "count": Out(range(layer.rows + 1), init=1),
                "final": Out(range(layer.rows)),
                "place": In(address(layer.rows)),
                "row": Out(address(layer.rows)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the list and its counters."""
        m = Module()
        m.submodules.rows = rows = memory.Memory(shape=len(self.row), depth=self._rows, init=[])
        read, write = rows.read_port(), rows.write_port()
        follows = Signal.like(self.count, init=0)
        m.d.comb += [
            read.addr.eq(self.place),
            self.row.eq(read.data),
            write.addr.eq(follows),
            write.data.eq(self.lively.row),
            write.en.eq(self.lively.valid),
        ]
        with m.If(self.lively.valid):
            m.d.sync += [
                follows.eq(follows + 1),
                self.count.eq(follows + 1),
                self.final.eq(follows),
            ]
        return m
