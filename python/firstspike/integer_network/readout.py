"""How the last layer becomes a decision."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from firstspike import _core
from firstspike.integer_network._frozen import rebuild, store

__all__ = ["FirstSpike", "Potential", "Readout"]


@dataclass(frozen=True)
class FirstSpike:
    """The output neuron that fires first decides.

    Within the first tick in which outputs fire, the largest margin ``U - threshold`` wins, then the
    lowest index. If none fires, the largest margin after the last tick decides, marked as silent.

    Examples
    --------
    >>> from firstspike import FirstSpike
    >>> FirstSpike()
    FirstSpike()
    """

    _core: _core.Readout = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        store(self, _core=_core.Readout.first_spike())

    __reduce__ = rebuild


@dataclass(frozen=True)
class Potential:
    """The output neuron with the largest membrane decides; the last layer never fires.

    Goes with `TwoPhase` layers, the last of them with `NoThreshold`. The lowest index wins ties; a
    sample in which no spike reaches the last layer is marked as silent.

    Examples
    --------
    >>> from firstspike import Potential
    >>> Potential()
    Potential()
    """

    _core: _core.Readout = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        store(self, _core=_core.Readout.potential())

    __reduce__ = rebuild


Readout: TypeAlias = FirstSpike | Potential
