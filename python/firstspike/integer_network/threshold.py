"""What a membrane is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks, _core
from firstspike.integer_network._frozen import equal_fields, rebuild, store

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ConstThreshold"]


@dataclass(frozen=True, eq=False)
class ConstThreshold:
    """One threshold per target, the same at every tick.

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

    def __post_init__(self) -> None:
        store(self, values=_checks.int_vector("thresholds", self.values, np.int64))
        _core.check_thresholds(self.values)

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    def __hash__(self) -> int:
        return hash(self.values.tobytes())

    __reduce__ = rebuild
