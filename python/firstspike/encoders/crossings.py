"""Where sampled signals cross levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.events import SpikeBatch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firstspike.sequences import Sequences

__all__ = ["UP_DOWN", "crossing_spikes"]

#: Directions of a crossing: 0 is the way up, 1 the way down.
UP_DOWN = 2


def crossing_spikes(
    signals: Sequences, levels: NDArray[np.float64], hysteresis: float, rest: float
) -> SpikeBatch:
    """Report every crossing of every level by every channel, between the rows it happened.

    A comparator per channel and level switches on where the signal reaches the level, and off
    where it falls below the level minus `hysteresis`. Before the first row the signal is at
    `rest`, and what the first row is beyond of has been crossed at time 0. Between two rows the
    signal is a straight line.

    Parameters
    ----------
    signals : Sequences
        The signals; times are in seconds since each sample's first row.
    levels : ndarray, shape (n_levels,)
        The levels.
    hysteresis : float
        At least 0.
    rest : float
        Value before the first row.

    Returns
    -------
    SpikeBatch
        Source ``(2 level + direction) n_channels + channel``, direction 0 up and 1 down: channels
        that are neighbours have neighbouring sources, so shifting sources by one shifts channels.
    """
    first = np.zeros(len(signals.values), dtype=bool)
    first[signals.offsets[:-1][signals.lengths > 0]] = True
    sample = np.repeat(np.arange(signals.n_samples), signals.lengths)
    row = np.arange(len(first)) - signals.offsets[sample]
    samples, positions, sources = [], [], []
    for channel in range(signals.n_channels):
        now = signals.values[:, channel].astype(np.float64)
        before = _shifted(now, first, rest)
        for index, level in enumerate(levels):
            starts_on = bool(rest >= level)
            on = _comparator(now, first, level, level - hysteresis, starts_on=starts_on)
            was_on = _shifted(on, first, starts_on)
            ends = ((on & ~was_on, level), (~on & was_on, level - hysteresis))
            for direction, (crossed, at) in enumerate(ends):
                rows = np.flatnonzero(crossed)
                share = (at - before[rows]) / (now[rows] - before[rows])
                where = np.where(first[rows], 0.0, row[rows] - 1 + np.clip(share, 0.0, 1.0))
                samples.append(sample[rows])
                positions.append(where)
                source = (index * UP_DOWN + direction) * signals.n_channels + channel
                sources.append(np.full(rows.size, source, dtype=np.uint32))
    return SpikeBatch.from_events(
        np.concatenate(samples),
        np.concatenate(positions) / signals.rate,
        np.concatenate(sources),
        n_samples=signals.n_samples,
        n_sources=signals.n_channels * len(levels) * UP_DOWN,
    )


def _comparator(
    now: NDArray[np.float64],
    first: NDArray[np.bool_],
    high: float,
    low: float,
    *,
    starts_on: bool,
) -> NDArray[np.bool_]:
    """State of a comparator with hysteresis; between its two levels it keeps its state."""
    above, below = now >= high, now < low
    decided = above | below | first
    last = np.maximum.accumulate(np.where(decided, np.arange(now.size), 0))
    state: NDArray[np.bool_] = (above | (first & ~below & starts_on))[last]
    return state


def _shifted(values: NDArray[Any], first: NDArray[np.bool_], start: float) -> NDArray[Any]:
    """Value of the row before, `start` before the first row of a sample."""
    before = np.roll(values, 1)
    before[first] = start
    return before
