"""What every encoder promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from firstspike.errors import DomainError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from firstspike.events import SpikeBatch

__all__ = ["FEATURES", "Encoder", "check_seconds"]

FEATURES = "(n_samples, n_features)"  # axes of the inputs of every encoder


@runtime_checkable
class Encoder(Protocol):
    """Anything that turns a matrix of numbers in [0, 1] into a `SpikeBatch`."""

    def __call__(self, inputs: ArrayLike, /) -> SpikeBatch:
        """Encode `inputs` of shape (n_samples, n_features)."""
        ...


def check_seconds(name: str, value: float, least: float = 0.0) -> None:
    """Raise `DomainError` unless `value` is finite and at least `least` seconds."""
    if not (np.isfinite(value) and value >= least):
        msg = f"{name} is {value} s, expected a finite time of at least {least} s"
        raise DomainError(msg)
