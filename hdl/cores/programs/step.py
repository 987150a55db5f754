"""Non-leaky integrate-and-fire: an arrival is a step of the membrane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Module, signed
from amaranth.lib import data

from firstspike.hdl.cores.programs.advance import Advance

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["StepAdvance"]


class StepAdvance(Advance):
    """``U += w`` for what has arrived; nothing else ever changes."""

    @classmethod
    def state_layout(cls, layer: LayerPlan) -> data.StructLayout:
        """Return the membrane."""
        return data.StructLayout({"u": signed(layer.widths.membrane_bits)})

    def elaborate(self, platform: object) -> Module:
        """Build the adder."""
        m = Module()
        m.d.comb += [
            self.advanced.u.eq(self.state.u + self.arrived),
            self.potential.eq(self.advanced.u),
        ]
        return m
