"""Spikes of a batch of samples: the one event type that everything shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self, SupportsIndex

import numpy as np

from firstspike import _checks, _core
from firstspike.errors import DomainError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["SpikeBatch"]


@dataclass(frozen=True, eq=False, repr=False)
class SpikeBatch:
    """Spike trains of several samples in compressed sparse row form.

    Sample ``s`` owns ``times[offsets[s]:offsets[s + 1]]`` and the same slots of ``sources``.
    Within a sample, spikes are sorted by time, and by source where times are equal. The arrays
    are read-only copies, so a batch never changes once it exists.

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
        If the arrays disagree in length, are not one-dimensional or hold the wrong kind of number.
    DomainError
        If a time is NaN, infinite or negative, a source is out of range, or events are unsorted.

    Examples
    --------
    >>> import firstspike as fs
    >>> batch = fs.SpikeBatch.from_lists([[(2e-3, 0), (1e-3, 2)], []], n_sources=3)
    >>> batch.times.tolist(), batch.sources.tolist(), batch.n_samples
    ([0.001, 0.002], [2, 0], 2)
    >>> batch[1:]
    SpikeBatch(n_samples=1, n_sources=3, n_spikes=0)
    """

    offsets: NDArray[np.int64]
    times: NDArray[np.float64]
    sources: NDArray[np.uint32]
    n_sources: int

    def __post_init__(self) -> None:
        parts = {
            "offsets": _checks.int_vector("offsets", self.offsets, np.int64),
            "times": _checks.real_vector("times", self.times),
            "sources": _checks.int_vector("sources", self.sources, np.uint32),
        }
        for name, array in parts.items():
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        object.__setattr__(self, "n_sources", _checks.count("n_sources", self.n_sources))
        _core.check_spike_batch(self.offsets, self.times, self.sources, self.n_sources)

    @classmethod
    def from_lists(cls, samples: Sequence[Sequence[tuple[float, int]]], *, n_sources: int) -> Self:
        """Build a batch from one list of ``(time, source)`` pairs per sample, in any order.

        Parameters
        ----------
        samples : sequence of sequences of (float, int)
            Time in seconds and source of each spike.
        n_sources : int
            Number of channels.

        Raises
        ------
        DomainError
            If a time is NaN, infinite or negative, or a source is out of range.
        """
        index = [s for s, spikes in enumerate(samples) for _ in spikes]
        times = [time for spikes in samples for time, _ in spikes]
        sources = [source for spikes in samples for _, source in spikes]
        return cls.from_events(index, times, sources, n_samples=len(samples), n_sources=n_sources)

    @classmethod
    def from_events(
        cls,
        samples: ArrayLike,
        times: ArrayLike,
        sources: ArrayLike,
        *,
        n_samples: int,
        n_sources: int,
    ) -> Self:
        """Build a batch from unsorted events; this is the constructor that sorts.

        Parameters
        ----------
        samples : array_like of int64, shape (n_spikes,)
            Sample that each spike belongs to, below `n_samples`.
        times : array_like of float64, shape (n_spikes,)
            Spike times in seconds.
        sources : array_like of uint32, shape (n_spikes,)
            Channel of each spike, below `n_sources`.
        n_samples, n_sources : int
            Size of the batch; samples without a spike exist all the same.

        Raises
        ------
        ShapeError
            If the three arrays disagree in length.
        DomainError
            If a sample or source is out of range, or a time is NaN, infinite or negative.

        Examples
        --------
        >>> from firstspike import SpikeBatch
        >>> batch = SpikeBatch.from_events([1, 0, 1], [3e-3, 0, 1e-3], [0, 0, 1],
        ...                                n_samples=2, n_sources=2)
        >>> batch.offsets.tolist(), batch.sources.tolist()
        ([0, 1, 3], [0, 1, 0])
        """
        n_samples = _checks.count("n_samples", n_samples)
        index = _checks.int_vector("samples", samples, np.int64)
        time = _checks.real_vector("times", times)
        source = _checks.int_vector("sources", sources, np.uint32)
        if not index.shape == time.shape == source.shape:
            msg = (
                f"samples, times and sources have {index.size}, {time.size} and {source.size} "
                "entries, expected one of each per spike"
            )
            raise ShapeError(msg)
        outside = np.flatnonzero((index < 0) | (index >= n_samples))
        if outside.size:
            at = int(outside[0])
            msg = f"samples[{at}] is {index[at]}, expected 0 to n_samples - 1 = {n_samples - 1}"
            raise DomainError(msg)
        order = np.lexsort((source, time, index))
        offsets = np.concatenate(([0], np.cumsum(np.bincount(index, minlength=n_samples))))
        return cls(offsets, time[order], source[order], n_sources)

    @classmethod
    def from_dense(cls, times: ArrayLike) -> Self:
        """Build a batch from a matrix with at most one spike per channel.

        Parameters
        ----------
        times : array_like of float64, shape (n_samples, n_sources)
            Spike times in seconds; ``inf`` says "no spike".

        Raises
        ------
        ShapeError
            If `times` is not two-dimensional.
        DomainError
            If a time is NaN or negative.

        Examples
        --------
        >>> from firstspike import SpikeBatch
        >>> SpikeBatch.from_dense([[2e-3, 1e-3], [float("inf"), 0.0]]).sources.tolist()
        [1, 0, 1]
        """
        matrix = _checks.real_matrix("times", times, "(n_samples, n_sources)")
        if not (matrix >= 0.0).all():
            sample, source = (int(i) for i in np.argwhere(~(matrix >= 0.0))[0])
            msg = (
                f"times[{sample}, {source}] is {matrix[sample, source]}, expected a time of at "
                "least 0 s, or inf to say 'no spike'"
            )
            raise DomainError(msg)
        order = np.argsort(matrix, axis=1, kind="stable")  # equal times stay ordered by source
        ordered = np.take_along_axis(matrix, order, axis=1)
        spiked = np.isfinite(ordered)
        offsets = np.concatenate(([0], np.cumsum(spiked.sum(axis=1))))
        return cls(offsets, ordered[spiked], order[spiked].astype(np.uint32), matrix.shape[1])

    @classmethod
    def concatenate(cls, batches: Sequence[SpikeBatch]) -> Self:
        """Join batches sample after sample.

        Raises
        ------
        ShapeError
            If there is no batch, or they differ in `n_sources`.
        """
        widths = sorted({batch.n_sources for batch in batches})
        if len(widths) != 1:
            msg = f"batches have n_sources {widths}, expected at least one batch and one n_sources"
            raise ShapeError(msg)
        lengths = np.concatenate([np.diff(batch.offsets) for batch in batches])
        return cls(
            np.concatenate(([0], np.cumsum(lengths))),
            np.concatenate([batch.times for batch in batches]),
            np.concatenate([batch.sources for batch in batches]),
            widths[0],
        )

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return self.offsets.size - 1

    @property
    def n_spikes(self) -> int:
        """Number of spikes in all samples together."""
        return self.times.size

    @property
    def samples(self) -> NDArray[np.int64]:
        """Sample that each spike belongs to, shape (n_spikes,)."""
        return np.repeat(np.arange(self.n_samples), np.diff(self.offsets))

    def sample(self, index: int) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
        """Return times (s) and sources of one sample, as views.

        Raises
        ------
        IndexError
            If there is no such sample.
        """
        at = range(self.n_samples)[index]
        slots = slice(int(self.offsets[at]), int(self.offsets[at + 1]))
        return self.times[slots], self.sources[slots]

    def first_spike_times(self) -> NDArray[np.float64]:
        """Time in seconds of each channel's first spike, shape (n_samples, n_sources).

        ``inf`` stands for a channel without a spike.

        Examples
        --------
        >>> from firstspike import SpikeBatch
        >>> batch = SpikeBatch.from_lists([[(2e-3, 0), (1e-3, 0)]], n_sources=2)
        >>> batch.first_spike_times().tolist()
        [[0.001, inf]]
        """
        matrix = np.full(self.n_samples * self.n_sources, np.inf)
        np.minimum.at(matrix, self.samples * self.n_sources + self.sources, self.times)
        return matrix.reshape(self.n_samples, self.n_sources)

    def to_dense(self) -> NDArray[np.float64]:
        """Invert `from_dense`: spike times in seconds, ``inf`` for none.

        Raises
        ------
        DomainError
            If a channel spikes twice in a sample; use `first_spike_times` to drop later spikes.
        """
        matrix = self.first_spike_times()
        if np.isfinite(matrix).sum() != self.n_spikes:
            msg = (
                "a channel spikes more than once in a sample, expected at most one spike each; "
                "first_spike_times() drops the later ones"
            )
            raise DomainError(msg)
        return matrix

    def __getitem__(self, key: SupportsIndex | slice | ArrayLike) -> SpikeBatch:
        """Select samples by slice, integer, integer array or boolean mask; always a batch."""
        if not isinstance(key, slice):
            key = np.asarray(key)
            key = key.astype(np.int64) if key.size == 0 else key  # numpy reads [] as floats
        chosen = np.atleast_1d(np.arange(self.n_samples)[key])
        if chosen.ndim != 1:
            msg = f"a batch is indexed with shape {chosen.shape}, expected one dimension"
            raise ShapeError(msg)
        starts, lengths = self.offsets[chosen], np.diff(self.offsets)[chosen]
        offsets = np.concatenate(([0], np.cumsum(lengths)))
        slots = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)
        return SpikeBatch(offsets, self.times[slots], self.sources[slots], self.n_sources)

    def __len__(self) -> int:
        return self.n_samples

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SpikeBatch):
            return NotImplemented
        return (
            self.n_sources == other.n_sources
            and np.array_equal(self.offsets, other.offsets)
            and np.array_equal(self.times, other.times)
            and np.array_equal(self.sources, other.sources)
        )

    # Compared by value, and far too big to hash.
    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type[SpikeBatch], tuple[object, ...]]:
        return SpikeBatch, (self.offsets, self.times, self.sources, self.n_sources)

    def __repr__(self) -> str:
        return (
            f"SpikeBatch(n_samples={self.n_samples}, n_sources={self.n_sources}, "
            f"n_spikes={self.n_spikes})"
        )
