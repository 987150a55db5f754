"""Everything that changes while a network trains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firstspike.models import Network
    from firstspike.optim import Optimizer, OptimizerState
    from firstspike.train.learned import Learned

__all__ = ["BatchTotals", "TrainState"]


@dataclass
class TrainState:
    """Learned parameters, optimiser state and the number of finished epochs.

    There is no random state: every random number of a run is a function of the seed, the epoch
    and the sample.

    Parameters
    ----------
    learned : dict of str to list of ndarray
        By name, one array per layer: the parameter divided by its scale, in full precision; the
        network may compute with rounded weights.
    optimizer : OptimizerState
        Step count and moments, for the arrays in the order of `arrays`.
    epoch : int
        Finished epochs.
    """

    learned: dict[str, list[NDArray[Any]]]
    optimizer: OptimizerState
    epoch: int = 0

    @classmethod
    def start(cls, net: Network, optimizer: Optimizer, learn: Sequence[Learned]) -> TrainState:
        """State before the first epoch."""
        learned = {item.name: _scaled(net, item) for item in learn}
        arrays = [array for arrays in learned.values() for array in arrays]
        return cls(learned=learned, optimizer=optimizer.init(arrays))

    @property
    def arrays(self) -> list[NDArray[Any]]:
        """All learned arrays, name by name and layer by layer."""
        return [array for arrays in self.learned.values() for array in arrays]

    @property
    def weights(self) -> list[NDArray[Any]]:
        """The learned weights of every layer; empty if they are not learned."""
        return self.learned.get("weights", [])


def _scaled(net: Network, item: Learned) -> list[NDArray[Any]]:
    return [
        np.array(array / array.dtype.type(item.unit), order="C")
        for array in net.parameters[item.name]
    ]


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
