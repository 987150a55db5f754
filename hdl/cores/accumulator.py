"""Sums of what arrives at the neurons of one column, tick by tick."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.operation import Action, arrival, operation, share

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["Accumulator"]


class Accumulator(wiring.Component):
    """Two memories take turns: one collects the open tick while a sweep empties the other.

    An arrival is read in the cycle it comes and written in the next one. An arrival that directly
    follows another one at the same row would read what is just being written: it takes the sum from
    there instead. A sweep reads a row and empties it in the same cycle.

    Parameters
    ----------
    layer : LayerPlan
        What the lanes of the layer share.
    index : int
        Which column.

    Members
    -------
    arrival : In(arrival(layer))
        What arrives, at any column.
    op : In(operation(layer))
        The sweep.
    arrived : Out(signed(arrival_bits))
        The sum of the row that was swept in the cycle before.
    """

    def __init__(self, layer: LayerPlan, index: int) -> None:
        self._layer = layer
        self._index = index
        total = signed(layer.arrival_bits)
        super().__init__(
            {
                "arrival": In(arrival(layer)),
                "op": In(operation(layer)),
                "arrived": Out(total),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build both memories and the adder."""
        m = Module()
        sweeps, clears = Signal(), Signal()
        # Numbers need no reset: nothing looks at them before others have come.
        mine = Signal()
        row = Signal.like(self.arrival.row, name="row", reset_less=True)
        buffer = Signal.like(self.arrival.buffer, name="buffer", reset_less=True)
        concerns, brought = share(self._layer, self.arrival, self._index)
        weight = Signal(signed(self._layer.weight_bits), reset_less=True)
        swept = Signal(reset_less=True)
        m.d.comb += [
            sweeps.eq(self.op.action == Action.SWEEP),
            clears.eq(self.op.action == Action.CLEAR),
        ]
        m.d.sync += [
            mine.eq(concerns),
            row.eq(self.arrival.row),
            buffer.eq(self.arrival.buffer),
            weight.eq(brought),
            swept.eq(self.op.buffer),
        ]
        follows = Signal()
        found, before, total = (
            Signal.like(self.arrived, name=name, reset_less=True)
            for name in ("found", "before", "total")
        )
        m.d.comb += total.eq(found + weight)
        m.d.sync += [
            follows.eq(mine & (self.arrival.row == row)),
            before.eq(total),
        ]

        words = []
        for number in range(2):
            rows = max(2, self._layer.rows)
            cells = memory.Memory(shape=self.arrived.shape(), depth=rows, init=[])
            m.submodules[f"sums{number}"] = cells
            read, write = cells.read_port(), cells.write_port()
            arrives = self.arrival.valid & (self.arrival.buffer == number)
            empties = clears | (sweeps & (self.op.buffer == number))
            m.d.comb += [
                read.addr.eq(Mux(arrives, self.arrival.row, self.op.row)),
                write.addr.eq(Mux(empties, self.op.row, row)),
                write.data.eq(Mux(empties, 0, total)),
                write.en.eq(empties | (mine & (buffer == number))),
            ]
            words.append(read.data)
        m.d.comb += [
            self.arrived.eq(Mux(swept, words[1], words[0])),
            found.eq(Mux(follows, before, Mux(buffer, words[1], words[0]))),
        ]
        return m
