"""Smaller steps once the accuracy no longer rises."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firstspike import _checks
from firstspike.optim.schedules.fixed import Constant

if TYPE_CHECKING:
    from firstspike.optim.schedules.base import Progress, Schedule

__all__ = ["Plateau"]


@dataclass(frozen=True, kw_only=True)
class Plateau:
    r"""Cut the learning rate when a fast average of the accuracy falls to a slow one.

    Two exponential averages follow the scores :math:`a_e` of the finished epochs, starting at the
    first: :math:`x \leftarrow \gamma x + (1 - \gamma) a_e`, one with the smaller :math:`\gamma`
    (fast), one with the larger (slow). While accuracy rises the fast one leads. After an epoch in
    which fast <= slow and at least `patience` epochs after the start or the last cut, the factor is
    multiplied by `cut`.

    The factor is computed from all scores anew, so that a resumed run takes the same decisions.

    Parameters
    ----------
    cut : float
        Factor of a cut, above 0 and below 1.
    patience : int
        Epochs between two cuts, and before the first one.
    fast, slow : float
        Decays :math:`\gamma` of the averages per epoch, in [0, 1).
    then : Schedule
        What applies throughout, multiplied by the cuts.

    Raises
    ------
    DomainError
        If a constant is out of its range.

    References
    ----------
    Nowotny, Turner & Knight, "Loss shaping enhances exact gradient learning with Eventprop in
    spiking neural networks" (2025), doi:10.1088/2634-4386/ada852, whose constants are the defaults.

    Examples
    --------
    >>> from firstspike.optim import Plateau, Progress
    >>> schedule = Plateau(patience=3)
    >>> schedule(Progress(3.0, 10, scores=(0.5, 0.7, 0.8)))         # still rising
    1.0
    >>> schedule(Progress(4.0, 10, scores=(0.8, 0.7, 0.6, 0.5)))    # falling
    0.5
    """

    cut: float = 0.5
    patience: int = 50
    fast: float = 0.8
    slow: float = 0.85
    then: Schedule = field(default_factory=Constant)

    def __post_init__(self) -> None:
        _checks.positive("cut", self.cut)
        _checks.within("cut", self.cut, 0.0, 1.0 - 1e-12)
        _checks.count("patience", self.patience)
        _checks.within("slow", self.slow, 0.0, 1.0 - 1e-12)
        _checks.within("fast", self.fast, 0.0, self.slow)

    def __call__(self, progress: Progress, /) -> float:
        """Return the factor now."""
        factor, last_cut = 1.0, 0
        quick = tardy = progress.scores[0] if progress.scores else 0.0
        for epoch, score in enumerate(progress.scores, start=1):
            quick += (1.0 - self.fast) * (score - quick)
            tardy += (1.0 - self.slow) * (score - tardy)
            if quick <= tardy and epoch - last_cut >= max(self.patience, 1):
                factor, last_cut = factor * self.cut, epoch
        return factor * self.then(progress)
