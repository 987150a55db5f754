"""How a two-phase layer listens and fires."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firstspike.integer_network import Causal, RampThreshold, TableProgram, TableThreshold

if TYPE_CHECKING:
    from firstspike import IntegerLayer

__all__ = ["Window"]


@dataclass(frozen=True)
class Window:
    """How a two-phase layer listens, and how it fires in the window after that.

    Parameters
    ----------
    thresholds : tuple of int
        Threshold of every tick of the second window, falling; empty if the layer never fires.
    group : int
        Ticks after which the membranes double; 1 where they never do.
    """

    thresholds: tuple[int, ...]
    group: int

    @classmethod
    def of(cls, layer: IntegerLayer, ticks: int) -> Window | None:
        """Return the window of a layer, or None if it is causal."""
        if isinstance(layer.schedule, Causal):
            return None
        thresholds: tuple[int, ...] = ()
        if isinstance(layer.threshold, RampThreshold | TableThreshold):
            thresholds = tuple(layer.threshold.at(tick, ticks) for tick in range(ticks))
        program = layer.program
        group = len(program.mantissas) if isinstance(program, TableProgram) else 1
        return cls(thresholds, group)
