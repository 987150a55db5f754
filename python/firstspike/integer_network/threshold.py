"""What a membrane is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firstspike import _checks, _core
from firstspike.integer_network._frozen import equal_fields, rebuild, store

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ConstThreshold", "NoThreshold", "RampThreshold", "TableThreshold", "Threshold"]


@dataclass(frozen=True, eq=False)
class ConstThreshold:
    """One threshold per target, the same at every tick; for causal layers.

    Parameters
    ----------
    values : array_like of int64, shape (n_targets,)
        Thresholds in units of the membrane, 1 to ``2^31 - 1``.

    Raises
    ------
    ShapeError
        If `values` is not a vector of whole numbers.
    DomainError
        If a threshold is out of range.

    Examples
    --------
    >>> from firstspike import ConstThreshold
    >>> ConstThreshold([100, 120]).values.tolist()
    [100, 120]
    """

    values: NDArray[np.int64]
    _core: _core.Threshold = field(init=False, repr=False)

    def __post_init__(self) -> None:
        store(self, values=_checks.int_vector("thresholds", self.values, np.int64))
        store(self, _core=_core.Threshold.const(self.values))

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    def __hash__(self) -> int:
        return hash(self.values.tobytes())

    __reduce__ = rebuild


@dataclass(frozen=True)
class RampThreshold:
    """One threshold for a two-phase layer that falls by `step` per tick.

    At tick ``k`` of ``T`` it is ``(T - k) step``, so a membrane ``U`` fires with the value
    ``v = T - k = clip(floor(U / step), 0, T)``: a clipped rectified linear unit of ``T`` levels.

    Parameters
    ----------
    step : int
        At least 1; ``T step`` at most ``2^31 - 1``.

    Raises
    ------
    DomainError
        If `step` is out of range.

    Examples
    --------
    >>> from firstspike import RampThreshold
    >>> RampThreshold(100).at(3, ticks=16)
    1300
    """

    step: int
    _core: _core.Threshold = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        step = _checks.count("step", self.step)
        store(self, step=step, _core=_core.Threshold.ramp(step))

    def at(self, tick: int, ticks: int) -> int:
        """Return the threshold at `tick` of `ticks`."""
        return (ticks - tick) * self.step

    __reduce__ = rebuild


@dataclass(frozen=True, eq=False)
class TableThreshold:
    """One threshold per tick for a two-phase layer, none above the one before.

    Parameters
    ----------
    values : array_like of int64, shape (ticks,)
        Thresholds in units of the membrane, 1 to ``2^31 - 1``.

    Raises
    ------
    ShapeError
        If `values` is not a vector of whole numbers.
    DomainError
        If a threshold is out of range or rises.

    Examples
    --------
    >>> from firstspike import TableThreshold
    >>> TableThreshold([40, 28, 20]).at(1, ticks=3)
    28
    """

    values: NDArray[np.int64]
    _core: _core.Threshold = field(init=False, repr=False)

    def __post_init__(self) -> None:
        store(self, values=_checks.int_vector("thresholds", self.values, np.int64))
        store(self, _core=_core.Threshold.table(self.values))

    def at(self, tick: int, ticks: int) -> int:  # noqa: ARG002  # a RampThreshold needs them
        """Return the threshold at `tick`."""
        return int(self.values[tick])

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    def __hash__(self) -> int:
        return hash(self.values.tobytes())

    __reduce__ = rebuild


@dataclass(frozen=True)
class NoThreshold:
    """The layer never fires; for the last layer of a network with the readout `Potential`.

    Examples
    --------
    >>> from firstspike import NoThreshold
    >>> NoThreshold()
    NoThreshold()
    """

    _core: _core.Threshold = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        store(self, _core=_core.Threshold.none())

    __reduce__ = rebuild


Threshold: TypeAlias = ConstThreshold | RampThreshold | TableThreshold | NoThreshold
