"""Small sets of the UCI repository: optical digits, pen digits, Japanese vowels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.datasets.dataset import Dataset, unknown_split
from firstspike.datasets.files import look_for
from firstspike.datasets.npz import check_labels, read_npz
from firstspike.datasets.text import read_blocks, read_rows
from firstspike.errors import FormatError
from firstspike.sequences import Sequences

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from numpy.typing import NDArray

    Root = str | os.PathLike[str] | None

__all__ = ["japanese_vowels", "optical_digits", "pen_digits", "pen_strokes"]

SUFFIXES = {"train": "tra", "test": "tes"}
DIGITS = tuple("0123456789")
SITE = "https://archive.ics.uci.edu/dataset/"
DOTS = 16
TABLET = 100
POINTS = 8
FRAME_RATE = 1000 / 6.4  # frames per second: one every 6.4 ms
CEPSTRA = 12
VOWEL_SPEAKERS = tuple(f"speaker {n}" for n in range(1, 10))
VOWELS_PER_SPEAKER = {
    "train": (30,) * 9,
    "test": (31, 35, 88, 44, 29, 24, 40, 50, 29),
}


def optical_digits(split: str = "train", *, root: Root = None) -> Dataset:
    """Return 3823 training or 1797 test images of 8 x 8 pixels; no writer is in both parts.

    Parameters
    ----------
    split : {"train", "test"}
        Which part, as published.
    root : path, optional
        Folder with ``optdigits.tra`` and ``optdigits.tes`` or ``optdigits.npz`` (``x_train``,
        ``y_train``, ``x_test``, ``y_test``), or with a folder ``optdigits`` that has them.
        Without it, ``$FIRSTSPIKE_DATA`` is tried. Nothing is downloaded.

    Returns
    -------
    Dataset
        64 features, row by row from the top left, ``dots / 16``. Licence: as its page at UCI says,
        https://archive.ics.uci.edu/dataset/80.

    Raises
    ------
    DataNotFoundError
        If a file is missing.
    FormatError
        If it is damaged or foreign.

    References
    ----------
    E. Alpaydin, C. Kaynak, "Optical recognition of handwritten digits", doi:10.24432/C50P49.
    """
    x, labels = _images("optdigits", f"{SITE}80", split, root, 64, DOTS)
    return Dataset("optical_digits", x / DOTS, labels, DIGITS)


def pen_digits(split: str = "train", *, root: Root = None) -> Dataset:
    """Return 7494 training or 3498 test digits, drawn with a pen; no writer is in both parts.

    Parameters
    ----------
    split : {"train", "test"}
        Which part, as published.
    root : path, optional
        Folder with ``pendigits.tra`` and ``pendigits.tes`` or ``pendigits.npz`` (``x_train``,
        ``y_train``, ``x_test``, ``y_test``), or with a folder ``pendigits`` that has them.
        Without it, ``$FIRSTSPIKE_DATA`` is tried. Nothing is downloaded.

    Returns
    -------
    Dataset
        16 features: (x, y) of eight points at equal distance along the stroke, each / 100.
        Licence: as its page at UCI says, https://archive.ics.uci.edu/dataset/81.

    Raises
    ------
    DataNotFoundError
        If a file is missing.
    FormatError
        If it is damaged or foreign.

    References
    ----------
    E. Alpaydin, F. Alimoglu, "Pen-based recognition of handwritten digits", doi:10.24432/C5MG6K.
    """
    x, labels = _images("pendigits", f"{SITE}81", split, root, 2 * POINTS, TABLET)
    return Dataset("pen_digits", x / TABLET, labels, DIGITS)


def pen_strokes(split: str = "train", *, root: Root = None) -> Dataset[Sequences]:
    """Return the same digits as `pen_digits`, as movements of the pen.

    Parameters
    ----------
    split, root
        As in `pen_digits`.

    Returns
    -------
    Dataset
        Two channels, x and y in [0, 1], eight rows each at 1 Hz: the points lie at equal
        distances along the stroke, and the data do not tell when the pen was there.
    """
    flat = pen_digits(split, root=root)
    offsets = np.arange(len(flat) + 1) * POINTS
    strokes = Sequences(offsets, flat.inputs.reshape(-1, 2), rate=1.0)
    return Dataset("pen_strokes", strokes, flat.labels, flat.classes)


def japanese_vowels(split: str = "train", *, root: Root = None) -> Dataset[Sequences]:
    """Return 270 training or 370 test utterances of /ae/; the class is the speaker.

    Parameters
    ----------
    split : {"train", "test"}
        Which part, as published.
    root : path, optional
        Folder with ``ae.train`` and ``ae.test`` or ``japanese_vowels.npz`` (``x_train``,
        ``len_train``, ``y_train``, and the same for ``test``), or with a folder
        ``japanese-vowels`` that has them. Without it, ``$FIRSTSPIKE_DATA`` is tried. Nothing is
        downloaded.

    Returns
    -------
    Dataset
        Twelve channels (LPC cepstrum coefficients), 7 to 29 rows, one every 6.4 ms. Licence:
        as its page at UCI says, https://archive.ics.uci.edu/dataset/128.

    Raises
    ------
    DataNotFoundError
        If a file is missing.
    FormatError
        If it is damaged or foreign.

    References
    ----------
    M. Kudo, J. Toyama, M. Shimbo, "Japanese vowels", doi:10.24432/C5NS47.
    """
    if split not in SUFFIXES:
        raise unknown_split(split, tuple(SUFFIXES))
    choices = [[f"ae.{split}"], ["japanese_vowels.npz"]]
    (path,) = look_for("japanese-vowels", choices, root, f"Download it from {SITE}128")
    if path.suffix != ".npz":
        blocks = read_blocks(path, CEPSTRA)
        counts = VOWELS_PER_SPEAKER[split]
        if len(blocks) != sum(counts):
            msg = f"{path} holds {len(blocks)} utterances, expected {sum(counts)}"
            raise FormatError(msg)
        labels = np.repeat(np.arange(len(counts)), counts)
        signals = Sequences.from_list(blocks, rate=FRAME_RATE)
        return Dataset("japanese_vowels", signals, labels, VOWEL_SPEAKERS)
    names = {"x": ("f", 2), "len": ("iu", 1), "y": ("iu", 1)}
    stored = read_npz(path, {f"{name}_{split}": kind for name, kind in names.items()})
    values, lengths = stored[f"x_{split}"], stored[f"len_{split}"].astype(np.int64)
    if lengths.sum() != len(values) or values.shape[1] != CEPSTRA or (lengths < 0).any():
        msg = f"len_{split} in {path} does not fit x_{split} of shape {values.shape}"
        raise FormatError(msg)
    check_labels(path, stored[f"y_{split}"], lengths.size, len(VOWEL_SPEAKERS))
    signals = Sequences(np.concatenate(([0], np.cumsum(lengths))), values, FRAME_RATE)
    labels = stored[f"y_{split}"].astype(np.int64)
    return Dataset("japanese_vowels", signals, labels, VOWEL_SPEAKERS)


def _images(
    stem: str, site: str, split: str, root: Root, n_features: int, largest: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Whole numbers from 0 to `largest`, and labels."""
    if split not in SUFFIXES:
        raise unknown_split(split, tuple(SUFFIXES))
    choices = [[f"{stem}.{SUFFIXES[split]}"], [f"{stem}.npz"]]
    (path,) = look_for(stem, choices, root, f"Download it from {site}")
    x, labels = _table(path, split, n_features)
    if x.shape[1] != n_features:
        msg = f"{path} has {x.shape[1]} features per sample, expected {n_features}"
        raise FormatError(msg)
    check_labels(path, labels, len(x), len(DIGITS))
    if x.min(initial=0) < 0 or x.max(initial=0) > largest:
        msg = f"{path} holds a feature outside 0 to {largest}"
        raise FormatError(msg)
    return x.astype(np.float64), labels.astype(np.int64)


def _table(path: Path, split: str, n_features: int) -> tuple[NDArray[Any], NDArray[Any]]:
    if path.suffix != ".npz":
        rows = read_rows(path, n_features + 1)
        return rows[:, :-1], rows[:, -1]
    stored = read_npz(path, {f"x_{split}": ("iu", 3), f"y_{split}": ("iu", 1)})
    x = stored[f"x_{split}"]
    return x.reshape(len(x), -1), stored[f"y_{split}"]
