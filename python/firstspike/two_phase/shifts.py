"""Images moved by a pixel: more to learn from."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from firstspike.errors import ShapeError

if TYPE_CHECKING:
    from firstspike.datasets import Dataset

__all__ = ["with_shifts"]

#: Row and column where an image begins in its frame of one dark pixel on every side.
PLACES = ((1, 1), (2, 1), (0, 1), (1, 2), (1, 0))


def with_shifts(dataset: Dataset) -> Dataset:
    """Return every square image as it is, and moved by one pixel up, down, left and right.

    Parameters
    ----------
    dataset : Dataset
        Images with `n` by `n` features in `[0, 1]`, row after row; what moves in is 0.

    Returns
    -------
    Dataset
        Five times as many samples: all as they are, then all of each direction.

    Raises
    ------
    ShapeError
        If the number of features is no square.

    Examples
    --------
    >>> import firstspike as fs
    >>> from firstspike.two_phase import with_shifts
    >>> train, _ = fs.datasets.load("digits")
    >>> len(with_shifts(train)) == 5 * len(train)
    True
    """
    side = math.isqrt(dataset.n_features)
    if side * side != dataset.n_features:
        msg = f"dataset has {dataset.n_features} features, expected the pixels of a square image"
        raise ShapeError(msg)
    images = dataset.inputs.reshape(-1, side, side)
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    parts = [framed[:, y : y + side, x : x + side].reshape(dataset.inputs.shape) for y, x in PLACES]
    labels = np.tile(dataset.labels, len(parts))
    return replace(dataset, inputs=np.concatenate(parts), labels=labels)
