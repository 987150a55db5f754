"""A spike is worth the ticks that are left of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data

from firstspike.hdl.cores.programs.listen import Listen

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["RampListen"]


class RampListen(Listen):
    """``S += w`` for what has arrived, then ``U += S``; the bias comes with the last tick."""

    @classmethod
    def state_layout(cls, layer: LayerPlan) -> data.StructLayout:
        """Return membrane and slope."""
        widths = layer.widths
        return data.StructLayout(
            {"u": signed(widths.membrane_bits), "s": signed(widths.current_bits)}
        )

    def elaborate(self, platform: object) -> Module:
        """Build the adders, a register between them."""
        m = Module()
        slope = Signal.like(self.state.s, reset_less=True)
        biased = Signal.like(self.state.u, reset_less=True)
        m.d.sync += [
            slope.eq(self.state.s + self.arrived),
            biased.eq(self.state.u + Mux(self.op.closes, self.bias, 0)),
        ]
        m.d.comb += [self.advanced.s.eq(slope), self.advanced.u.eq(biased + slope)]
        return m
