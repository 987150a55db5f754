"""A training run: what is fixed, and what the two engines have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from firstspike.events import SpikeBatch
    from firstspike.losses import Loss, SilentHinge
    from firstspike.models import Network
    from firstspike.optim import Optimizer
    from firstspike.train.augment import Augment
    from firstspike.train.learned import Learned
    from firstspike.train.plan import EpochPlan
    from firstspike.train.remedies import Remedy
    from firstspike.train.state import BatchTotals, TrainState

__all__ = ["Engine", "Run", "Session"]


@dataclass(frozen=True, eq=False)
class Run:
    """Everything that stays the same while a network trains.

    Parameters
    ----------
    net : Network
        Trained in place.
    spikes : SpikeBatch
        All training samples.
    labels : ndarray of int64, shape (n_samples,)
        Right output of each.
    loss : Loss
        Loss on spikes or on the readout.
    silent : SilentHinge
        Loss on neurons without a spike.
    optimizer : Optimizer
        Update rule.
    batch_size, seed : int
        Samples per step; seed of order and disturbances.
    learn : tuple of Learned
        What is learned, resolved.
    augment : sequence of Augment
        Disturbances of the input.
    remedies : sequence of Remedy
        Heuristics for silent neurons.
    until : float, optional
        End of a trial in seconds.
    slope_guard : float, optional
        Smallest slope a spike is credited with, see `Network.backward`.
    threads : int, optional
        Number of threads; None takes all cores. No result depends on it.
    """

    net: Network
    spikes: SpikeBatch
    labels: NDArray[np.int64]
    loss: Loss
    silent: SilentHinge
    optimizer: Optimizer
    batch_size: int
    seed: int
    learn: tuple[Learned, ...]
    augment: Sequence[Augment]
    remedies: Sequence[Remedy]
    until: float | None
    slope_guard: float | None
    threads: int | None

    def parts(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.uint32], int]:
        """Return the spikes as the core takes them."""
        spikes = self.spikes
        return spikes.offsets, spikes.times, spikes.sources, spikes.n_sources

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the learned parameters."""
        return tuple(item.name for item in self.learn)

    @property
    def n_batches(self) -> int:
        """Batches per epoch; the last one may be smaller."""
        return -(-len(self.labels) // self.batch_size)


class Session(Protocol):
    """One engine at work on one run."""

    def begin_epoch(self, state: TrainState, plan: EpochPlan) -> None:
        """Take over `state` and the plan of the coming epoch."""
        ...

    def step(self, first_batch: int, rates: Sequence[float], totals: BatchTotals) -> None:
        """Train on ``len(rates)`` batches from `first_batch` on; add them to `totals`."""
        ...

    def hand_back(self, state: TrainState) -> None:
        """Bring `state` and the network up to date."""
        ...


class Engine(Protocol):
    """A way to run training steps; all of them produce the same bits."""

    def open(self, run: Run) -> Session:
        """Prepare a run."""
        ...
