"""Disturbances of input events during training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from firstspike import _checks

__all__ = ["Augment", "InputDropout", "TimeJitter"]


@dataclass(frozen=True)
class InputDropout:
    """Lose every input spike with the given probability.

    Parameters
    ----------
    probability : float
        At least 0 and below 1.

    Examples
    --------
    >>> from firstspike.train import InputDropout
    >>> InputDropout(0.2)
    InputDropout(probability=0.2)
    """

    probability: float

    def __post_init__(self) -> None:
        _checks.within("probability", self.probability, 0.0, 1.0 - 1e-9)

    def code(self) -> tuple[str, float]:
        """Return the name and the number that the core knows this by."""
        return ("dropout", self.probability)


@dataclass(frozen=True)
class TimeJitter:
    """Move every input spike by a normal deviate; times below zero become zero.

    Parameters
    ----------
    sigma : float
        Standard deviation in seconds.

    Examples
    --------
    >>> from firstspike.train import TimeJitter
    >>> TimeJitter(0.5e-3)
    TimeJitter(sigma=0.0005)
    """

    sigma: float

    def __post_init__(self) -> None:
        _checks.within("sigma", self.sigma, 0.0)

    def code(self) -> tuple[str, float]:
        """Return the name and the number that the core knows this by."""
        return ("jitter", self.sigma)


Augment: TypeAlias = InputDropout | TimeJitter
