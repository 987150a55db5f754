"""Something read off a batch of potentials, with the way back to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firstspike.errors import DomainError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from firstspike.models.windows import Window

__all__ = ["AverageSeed", "MaximumSeed", "Observation", "ReadoutSeed", "VoltageSeed"]


@dataclass(frozen=True, eq=False)
class AverageSeed:
    """Derivatives with respect to weighted averages, shape (n_samples, n_out)."""

    window: Window
    values: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MaximumSeed:
    """Derivatives with respect to highest potentials, shape (n_samples, n_out)."""

    values: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class VoltageSeed:
    """Derivatives with respect to potentials at `times`, shape (n_samples, n_times, n_out)."""

    times: NDArray[np.float64]
    values: NDArray[np.float64]


ReadoutSeed: TypeAlias = AverageSeed | MaximumSeed | VoltageSeed


@dataclass(frozen=True, eq=False)
class Observation:
    """What a loss computes with.

    Attributes
    ----------
    values : ndarray of float64
        What was read: shape (n_samples, n_out), or (n_samples, n_times, n_out) for potentials at
        given times.
    """

    values: NDArray[np.float64]
    _make: Callable[[NDArray[np.float64]], ReadoutSeed]

    def seed(self, derivative: ArrayLike) -> ReadoutSeed:
        """Say how the loss depends on `values`; `Network.backward` takes it from there.

        Parameters
        ----------
        derivative : array_like
            dL/d(values), of the same shape.

        Raises
        ------
        ShapeError
            If the shape differs.
        DomainError
            If an entry is not finite.
        """
        array = np.array(derivative, dtype=np.float64)
        if array.shape != self.values.shape:
            msg = f"derivative has shape {array.shape}, expected {self.values.shape}"
            raise ShapeError(msg)
        if not np.isfinite(array).all():
            msg = "derivative holds NaN or infinity, expected finite numbers"
            raise DomainError(msg)
        return self._make(array)
