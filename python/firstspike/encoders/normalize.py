"""Signals of one size: what to do before levels are laid over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike.encoders.base import check_sequences
from firstspike.sequences import Sequences

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Normalize"]


@dataclass(frozen=True)
class Normalize:
    r"""Bring every channel of every sample to the range from -1 to 1, around its median.

    .. math::

        x' = \frac{x - \operatorname{median} x}{\max |x - \operatorname{median} x|}

    over the rows of the sample; a channel that stands still becomes 0. Takes away what differs
    from one person or one electrode to the next: offset and size. Made to stand first in a
    `Chain`: it takes signals and answers with signals.

    Examples
    --------
    >>> from firstspike import Sequences
    >>> from firstspike.encoders import Normalize
    >>> beats = Sequences.from_list([[[5.0], [5.0], [7.0], [4.0]]], rate=360.0)
    >>> Normalize()(beats).values[:, 0].tolist()
    [0.0, 0.0, 1.0, -0.5]
    """

    def __call__(self, inputs: Sequences, /) -> Sequences:
        """Scale `inputs`; lengths and rate stay."""
        signals = check_sequences(inputs)
        values = np.zeros(signals.values.shape)
        for n in range(signals.n_samples):
            rows = slice(signals.offsets[n], signals.offsets[n + 1])
            if signals.lengths[n]:
                values[rows] = _scaled(signals.values[rows].astype(np.float64))
        return Sequences(signals.offsets, values, signals.rate)


def _scaled(sample: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = sample - np.median(sample, axis=0)
    size = np.abs(centred).max(axis=0)
    scaled: NDArray[np.float64] = centred / np.where(size == 0.0, 1.0, size)
    return scaled
