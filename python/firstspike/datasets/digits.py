"""Handwritten digits of 8 x 8 pixels, embedded in scikit-learn: the set that is always there."""

from __future__ import annotations

import numpy as np

from firstspike.datasets.dataset import Dataset, unknown_split

__all__ = ["digits"]

LEVELS = 16  # pixels count the dark dots of a 4 x 4 block: 0 to 16
TEST_EVERY = 4


def digits(split: str = "train") -> Dataset:
    """Return 1352 training or 445 test images of 8 x 8 pixels.

    Scikit-learn ships 1797 images without a split. Here every fourth image of each class, in the
    order they are shipped, is a test image: stratified, no randomness, nothing to keep in step.

    Parameters
    ----------
    split : {"train", "test"}
        Which part.

    Returns
    -------
    Dataset
        64 features, row by row from the top left, ``dots / 16``.

    Raises
    ------
    DomainError
        If there is no such split.

    References
    ----------
    E. Alpaydin, C. Kaynak, "Optical recognition of handwritten digits", UCI Machine Learning
    Repository, doi:10.24432/C50P49.

    Examples
    --------
    >>> from firstspike.datasets import digits
    >>> digits("test")
    Dataset('digits', 445 samples, 64 features, 10 classes)
    """
    if split not in ("train", "test"):
        raise unknown_split(split, ("train", "test"))
    from sklearn.datasets import load_digits  # a second of import time, so only when needed

    pixels, labels = load_digits(return_X_y=True)
    occurrence = np.empty(labels.size, dtype=np.int64)
    for label in range(10):
        members = np.flatnonzero(labels == label)
        occurrence[members] = np.arange(members.size)
    test = occurrence % TEST_EVERY == TEST_EVERY - 1
    chosen = test if split == "test" else ~test
    return Dataset("digits", pixels[chosen] / LEVELS, labels[chosen], tuple("0123456789"))
