"""When a layer works relative to the others."""

from dataclasses import dataclass

__all__ = ["Causal"]


@dataclass(frozen=True)
class Causal:
    """All layers live in the same ticks, in order: a spike arrives in the tick it was fired.

    Examples
    --------
    >>> from firstspike import Causal
    >>> Causal()
    Causal()
    """
