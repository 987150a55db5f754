"""What a learning-rate schedule is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["Progress", "Schedule"]


@dataclass(frozen=True)
class Progress:
    """How far a training run is.

    Parameters
    ----------
    epoch : float
        Epochs done, with the fraction of the current one.
    epochs : int
        Epochs in all.
    step : int
        Optimiser steps done.
    scores : tuple of float
        Accuracy after every finished epoch: on the validation samples where there are any, else on
        the training samples.

    Examples
    --------
    >>> from firstspike.optim import Progress
    >>> Progress(epoch=1.5, epochs=10, step=150, scores=(0.81,)).scores[-1]
    0.81
    """

    epoch: float
    epochs: int
    step: int = 0
    scores: tuple[float, ...] = ()


class Schedule(Protocol):
    """Maps the progress of training to a factor on the learning rate.

    It must be a pure function of its argument: that is what lets a run resume from a checkpoint to
    the same bits.

    Examples
    --------
    >>> from firstspike.optim import Adam
    >>> def halfway_drop(progress):
    ...     return 1.0 if progress.epoch < progress.epochs / 2 else 0.1
    >>> optimizer = Adam(lr=1e-3, schedule=halfway_drop)
    """

    def __call__(self, progress: Progress, /) -> float:
        """Return the factor on the learning rate of the next step."""
        ...
