"""The arithmetic of one tick, one neuron program per file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstspike.hdl.cores.programs.lif import LifAdvance
from firstspike.hdl.cores.programs.listen_ramp import RampListen
from firstspike.hdl.cores.programs.listen_table import TableListen
from firstspike.hdl.cores.programs.ramp import RampAdvance
from firstspike.hdl.cores.programs.step import StepAdvance
from firstspike.integer_network import LifProgram, RampProgram, StepProgram, TableProgram

if TYPE_CHECKING:
    from firstspike.hdl.cores.programs.advance import Advance
    from firstspike.hdl.cores.programs.listen import Listen
    from firstspike.hdl.plan import LayerPlan

__all__ = ["advance_of", "listen_of", "stages_of"]

_ADVANCES: dict[type, type[Advance]] = {
    StepProgram: StepAdvance,
    RampProgram: RampAdvance,
    LifProgram: LifAdvance,
}
_LISTENS: dict[type, type[Listen]] = {RampProgram: RampListen, TableProgram: TableListen}


def advance_of(layer: LayerPlan) -> Advance:
    """Return the arithmetic of the neurons of a causal layer."""
    return _ADVANCES[type(layer.program)](layer)


def listen_of(layer: LayerPlan) -> Listen:
    """Return the arithmetic of the neurons of a two-phase layer."""
    return _LISTENS[type(layer.program)](layer)


def stages_of(layer: LayerPlan) -> int:
    """Return the number of registers in that arithmetic."""
    if layer.window:
        return _LISTENS[type(layer.program)].stages_of(layer)
    return _ADVANCES[type(layer.program)].stages_of(layer)
