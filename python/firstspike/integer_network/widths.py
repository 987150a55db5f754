"""How wide the registers of a layer must be, and why."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LayerWidths", "Reach"]


@dataclass(frozen=True)
class Reach:
    """The range a register can take, and the two's-complement width that holds it.

    Parameters
    ----------
    low, high : int
        Proved bounds of the value; zero lies between them.
    bits : int
        Smallest width that holds both.
    """

    low: int
    high: int
    bits: int


@dataclass(frozen=True)
class LayerWidths:
    """Proved bounds of the two state registers of a layer.

    Parameters
    ----------
    current : Reach
        Synaptic current ``I`` or slope ``S``; zero alone in programs that have neither.
    membrane : Reach
        Membrane ``U`` of a neuron that has not fired before the tick.
    """

    current: Reach
    membrane: Reach

    @property
    def current_bits(self) -> int:
        """Width of the synaptic current or slope."""
        return self.current.bits

    @property
    def membrane_bits(self) -> int:
        """Width of the membrane."""
        return self.membrane.bits
