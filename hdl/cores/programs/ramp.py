"""Rectified linear post-synaptic potential: an arrival starts a ramp of the membrane."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import data

from firstspike.hdl.cores.programs.advance import Advance

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["RampAdvance"]


class RampAdvance(Advance):
    """``S += w`` for what has arrived, then ``U += S``."""

    stages: ClassVar[int] = 1

    @classmethod
    def state_layout(cls, layer: LayerPlan) -> data.StructLayout:
        """Return membrane and slope."""
        widths = layer.widths
        return data.StructLayout(
            {"u": signed(widths.membrane_bits), "s": signed(widths.current_bits)}
        )

    def elaborate(self, platform: object) -> Module:
        """Build the two adders, a register between them."""
        m = Module()
        slope = Signal.like(self.state.s, reset_less=True)
        before = Signal.like(self.state.u, reset_less=True)
        m.d.sync += [slope.eq(self.state.s + self.arrived), before.eq(self.state.u)]
        m.d.comb += [
            self.advanced.s.eq(slope),
            self.advanced.u.eq(before + slope),
            self.potential.eq(self.advanced.u),
        ]
        return m
