"""Learning-rate schedules: a factor for every moment of a training run."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

from firstspike import _checks

__all__ = ["Constant", "Cosine", "Exponential", "Schedule", "Warmup"]


class Schedule(Protocol):
    """Maps the progress of training to a factor on the learning rate.

    Examples
    --------
    >>> from firstspike.optim import Adam
    >>> def halfway_drop(epoch, epochs):
    ...     return 1.0 if epoch < epochs / 2 else 0.1
    >>> optimizer = Adam(lr=1e-3, schedule=halfway_drop)
    """

    def __call__(self, epoch: float, epochs: int, /) -> float:
        """Return the factor at `epoch` (fractional, counted from 0) of `epochs`."""
        ...


@dataclass(frozen=True)
class Constant:
    """The same learning rate throughout.

    Examples
    --------
    >>> from firstspike.optim import Constant
    >>> Constant()(7.5, 10)
    1.0
    """

    def __call__(self, epoch: float, epochs: int, /) -> float:  # noqa: ARG002
        """Return 1."""
        return 1.0


@dataclass(frozen=True)
class Exponential:
    r"""Multiply the learning rate by `gamma` after every epoch: :math:`\gamma^{\lfloor e \rfloor}`.

    Parameters
    ----------
    gamma : float
        Factor per epoch, above 0 and at most 1.

    Examples
    --------
    >>> from firstspike.optim import Exponential
    >>> Exponential(0.5)(2.9, 10)
    0.25
    """

    gamma: float

    def __post_init__(self) -> None:
        _checks.positive("gamma", self.gamma)
        _checks.within("gamma", self.gamma, 0.0, 1.0)

    def __call__(self, epoch: float, epochs: int, /) -> float:  # noqa: ARG002
        """Return the factor during the whole epoch that `epoch` lies in."""
        return self.gamma ** math.floor(epoch)


@dataclass(frozen=True)
class Cosine:
    r"""Fall from 1 to `final` along half a cosine.

    :math:`f + (1 - f)(1 + \cos \pi e / E) / 2` with :math:`e` of :math:`E` epochs done.

    Parameters
    ----------
    final : float, default 0
        Factor at the end, 0 to 1.

    References
    ----------
    Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts",
    arXiv:1608.03983.

    Examples
    --------
    >>> from firstspike.optim import Cosine
    >>> Cosine()(0.0, 10), round(Cosine()(5.0, 10), 3), Cosine(final=0.1)(10.0, 10)
    (1.0, 0.5, 0.1)
    """

    final: float = 0.0

    def __post_init__(self) -> None:
        _checks.within("final", self.final, 0.0, 1.0)

    def __call__(self, epoch: float, epochs: int, /) -> float:
        """Return the factor at `epoch`."""
        share = min(epoch / epochs, 1.0)
        return self.final + (1.0 - self.final) * 0.5 * (1.0 + math.cos(math.pi * share))


@dataclass(frozen=True)
class Warmup:
    """Rise linearly from 0 to another schedule's value during the first epochs.

    Parameters
    ----------
    epochs : float
        Length of the rise in epochs; may be a fraction.
    then : Schedule
        What applies throughout, multiplied by the rise.

    Examples
    --------
    >>> from firstspike.optim import Cosine, Warmup
    >>> schedule = Warmup(2.0, then=Cosine())
    >>> round(schedule(1.0, 10), 3), schedule(5.0, 10) == Cosine()(5.0, 10)
    (0.488, True)
    """

    epochs: float
    then: Schedule = field(default_factory=Constant)

    def __post_init__(self) -> None:
        _checks.positive("epochs", self.epochs)

    def __call__(self, epoch: float, epochs: int, /) -> float:
        """Return the factor at `epoch`."""
        return min(epoch / self.epochs, 1.0) * self.then(epoch, epochs)
