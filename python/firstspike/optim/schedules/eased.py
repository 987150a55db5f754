"""A gentle first few hundred steps."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firstspike import _checks
from firstspike.errors import DomainError
from firstspike.optim.schedules.fixed import Constant

if TYPE_CHECKING:
    from firstspike.optim.schedules.base import Progress, Schedule

__all__ = ["EasedIn"]


@dataclass(frozen=True, kw_only=True)
class EasedIn:
    r"""Grow from a small factor by the same ratio per step until another schedule is reached.

    Step :math:`k` has the factor :math:`\min(1, f_0\, g^k)` times that of `then`. Where first
    spikes barely happen, the first gradients are the largest of all; small steps keep them from
    silencing neurons before Adam's moments have settled.

    Parameters
    ----------
    start : float
        Factor :math:`f_0` of the first step, above 0 and at most 1.
    growth : float
        Ratio :math:`g` of one step to the one before, above 1.
    then : Schedule
        What applies throughout, multiplied by the rise.

    Raises
    ------
    DomainError
        If a constant is out of its range.

    References
    ----------
    Nowotny, Turner & Knight, "Loss shaping enhances exact gradient learning with Eventprop in
    spiking neural networks" (2025), doi:10.1088/2634-4386/ada852: from 1e-6 to 1e-3 by 5 % per
    batch.

    Examples
    --------
    >>> from firstspike.optim import EasedIn, Progress
    >>> schedule = EasedIn(start=1e-3, growth=1.05)
    >>> [round(schedule(Progress(0.0, 10, step=k)), 4) for k in (0, 1, 100, 200)]
    [0.001, 0.0011, 0.1315, 1.0]
    """

    start: float = 1e-3
    growth: float = 1.05
    then: Schedule = field(default_factory=Constant)

    def __post_init__(self) -> None:
        _checks.positive("start", self.start)
        _checks.within("start", self.start, 0.0, 1.0)
        if not _checks.positive("growth", self.growth) > 1.0:
            msg = f"growth is {self.growth}, expected more than 1"
            raise DomainError(msg)

    def __call__(self, progress: Progress, /) -> float:
        """Return the factor now."""
        risen = math.log(self.start) + progress.step * math.log(self.growth)  # never overflows
        return math.exp(min(risen, 0.0)) * self.then(progress)
