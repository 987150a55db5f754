"""Encoders from spikes to spikes: what to keep of them, and when they come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.encoders.base import check_seconds, check_spikes
from firstspike.errors import DomainError
from firstspike.events import SpikeBatch

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Compress", "Events", "FirstSpikes", "FromFirst", "Window"]


@dataclass(frozen=True)
class Events:
    """Take spikes as they are: the encoder of data that are events already.

    Examples
    --------
    >>> import firstspike as fs
    >>> batch = fs.SpikeBatch.from_lists([[(1e-3, 0)]], n_sources=1)
    >>> fs.encoders.Events()(batch) is batch
    True
    """

    def __call__(self, inputs: SpikeBatch, /) -> SpikeBatch:
        """Return `inputs`."""
        return check_spikes(inputs)


@dataclass(frozen=True)
class Compress:
    """Play spikes faster: divide their times.

    Parameters
    ----------
    factor : float
        Above 1 to shorten, below 1 to lengthen.

    Raises
    ------
    DomainError
        If `factor` is not positive.

    Examples
    --------
    >>> import firstspike as fs
    >>> batch = fs.SpikeBatch.from_lists([[(0.25, 0)]], n_sources=1)
    >>> fs.encoders.Compress(10.0)(batch).times.tolist()
    [0.025]
    """

    factor: float

    def __post_init__(self) -> None:
        _checks.positive("factor", self.factor)

    def __call__(self, inputs: SpikeBatch, /) -> SpikeBatch:
        """Divide all times."""
        batch = check_spikes(inputs)
        if self.factor == 1.0:
            return batch
        # Division can make times equal, and equal times must be sorted by source.
        with np.errstate(over="ignore"):  # infinite times are refused
            return _resorted(batch, batch.times / self.factor)


@dataclass(frozen=True)
class FromFirst:
    """Count the time of every sample from its first spike.

    Examples
    --------
    >>> import firstspike as fs
    >>> batch = fs.SpikeBatch.from_lists([[(0.25, 0), (0.5, 1)]], n_sources=2)
    >>> fs.encoders.FromFirst()(batch).times.tolist()
    [0.0, 0.25]
    """

    def __call__(self, inputs: SpikeBatch, /) -> SpikeBatch:
        """Subtract the time of each sample's first spike."""
        batch = check_spikes(inputs)
        starts = np.zeros(batch.n_samples)
        spiking = np.diff(batch.offsets) > 0
        starts[spiking] = batch.times[batch.offsets[:-1][spiking]]
        return _resorted(batch, batch.times - starts[batch.samples])


@dataclass(frozen=True)
class Window:
    """Keep the spikes from `start` to before `stop`, and count time from `start`.

    Parameters
    ----------
    start, stop : float
        Seconds, ``0 <= start < stop``.

    Raises
    ------
    DomainError
        If they are not such times.

    Examples
    --------
    >>> import firstspike as fs
    >>> batch = fs.SpikeBatch.from_lists([[(0.25, 0), (0.5, 1), (1.0, 0)]], n_sources=2)
    >>> fs.encoders.Window(0.5, 1.0)(batch).times.tolist()
    [0.0]
    """

    start: float
    stop: float

    def __post_init__(self) -> None:
        check_seconds("start", self.start)
        check_seconds("stop", self.stop)
        if self.start >= self.stop:
            msg = f"start is {self.start} s and stop {self.stop} s, expected start before stop"
            raise DomainError(msg)

    def __call__(self, inputs: SpikeBatch, /) -> SpikeBatch:
        """Cut the window out of every sample."""
        batch = check_spikes(inputs)
        kept = _chosen(batch, (batch.times >= self.start) & (batch.times < self.stop))
        return _resorted(kept, kept.times - self.start)


@dataclass(frozen=True)
class FirstSpikes:
    """Keep the first spikes of every source in every sample.

    Parameters
    ----------
    count : int, default 1
        How many, at least 1.

    Raises
    ------
    DomainError
        If `count` is not a whole number of at least 1.

    Examples
    --------
    >>> import firstspike as fs
    >>> batch = fs.SpikeBatch.from_lists([[(0.25, 0), (0.5, 0), (1.0, 1)]], n_sources=2)
    >>> fs.encoders.FirstSpikes()(batch).times.tolist()
    [0.25, 1.0]
    """

    count: int = 1

    def __post_init__(self) -> None:
        if _checks.count("count", self.count) == 0:
            msg = "count is 0, expected at least 1"
            raise DomainError(msg)

    def __call__(self, inputs: SpikeBatch, /) -> SpikeBatch:
        """Drop the later spikes."""
        batch = check_spikes(inputs)
        owner = batch.samples * batch.n_sources + batch.sources
        order = np.argsort(owner, kind="stable")  # spikes of a source stay in the order of time
        fresh = np.concatenate(([True], np.diff(owner[order]) != 0))[: owner.size]
        begins = np.maximum.accumulate(np.where(fresh, np.arange(owner.size), 0))
        rank = np.empty(owner.size, dtype=np.int64)
        rank[order] = np.arange(owner.size) - begins
        return _chosen(batch, rank < self.count)


def _chosen(batch: SpikeBatch, kept: NDArray[np.bool_]) -> SpikeBatch:
    counts = np.bincount(batch.samples[kept], minlength=batch.n_samples)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    return SpikeBatch(offsets, batch.times[kept], batch.sources[kept], batch.n_sources)


def _resorted(batch: SpikeBatch, times: NDArray[np.float64]) -> SpikeBatch:
    return SpikeBatch.from_events(
        batch.samples, times, batch.sources, n_samples=batch.n_samples, n_sources=batch.n_sources
    )
