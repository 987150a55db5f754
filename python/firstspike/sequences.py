"""Sampled signals of different lengths: the one sequence type that everything shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, SupportsIndex

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Sequences"]


@dataclass(frozen=True, eq=False, repr=False)
class Sequences:
    """Signals of several samples, one after the other, all at the same rate.

    Sample ``s`` owns the rows ``values[offsets[s]:offsets[s + 1]]``; its row ``k`` was taken
    ``k / rate`` seconds after its start. The arrays are read-only.

    Parameters
    ----------
    offsets : array_like of int64, shape (n_samples + 1,)
        First row of each sample; the last entry is the number of rows.
    values : array_like of float, shape (n_rows, n_channels)
        The signals. float32 stays float32, everything else becomes float64.
    rate : float
        Rows per second.

    Raises
    ------
    ShapeError
        If the arrays have the wrong shape, or hold no real numbers.
    DomainError
        If the offsets do not rise from 0 to the number of rows, a value is NaN or infinite, or
        `rate` is not above 0.

    Examples
    --------
    >>> from firstspike.sequences import Sequences
    >>> words = Sequences.from_list([[[0.0], [0.5]], [[1.0]]], rate=8000.0)
    >>> words, words.lengths.tolist()
    (Sequences(n_samples=2, n_channels=1, rate=8000 Hz), [2, 1])
    >>> words[1:].values.tolist()
    [[1.0]]
    """

    offsets: NDArray[np.int64]
    values: NDArray[np.floating[Any]]
    rate: float

    def __post_init__(self) -> None:
        offsets = _checks.int_vector("offsets", self.offsets, np.int64)
        values = np.asarray(self.values)
        if values.dtype != np.float32 or values.ndim != 2:
            values = _checks.real_matrix("values", values, "(n_rows, n_channels)")
        rising = offsets.size > 0 and offsets[0] == 0 and bool((np.diff(offsets) >= 0).all())
        if not rising or offsets[-1] != len(values):
            msg = f"offsets do not rise from 0 to the number of rows, {len(values)}: {offsets}"
            raise DomainError(msg)
        if not np.isfinite(values).all():
            row, channel = (int(i) for i in np.argwhere(~np.isfinite(values))[0])
            msg = f"values[{row}, {channel}] is {values[row, channel]}, expected a finite number"
            raise DomainError(msg)
        for name, array in (("offsets", offsets), ("values", values)):
            view = array.view()
            view.setflags(write=False)
            object.__setattr__(self, name, view)
        object.__setattr__(self, "rate", _checks.positive("rate", self.rate, "Hz"))

    @classmethod
    def from_list(cls, samples: Sequence[ArrayLike], *, rate: float) -> Self:
        """Build from one matrix of shape (n_rows, n_channels) per sample.

        Raises
        ------
        ShapeError
            If there is no sample, or they differ in their number of channels.
        """
        parts = [np.asarray(sample) for sample in samples]
        if len({part.shape[1:] for part in parts}) != 1 or parts[0].ndim != 2:
            shapes = ", ".join(str(part.shape) for part in parts[:3])
            msg = f"samples have shapes {shapes}, expected (n_rows, n_channels), channels alike"
            raise ShapeError(msg)
        offsets = np.concatenate(([0], np.cumsum([len(part) for part in parts])))
        return cls(offsets, np.concatenate(parts), rate)

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return self.offsets.size - 1

    @property
    def n_channels(self) -> int:
        """Number of signals that every sample has."""
        return int(self.values.shape[1])

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Rows of each sample, shape (n_samples,)."""
        return np.diff(self.offsets)

    def sample(self, index: int) -> NDArray[np.floating[Any]]:
        """Return one sample, shape (n_rows, n_channels), as a view.

        Raises
        ------
        IndexError
            If there is no such sample.
        """
        at = range(self.n_samples)[index]
        return self.values[int(self.offsets[at]) : int(self.offsets[at + 1])]

    def __getitem__(self, key: SupportsIndex | slice | ArrayLike) -> Sequences:
        """Select samples by slice, integer, integer array or boolean mask."""
        if not isinstance(key, slice):
            key = np.asarray(key)
            key = key.astype(np.int64) if key.size == 0 else key  # numpy reads [] as floats
        chosen = np.atleast_1d(np.arange(self.n_samples)[key])
        starts, lengths = self.offsets[chosen], self.lengths[chosen]
        offsets = np.concatenate(([0], np.cumsum(lengths)))
        rows = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)
        return Sequences(offsets, self.values[rows], self.rate)

    def __len__(self) -> int:
        return self.n_samples

    def __repr__(self) -> str:
        return (
            f"Sequences(n_samples={self.n_samples}, n_channels={self.n_channels}, "
            f"rate={self.rate:g} Hz)"
        )
