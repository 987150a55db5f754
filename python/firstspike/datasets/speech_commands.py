"""Speech Commands: one-second recordings of single words by many speakers."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.datasets.dataset import Dataset, unknown_split
from firstspike.datasets.files import look_for
from firstspike.datasets.npz import check_labels, read_npz
from firstspike.datasets.stored import Stored
from firstspike.datasets.wav import FULL_SCALE, WavFiles
from firstspike.errors import FormatError
from firstspike.sequences import Sequences

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["speech_commands"]

RATE = 16000
SPLITS = ("train", "validation", "test")
NPZ = "speech_commands_mini.npz"
SOURCE = "Unpack http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz"
BUCKETS = 2**27 - 1


def speech_commands(
    split: str = "train", *, root: str | os.PathLike[str] | None = None
) -> Dataset[Any]:
    """Return recordings of words, split by speaker as published.

    The part a recording belongs to follows from its speaker alone: with ``h`` the SHA-1 of the
    speaker's code as a number and ``p = (h mod 2^27) 100 / (2^27 - 1)``, it is a validation
    recording if ``p < 10``, a test recording if ``10 <= p < 20``, else a training recording. No
    speaker is in two parts.

    Parameters
    ----------
    split : {"train", "validation", "test"}
        Which part.
    root : path, optional
        Folder with one folder of wav files per word (left in their files until they are encoded),
        or with ``speech_commands_mini.npz`` (``samples`` i16, ``lengths``, ``labels``,
        ``classes``, ``names``); or a folder that has either in ``speech-commands`` or
        ``speech-commands-mini``. Without it, ``$FIRSTSPIKE_DATA`` is tried. Nothing is downloaded.

    Returns
    -------
    Dataset
        Mono audio at 16 kHz in [-1, 1); group ``"speaker"``. Folders that start with ``_``
        (background noise) are no words. Licence of the recordings: CC BY 4.0.

    Raises
    ------
    DataNotFoundError
        If there is neither.
    FormatError
        If a file is damaged or foreign.

    References
    ----------
    P. Warden, "Speech Commands: a dataset for limited-vocabulary speech recognition",
    arXiv:1804.03209.
    """
    if split not in SPLITS:
        raise unknown_split(split, SPLITS)
    whole = _whole(root)
    parts = np.array([_part_of(str(speaker)) for speaker in whole.groups["speaker"]])
    return whole[parts == split]


def _whole(root: str | os.PathLike[str] | None) -> Dataset[Any]:
    try:
        (path,) = look_for("speech-commands", [["yes"]], root, SOURCE)
    except FileNotFoundError as missing:
        try:
            (path,) = look_for("speech-commands-mini", [[NPZ]], root, SOURCE)
        except FileNotFoundError:
            raise missing from None
        return _from_npz(path)
    return _from_folder(path.parent)


def _part_of(speaker: str) -> str:
    number = int(hashlib.sha1(speaker.encode(), usedforsecurity=False).hexdigest(), 16)
    percent = number % (BUCKETS + 1) * (100.0 / BUCKETS)
    if percent < 10.0:
        return "validation"
    return "test" if percent < 20.0 else "train"


def _speakers(path: Path, names: Sequence[str]) -> NDArray[np.str_]:
    """Codes of the speakers, as the names of the recordings tell them."""
    for name in names:
        if "_nohash_" not in name:
            msg = f"{path} has a recording {name!r}, expected a name like 0a7c2a8d_nohash_0.wav"
            raise FormatError(msg)
    return np.array([name.partition("_nohash_")[0] for name in names], dtype=np.str_)


def _from_npz(path: Path) -> Dataset[Any]:
    arrays = read_npz(
        path,
        {
            "samples": ("iu", 1),
            "lengths": ("iu", 1),
            "labels": ("iu", 1),
            "classes": ("U", 1),
            "names": ("U", 1),
        },
    )
    lengths = arrays["lengths"].astype(np.int64)
    if lengths.sum() != arrays["samples"].size or arrays["names"].size != lengths.size:
        msg = f"lengths and names in {path} do not fit its {arrays['samples'].size} samples"
        raise FormatError(msg)
    check_labels(path, arrays["labels"], lengths.size, arrays["classes"].size)
    audio = Sequences(
        np.concatenate(([0], np.cumsum(lengths))),
        arrays["samples"].astype(np.float32)[:, None] / np.float32(FULL_SCALE),
        RATE,
    )
    return Dataset(
        "speech_commands",
        audio,
        arrays["labels"].astype(np.int64),
        tuple(arrays["classes"].tolist()),
        {"speaker": _speakers(path, arrays["names"].tolist())},
    )


def _from_folder(folder: Path) -> Dataset[Any]:
    words = sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("_"))
    paths = [sorted((folder / word).glob("*.wav")) for word in words]
    every = [path for group in paths for path in group]
    labels = np.repeat(np.arange(len(words)), [len(group) for group in paths])
    speakers = _speakers(folder, [path.name for path in every])
    audio = Stored(WavFiles(tuple(every), RATE), np.arange(len(every)))
    return Dataset("speech_commands", audio, labels, tuple(words), {"speaker": speakers})
