"""Scales chosen by what they are for: the accuracy of the integer network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.errors import FirstspikeError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from firstspike.events import SpikeBatch
    from firstspike.integer_network import IntegerNetwork

__all__ = ["Calibration", "search_scales"]

_FACTORS = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5)
_ROUNDS = 2


@dataclass(frozen=True, eq=False)
class Calibration:
    """Samples on which choices about an integer network are made; never the test set.

    Parameters
    ----------
    spikes : SpikeBatch
        Encoded inputs.
    labels : ndarray of int64, shape (n_samples,)
        Right output neuron of each sample.
    """

    spikes: SpikeBatch
    labels: NDArray[np.int64]

    @classmethod
    def of(cls, spikes: SpikeBatch, labels: ArrayLike) -> Calibration:
        """Check that there is exactly one label per sample, and at least one sample.

        Raises
        ------
        ShapeError
            If not.
        """
        checked = _checks.int_vector("labels", labels, np.int64)
        if checked.size != spikes.n_samples or checked.size == 0:
            msg = f"labels has {checked.size} entries, expected one per sample, at least one"
            raise ShapeError(f"{msg}; there are {spikes.n_samples} samples")
        return cls(spikes, checked)

    def accuracy(self, network: IntegerNetwork, threads: int | None = None) -> float:
        """Return the accuracy of the network on these samples."""
        return network.simulate(self.spikes, threads=threads).accuracy(self.labels)


def search_scales(
    build: Callable[[Sequence[float]], IntegerNetwork],
    start: Sequence[float],
    free: Sequence[int],
    calibration: Calibration,
    threads: int | None,
) -> list[float]:
    """Improve one scale at a time, keeping a change only if more samples come out right.

    Parameters
    ----------
    build : callable
        Makes the network for given scales.
    start : sequence of float
        Scales to begin with.
    free : sequence of int
        Layers whose scale may change.
    calibration : Calibration
        What is to come out right.
    threads : int, optional
        Number of threads of the simulation.
    """
    scales = list(start)
    best = calibration.accuracy(build(scales), threads)
    for _ in range(_ROUNDS):
        before = best
        for index in free:
            centre = scales[index]
            for factor in _FACTORS:
                trial = [*scales[:index], centre * factor, *scales[index + 1 :]]
                try:
                    accuracy = calibration.accuracy(build(trial), threads)
                except FirstspikeError:
                    continue  # too wide with this scale
                if accuracy > best:
                    best, scales = accuracy, trial
        if best == before:
            break
    return scales
