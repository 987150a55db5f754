"""Everything that changes while a network trains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firstspike.models import Network
    from firstspike.optim import Optimizer, OptimizerState

__all__ = ["BatchTotals", "TrainState"]


@dataclass
class TrainState:
    """Trained weights, optimiser state and the number of finished epochs.

    There is no random state: every random number of a run is a function of the seed, the epoch
    and the sample.

    Parameters
    ----------
    weights : list of ndarray, shape (n_in, n_out)
        Weights in full precision; the network may compute with rounded ones.
    optimizer : OptimizerState
        Step count and moments.
    epoch : int
        Finished epochs.
    """

    weights: list[NDArray[Any]]
    optimizer: OptimizerState
    epoch: int = 0

    @classmethod
    def start(cls, net: Network, optimizer: Optimizer) -> TrainState:
        """State before the first epoch."""
        weights = [np.array(array, order="C") for array in net.weights]
        return cls(weights=weights, optimizer=optimizer.init(weights))


@dataclass
class BatchTotals:
    """Sums over the batches of an epoch so far.

    Parameters
    ----------
    samples, correct, silent : int
        Number of samples, of right decisions and of silent label outputs.
    loss : float
        Sum over batches of the mean loss times the batch's size.
    spikes : int
        Spikes of all neurons of the network.
    """

    samples: int = 0
    correct: int = 0
    silent: int = 0
    loss: float = 0.0
    spikes: int = 0

    def add(self, *, samples: int, correct: int, silent: int, loss: float, spikes: int) -> None:
        """Add one batch; in both training paths batches are added one by one, in order."""
        self.samples += samples
        self.correct += correct
        self.silent += silent
        self.loss += loss * samples
        self.spikes += spikes
