"""The arithmetic of one tick, one neuron program per file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstspike.hdl.cores.programs.lif import LifAdvance
from firstspike.hdl.cores.programs.ramp import RampAdvance
from firstspike.hdl.cores.programs.step import StepAdvance
from firstspike.integer_network import LifProgram, RampProgram, StepProgram

if TYPE_CHECKING:
    from firstspike.hdl.cores.programs.advance import Advance
    from firstspike.hdl.plan import LayerPlan

__all__ = ["advance_of", "stages_of"]

_ADVANCES: dict[type, type[Advance]] = {
    StepProgram: StepAdvance,
    RampProgram: RampAdvance,
    LifProgram: LifAdvance,
}


def advance_of(layer: LayerPlan) -> Advance:
    """Return the arithmetic of a layer's neurons."""
    return _ADVANCES[type(layer.program)](layer)


def stages_of(layer: LayerPlan) -> int:
    """Return the number of registers in that arithmetic."""
    return _ADVANCES[type(layer.program)].stages_of(layer)
