"""What every encoder promises, and the check of its inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from firstspike.events import SpikeBatch

__all__ = ["Encoder", "check_seconds", "unit_inputs"]


@runtime_checkable
class Encoder(Protocol):
    """Anything that turns a matrix of numbers in [0, 1] into a `SpikeBatch`."""

    def __call__(self, inputs: ArrayLike, /) -> SpikeBatch:
        """Encode `inputs` of shape (n_samples, n_features)."""
        ...


def unit_inputs(inputs: ArrayLike) -> NDArray[np.float64]:
    """Return `inputs` as a matrix of float64 after checking that every entry is in [0, 1].

    Raises
    ------
    ShapeError
        If `inputs` is not two-dimensional.
    DomainError
        If an entry is NaN or outside [0, 1].
    """
    matrix = _checks.real_matrix("inputs", inputs, "(n_samples, n_features)")
    inside = (matrix >= 0.0) & (matrix <= 1.0)
    if not inside.all():
        sample, feature = (int(i) for i in np.argwhere(~inside)[0])
        msg = (
            f"inputs[{sample}, {feature}] is {matrix[sample, feature]}, expected 0 to 1; "
            "scale the features first"
        )
        raise DomainError(msg)
    return matrix


def check_seconds(name: str, value: float, least: float = 0.0) -> None:
    """Raise `DomainError` unless `value` is finite and at least `least` seconds."""
    if not (np.isfinite(value) and value >= least):
        msg = f"{name} is {value} s, expected a finite time of at least {least} s"
        raise DomainError(msg)
