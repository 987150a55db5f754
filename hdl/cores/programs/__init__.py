"""The arithmetic of one tick, one neuron program per file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstspike.hdl.cores.programs.lif import LifAdvance
from firstspike.integer_network import LifProgram

if TYPE_CHECKING:
    from firstspike.hdl.cores.programs.advance import Advance
    from firstspike.hdl.plan import LayerPlan

__all__ = ["advance_of", "stages_of"]

_ADVANCES: dict[type, type[Advance]] = {LifProgram: LifAdvance}


def advance_of(layer: LayerPlan) -> Advance:
    """Return the arithmetic of a layer's neurons."""
    return _ADVANCES[type(layer.program)](layer)


def stages_of(layer: LayerPlan) -> int:
    """Return the number of registers in that arithmetic."""
    return _ADVANCES[type(layer.program)].stages_of(layer)
