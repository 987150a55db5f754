"""Samples on the tick grid: what an integer network and its hardware take in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from firstspike import _checks, _core
from firstspike.integer_network._frozen import equal_fields, rebuild, store

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firstspike.events import SpikeBatch

__all__ = ["TickBatch"]


@dataclass(frozen=True, eq=False, repr=False)
class TickBatch:
    """Spikes of several samples in integer ticks, in compressed sparse row form.

    Sample ``s`` owns ``ticks[offsets[s]:offsets[s + 1]]`` and the same slots of `sources`, sorted
    by (tick, source). Every source spikes at most once per sample.

    Parameters
    ----------
    offsets : array_like of int64, shape (n_samples + 1,)
        Start of each sample; the last entry is the number of spikes.
    ticks : array_like of int32, shape (n_spikes,)
        Tick of each spike, at least 0.
    sources : array_like of uint32, shape (n_spikes,)
        Channel of each spike.
    n_sources : int
        Number of channels; every source is below it.
    dropped : int, default 0
        Number of events that fell outside the window when the batch was made.

    Raises
    ------
    ShapeError
        If the arrays disagree in length or kind.
    DomainError
        If a tick is negative, a source is out of range or spikes twice, or spikes are unsorted.

    Examples
    --------
    >>> from firstspike import TickBatch
    >>> batch = TickBatch([0, 2, 2], ticks=[0, 3], sources=[1, 0], n_sources=2)
    >>> batch.n_samples, batch.n_spikes
    (2, 2)
    """

    offsets: NDArray[np.int64]
    ticks: NDArray[np.int32]
    sources: NDArray[np.uint32]
    n_sources: int
    dropped: int = 0
    _core: _core.TickBatch = field(init=False)

    def __post_init__(self) -> None:
        store(
            self,
            offsets=_checks.int_vector("offsets", self.offsets, np.int64),
            ticks=_checks.int_vector("ticks", self.ticks, np.int32),
            sources=_checks.int_vector("sources", self.sources, np.uint32),
            n_sources=_checks.count("n_sources", self.n_sources),
            dropped=_checks.count("dropped", self.dropped),
        )
        handle = _core.TickBatch(self.offsets, self.ticks, self.sources, self.n_sources)
        store(self, _core=handle)

    @classmethod
    def from_spikes(cls, spikes: SpikeBatch, *, ticks: int, tick_seconds: float) -> Self:
        """Round spike times down to ticks: ``k = floor(t / tick_seconds + 2^-20)``.

        Events with ``k >= ticks`` are left out and counted in `dropped`.

        Parameters
        ----------
        spikes : SpikeBatch
            Spike trains in seconds, at most one spike per channel and sample inside the window.
        ticks : int
            Number of ticks of the window.
        tick_seconds : float
            Duration of a tick in seconds.

        Raises
        ------
        DomainError
            If a source spikes more than once in a sample.

        Examples
        --------
        >>> from firstspike import SpikeBatch, TickBatch
        >>> spikes = SpikeBatch.from_lists([[(0.0, 1), (2.9e-3, 0), (9e-3, 2)]], n_sources=3)
        >>> batch = TickBatch.from_spikes(spikes, ticks=8, tick_seconds=1e-3)
        >>> batch.ticks.tolist(), batch.sources.tolist(), batch.dropped
        ([0, 2], [1, 0], 1)
        """
        ticks = min(_checks.count("ticks", ticks), 2**31 - 1)
        tick_seconds = _checks.positive("tick_seconds", tick_seconds, "s")
        (offsets, tick, sources), dropped = _core.spikes_to_ticks(
            spikes.offsets, spikes.times, spikes.sources, spikes.n_sources, ticks, tick_seconds
        )
        return cls(offsets, tick, sources, spikes.n_sources, dropped)

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return self.offsets.size - 1

    @property
    def n_spikes(self) -> int:
        """Number of spikes in all samples together."""
        return self.ticks.size

    def sample(self, index: int) -> tuple[NDArray[np.int32], NDArray[np.uint32]]:
        """Return ticks and sources of one sample, as views.

        Raises
        ------
        IndexError
            If there is no such sample.
        """
        at = range(self.n_samples)[index]
        slots = slice(int(self.offsets[at]), int(self.offsets[at + 1]))
        return self.ticks[slots], self.sources[slots]

    def __len__(self) -> int:
        return self.n_samples

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    __hash__ = None  # type: ignore[assignment]  # compared by value, and far too big to hash

    __reduce__ = rebuild

    def __repr__(self) -> str:
        return (
            f"TickBatch(n_samples={self.n_samples}, n_sources={self.n_sources}, "
            f"n_spikes={self.n_spikes}, dropped={self.dropped})"
        )
