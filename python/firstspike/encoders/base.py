"""What every encoder promises."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError, ShapeError
from firstspike.events import SpikeBatch
from firstspike.sequences import Sequences

__all__ = ["FEATURES", "Encoder", "check_seconds", "check_sequences", "check_spikes"]

FEATURES = "(n_samples, n_features)"  # axes of the inputs of every encoder


@runtime_checkable
class Encoder(Protocol):
    """Anything that turns inputs into a `SpikeBatch`, sample by sample.

    What its inputs are is said by its own call: features in [0, 1], shape (n_samples,
    n_features), `Sequences`, or spikes already. Which samples stand beside a sample does not
    change its spikes.
    """

    def __call__(self, inputs: Any, /) -> SpikeBatch:  # noqa: ANN401
        """Encode `inputs`."""
        ...


def check_seconds(name: str, value: float, least: float = 0.0) -> None:
    """Raise `DomainError` unless `value` is finite and at least `least` seconds."""
    if not least <= _checks.number(name, value, "a number of seconds") < np.inf:
        msg = f"{name} is {value} s, expected a finite time of at least {least} s"
        raise DomainError(msg)


def check_sequences(inputs: object) -> Sequences:
    """Return `inputs` if they are signals."""
    if not isinstance(inputs, Sequences):
        msg = f"inputs are of type {type(inputs).__name__}, expected firstspike.Sequences"
        raise ShapeError(msg)
    return inputs


def check_spikes(inputs: object) -> SpikeBatch:
    """Return `inputs` if they are spikes."""
    if not isinstance(inputs, SpikeBatch):
        msg = f"inputs are of type {type(inputs).__name__}, expected a firstspike.SpikeBatch"
        raise ShapeError(msg)
    return inputs
