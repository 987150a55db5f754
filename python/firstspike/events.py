"""Spikes of a batch of samples: the one event type that everything shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _core

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["SpikeBatch"]


@dataclass(frozen=True, eq=False)
class SpikeBatch:
    """Spike trains of several samples in compressed sparse row form.

    Sample ``s`` owns ``times[offsets[s]:offsets[s + 1]]`` and the same slots of ``sources``.
    Within a sample, spikes are sorted by time, and by source where times are equal.

    Parameters
    ----------
    offsets : array_like of int64, shape (n_samples + 1,)
        Start of each sample; the last entry is the number of spikes.
    times : array_like of float64, shape (n_spikes,)
        Spike times in seconds, finite and not negative.
    sources : array_like of uint32, shape (n_spikes,)
        Index of the neuron or input channel that spiked.
    n_sources : int
        Number of channels; every source is below it.

    Raises
    ------
    ShapeError
        If the arrays disagree in length.
    DomainError
        If a time is NaN, infinite or negative, a source is out of range, or events are unsorted.

    Examples
    --------
    >>> import firstspike as fs
    >>> batch = fs.SpikeBatch.from_lists([[(2e-3, 0), (1e-3, 2)], []], n_sources=3)
    >>> batch.times.tolist(), batch.sources.tolist(), batch.n_samples
    ([0.001, 0.002], [2, 0], 2)
    """

    offsets: NDArray[np.int64]
    times: NDArray[np.float64]
    sources: NDArray[np.uint32]
    n_sources: int

    def __post_init__(self) -> None:
        for name, dtype in (("offsets", np.int64), ("times", np.float64), ("sources", np.uint32)):
            array = np.array(getattr(self, name), dtype=dtype, ndmin=1)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        _core.check_spike_batch(self.offsets, self.times, self.sources, self.n_sources)
