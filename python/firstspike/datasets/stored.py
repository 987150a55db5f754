"""Samples that stay in their files until they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import numpy as np

from firstspike import _checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from firstspike.events import SpikeBatch
    from firstspike.sequences import Sequences

__all__ = ["Reader", "Stored"]

Loaded_co = TypeVar("Loaded_co", bound="SpikeBatch | Sequences", covariant=True)


class Reader(Protocol[Loaded_co]):
    """Reads chosen samples of a file or a folder."""

    @property
    def width(self) -> int:
        """Channels of every sample."""
        ...

    def __call__(self, indices: NDArray[np.int64], /) -> Loaded_co:
        """Read the samples `indices`, in that order."""
        ...


@dataclass(frozen=True, eq=False, repr=False)
class Stored(Generic[Loaded_co]):
    """Samples by number, to be read when they are encoded.

    Selecting samples reads nothing, so a data set much larger than the memory can be sliced and
    split like any other. No file is kept open.

    Parameters
    ----------
    reader : Reader
        Reads samples by number.
    indices : array_like of int64, shape (n_samples,)
        The samples, as the reader numbers them.
    """

    reader: Reader[Loaded_co]
    indices: NDArray[np.int64]

    def __post_init__(self) -> None:
        indices = _checks.int_vector("indices", self.indices, np.int64)
        indices.setflags(write=False)
        object.__setattr__(self, "indices", indices)

    def load(self) -> Loaded_co:
        """Read all samples into memory.

        Raises
        ------
        FormatError
            If a file turns out to be damaged.
        """
        return self.reader(self.indices)

    def chunks(self, size: int) -> Iterator[Loaded_co]:
        """Read at most `size` samples at a time; one empty chunk if there is no sample."""
        for first in range(0, max(len(self), 1), size):
            yield self.reader(self.indices[first : first + size])

    def __getitem__(self, key: slice | ArrayLike) -> Stored[Loaded_co]:
        """Select samples by slice, integer array or boolean mask, without reading them."""
        chosen = key if isinstance(key, slice) else np.atleast_1d(np.asarray(key))
        return Stored(self.reader, self.indices[chosen])

    def __len__(self) -> int:
        return int(self.indices.size)

    def __repr__(self) -> str:
        return f"Stored({self.reader!r}, {len(self)} samples)"
