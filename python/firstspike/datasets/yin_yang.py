"""The Yin-Yang task: three classes in a plane that no linear readout tells apart."""

from __future__ import annotations

import numpy as np

from firstspike import _checks
from firstspike.datasets.dataset import Dataset, unknown_split

__all__ = ["generate_yin_yang", "yin_yang"]

R_SMALL, R_BIG = 0.1, 0.5
CLASSES = ("yin", "yang", "dot")
SPLITS = {"train": (5000, 42), "validation": (1000, 41), "test": (1000, 40)}  # size, seed


def yin_yang(split: str = "train") -> Dataset:
    """Return one of the published splits, bit for bit.

    Parameters
    ----------
    split : {"train", "validation", "test"}
        5000, 1000 and 1000 samples from the seeds 42, 41 and 40.

    Raises
    ------
    DomainError
        If there is no such split.

    References
    ----------
    L. Kriener, J. Göltz, M. A. Petrovici, "The Yin-Yang dataset", arXiv:2102.08211.

    Examples
    --------
    >>> from firstspike.datasets import yin_yang
    >>> yin_yang("test")
    Dataset('yin_yang', 1000 samples, 4 features, 3 classes)
    """
    if split not in SPLITS:
        raise unknown_split(split, tuple(SPLITS))
    size, seed = SPLITS[split]
    return generate_yin_yang(size, seed=seed)


def generate_yin_yang(size: int, *, seed: int) -> Dataset:
    """Draw `size` samples ``(x, y, 1 - x, 1 - y)``, classes in equal shares on average.

    Per sample a class is drawn, then points in the square until one falls into that class. The
    stream is numpy's legacy generator, as in the publication, so it is the same everywhere.

    Parameters
    ----------
    size : int
        Number of samples.
    seed : int
        Seed, 0 to 2**32 - 1.

    Examples
    --------
    >>> from firstspike.datasets import generate_yin_yang
    >>> generate_yin_yang(3, seed=7).labels.tolist()
    [0, 2, 2]
    """
    rng = np.random.RandomState(seed)  # the published arrays come from it
    inputs = np.empty((_checks.count("size", size), 4))
    labels = np.empty(len(inputs), dtype=np.int64)
    for sample in range(len(inputs)):
        goal = rng.randint(3)
        x, y = rng.rand(2) * 2.0 * R_BIG
        while _class_of(x, y) != goal:
            x, y = rng.rand(2) * 2.0 * R_BIG
        inputs[sample] = x, y, 1.0 - x, 1.0 - y
        labels[sample] = goal
    return Dataset("yin_yang", inputs, labels, CLASSES)


def _class_of(x: float, y: float) -> int | None:
    """Class of a point of the unit square, None outside the big circle."""
    if np.sqrt((x - R_BIG) ** 2 + (y - R_BIG) ** 2) > R_BIG:
        return None
    to_right = np.sqrt((x - 1.5 * R_BIG) ** 2 + (y - R_BIG) ** 2)
    to_left = np.sqrt((x - 0.5 * R_BIG) ** 2 + (y - R_BIG) ** 2)
    if to_right < R_SMALL or to_left < R_SMALL:
        return 2
    in_left_half_ring = R_SMALL < to_left <= 0.5 * R_BIG
    in_upper_half = y > R_BIG and to_right > 0.5 * R_BIG
    return int(to_right <= R_SMALL or in_left_half_ring or in_upper_half)
