"""Schedules that depend on the share of training done."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firstspike import _checks

if TYPE_CHECKING:
    from firstspike.optim.schedules.base import Progress, Schedule

__all__ = ["Constant", "Cosine", "Exponential", "Warmup"]


@dataclass(frozen=True)
class Constant:
    """The same learning rate throughout.

    Examples
    --------
    >>> from firstspike.optim import Constant, Progress
    >>> Constant()(Progress(7.5, 10))
    1.0
    """

    def __call__(self, progress: Progress, /) -> float:  # noqa: ARG002
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
    >>> from firstspike.optim import Exponential, Progress
    >>> Exponential(0.5)(Progress(2.9, 10))
    0.25
    """

    gamma: float

    def __post_init__(self) -> None:
        _checks.positive("gamma", self.gamma)
        _checks.within("gamma", self.gamma, 0.0, 1.0)

    def __call__(self, progress: Progress, /) -> float:
        """Return the factor during the whole current epoch."""
        return self.gamma ** math.floor(progress.epoch)


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
    >>> from firstspike.optim import Cosine, Progress
    >>> Cosine()(Progress(0.0, 10)), Cosine(final=0.1)(Progress(10.0, 10))
    (1.0, 0.1)
    """

    final: float = 0.0

    def __post_init__(self) -> None:
        _checks.within("final", self.final, 0.0, 1.0)

    def __call__(self, progress: Progress, /) -> float:
        """Return the factor now."""
        share = min(progress.epoch / progress.epochs, 1.0)
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
    >>> from firstspike.optim import Cosine, Progress, Warmup
    >>> schedule = Warmup(2.0, then=Cosine())
    >>> round(schedule(Progress(1.0, 10)), 3)
    0.488
    """

    epochs: float
    then: Schedule = field(default_factory=Constant)

    def __post_init__(self) -> None:
        _checks.positive("epochs", self.epochs)

    def __call__(self, progress: Progress, /) -> float:
        """Return the factor now."""
        return min(progress.epoch / self.epochs, 1.0) * self.then(progress)
