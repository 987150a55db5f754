"""When a layer listens and when it fires."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from firstspike import _core
from firstspike.integer_network._frozen import rebuild, store

__all__ = ["Causal", "Schedule", "TwoPhase"]


@dataclass(frozen=True)
class Causal:
    """All layers live in the same ticks, in order: a spike arrives in the tick it was fired.

    Examples
    --------
    >>> from firstspike import Causal
    >>> Causal()
    Causal()
    """

    _core: _core.Schedule = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        store(self, _core=_core.Schedule.causal())

    __reduce__ = rebuild


@dataclass(frozen=True)
class TwoPhase:
    """A layer listens for a whole window of ticks and fires in the next one.

    Window ``l`` is the one in which layer ``l`` listens and layer ``l - 1`` fires, so nothing is
    decided before all of a layer's inputs, the inhibiting ones included, have arrived.

    Examples
    --------
    >>> from firstspike import TwoPhase
    >>> TwoPhase()
    TwoPhase()
    """

    _core: _core.Schedule = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        store(self, _core=_core.Schedule.two_phase())

    __reduce__ = rebuild


Schedule: TypeAlias = Causal | TwoPhase
