"""Free Spoken Digits: ten English digits, six speakers, fifty takes each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.datasets.dataset import Dataset, unknown_split
from firstspike.datasets.files import look_for
from firstspike.datasets.npz import check_labels, check_offsets, read_npz
from firstspike.datasets.stored import Stored
from firstspike.datasets.wav import FULL_SCALE, WavFiles
from firstspike.errors import FormatError
from firstspike.sequences import Sequences

if TYPE_CHECKING:
    import os
    from pathlib import Path

__all__ = ["fsdd"]

RATE = 8000
TEST_TAKES = 5  # takes 0 to 4 of every digit and speaker, as published
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
RECORDING = re.compile(r"(\d)_([a-z]+)_(\d+)\.wav")
SOURCE = "Clone https://github.com/Jakobovski/free-spoken-digit-dataset"


def fsdd(split: str = "train", *, root: str | os.PathLike[str] | None = None) -> Dataset[Any]:
    """Return 2700 training or 300 test recordings of spoken digits.

    Takes 0 to 4 of every speaker and digit are test recordings, as its authors publish it, so
    every speaker is in both parts; `Dataset.folds` over ``"speaker"`` leaves one speaker out.

    Parameters
    ----------
    split : {"train", "test"}
        Which part.
    root : path, optional
        Folder with the authors' ``recordings`` (left in their files until they are encoded) or
        with one ``fsdd.npz`` (``samples`` i16, ``offsets``, ``labels``, ``speaker``,
        ``speaker_names``, ``take``); or a folder that has either in a folder ``fsdd``. Without
        it, ``$FIRSTSPIKE_DATA`` is tried. Nothing is downloaded.

    Returns
    -------
    Dataset
        Mono audio at 8 kHz in [-1, 1); groups ``"speaker"`` (name) and ``"take"``. Licence of the
        recordings: CC BY-SA 4.0.

    Raises
    ------
    DataNotFoundError
        If there is neither.
    FormatError
        If a file is damaged or foreign.

    References
    ----------
    Z. Jackson et al., "Free Spoken Digit Dataset", doi:10.5281/zenodo.1342401.
    """
    if split not in ("train", "test"):
        raise unknown_split(split, ("train", "test"))
    (path,) = look_for("fsdd", [["recordings"], ["fsdd.npz"]], root, SOURCE)
    whole = _from_folder(path) if path.is_dir() else _from_npz(path)
    test = whole.groups["take"] < TEST_TAKES
    return whole[test if split == "test" else ~test]


def _from_npz(path: Path) -> Dataset[Any]:
    arrays = read_npz(
        path,
        {
            "samples": ("iu", 1),
            "offsets": ("iu", 1),
            "labels": ("iu", 1),
            "speaker": ("iu", 1),
            "speaker_names": ("U", 1),
            "take": ("iu", 1),
        },
    )
    check_offsets(path, "offsets", arrays["offsets"], arrays["samples"].size)
    n_samples = arrays["offsets"].size - 1
    check_labels(path, arrays["labels"], n_samples, len(DIGITS))
    check_labels(path, arrays["speaker"], n_samples, arrays["speaker_names"].size)
    values = arrays["samples"].astype(np.float32)[:, None] / np.float32(FULL_SCALE)
    groups = {
        "speaker": arrays["speaker_names"][arrays["speaker"]],
        "take": arrays["take"].astype(np.int64),
    }
    audio = Sequences(arrays["offsets"].astype(np.int64), values, RATE)
    return Dataset("fsdd", audio, arrays["labels"].astype(np.int64), DIGITS, groups)


def _from_folder(folder: Path) -> Dataset[Any]:
    paths, rows = [], []
    for path in sorted(folder.glob("*.wav")):
        match = RECORDING.fullmatch(path.name)
        if match is None:
            msg = f"{path} is not named like 7_jackson_32.wav (digit, speaker, take)"
            raise FormatError(msg)
        paths.append(path)
        rows.append((int(match[1]), match[2], int(match[3])))
    if not rows:
        msg = f"{folder} holds no wav file, expected recordings such as 7_jackson_32.wav"
        raise FormatError(msg)
    labels, speakers, takes = zip(*rows, strict=True)
    audio = Stored(WavFiles(tuple(paths), RATE), np.arange(len(paths)))
    groups = {"speaker": np.array(speakers), "take": np.array(takes)}
    return Dataset("fsdd", audio, np.array(labels), DIGITS, groups)
