"""Disturbances of single spikes and of their times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firstspike import _checks

if TYPE_CHECKING:
    from firstspike import _core

__all__ = ["InputDropout", "TimeDilation", "TimeJitter"]


@dataclass(frozen=True)
class InputDropout:
    """Lose every input spike with the given probability.

    Parameters
    ----------
    probability : float
        At least 0 and below 1.

    Raises
    ------
    DomainError
        If the probability is out of range.

    Examples
    --------
    >>> from firstspike.train import InputDropout
    >>> InputDropout(0.2)
    InputDropout(probability=0.2)
    """

    probability: float

    def __post_init__(self) -> None:
        _checks.within("probability", self.probability, 0.0, 1.0 - 1e-9)

    def code(self) -> _core.Augment:
        """Return the name and the constants that the core knows this by."""
        return ("dropout", self.probability, None)


@dataclass(frozen=True)
class TimeJitter:
    """Move every input spike by a normal deviate; times below zero become zero.

    Parameters
    ----------
    sigma : float
        Standard deviation in seconds.

    Raises
    ------
    DomainError
        If the deviation is negative.

    Examples
    --------
    >>> from firstspike.train import TimeJitter
    >>> TimeJitter(0.5e-3)
    TimeJitter(sigma=0.0005)
    """

    sigma: float

    def __post_init__(self) -> None:
        _checks.within("sigma", self.sigma, 0.0)

    def code(self) -> _core.Augment:
        """Return the name and the constants that the core knows this by."""
        return ("jitter", self.sigma, None)


@dataclass(frozen=True)
class TimeDilation:
    r"""Stretch or squeeze the time of a whole sample.

    All its times are multiplied by one factor :math:`e^u` with :math:`u` uniform between
    :math:`-\ln a` and :math:`\ln a`, so that stretching and squeezing are equally likely.

    Parameters
    ----------
    largest : float
        Largest factor :math:`a`, at least 1.

    Raises
    ------
    DomainError
        If the factor is below 1.

    References
    ----------
    Nowotny, Turner & Knight, "Loss shaping enhances exact gradient learning with Eventprop in
    spiking neural networks" (2025), doi:10.1088/2634-4386/ada852.

    Examples
    --------
    >>> from firstspike.train import TimeDilation
    >>> TimeDilation(1.2)
    TimeDilation(largest=1.2)
    """

    largest: float

    def __post_init__(self) -> None:
        _checks.within("largest", self.largest, 1.0)

    def code(self) -> _core.Augment:
        """Return the name and the constants that the core knows this by."""
        return ("dilation", self.largest, None)
