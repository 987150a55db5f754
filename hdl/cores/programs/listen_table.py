"""A spike is worth a mantissa, halved once per group of ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data

from firstspike.hdl.cores.arithmetic import scaled
from firstspike.hdl.cores.programs.listen import Listen
from firstspike.integer_network import TableProgram

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["TableListen"]


class TableListen(Listen):
    """``U += c[k mod m] * w`` for what has arrived; `U` doubles from one group to the next.

    The bias comes with the last tick, so it is never doubled. Constants are multiplied by adding
    shifted copies of the sum of all arrivals of the tick, once per neuron and tick.
    """

    @classmethod
    def state_layout(cls, layer: LayerPlan) -> data.StructLayout:
        """Return the membrane."""
        return data.StructLayout({"u": signed(layer.widths.membrane_bits)})

    def elaborate(self, platform: object) -> Module:
        """Build one product per mantissa, the choice, and the adder."""
        m = Module()
        before = Signal.like(self.state.u, reset_less=True)
        worth = Signal.like(self.state.u, reset_less=True)
        u = self.state.u
        m.d.sync += before.eq(Mux(self.op.doubles, u << 1, u) + Mux(self.op.closes, self.bias, 0))
        program = self._layer.program
        mantissas = program.mantissas if isinstance(program, TableProgram) else ()
        with m.Switch(self.op.residue):
            for residue, mantissa in enumerate(mantissas):
                with m.Case(residue):
                    m.d.sync += worth.eq(scaled(self.arrived, mantissa))
        m.d.comb += self.advanced.u.eq(before + worth)
        return m
