"""N-MNIST: handwritten digits seen by an event camera that jerks three times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.datasets.dataset import Dataset, unknown_split
from firstspike.datasets.files import look_for
from firstspike.datasets.npz import check_labels, check_offsets, read_npz
from firstspike.datasets.stored import Stored
from firstspike.errors import FormatError
from firstspike.events import SpikeBatch

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["CameraFiles", "n_mnist", "read_camera"]

SIDE = 34  # pixels
N_SOURCES = 2 * SIDE * SIDE
SECONDS = 1e-6  # of a tick of the camera's clock
EVENT_BYTES = 5
OVERFLOW_ROW = 240  # not a pixel: says that the clock has wrapped
OVERFLOW_TICKS = 1 << 13
CLASSES = tuple("0123456789")
SOURCE = "Get Train.zip and Test.zip from https://www.garrickorchard.com/datasets/n-mnist"


def n_mnist(split: str = "train", *, root: str | os.PathLike[str] | None = None) -> Dataset[Any]:
    """Return recordings of an event camera; 60000 and 10000 where the set is complete.

    The camera has 34 x 34 pixels, each with two polarities. Pixel (x, y) with polarity p is
    source ``p 34^2 + 34 y + x``; p = 1 says "brighter".

    Parameters
    ----------
    split : {"train", "test"}
        Which part, as published.
    root : path, optional
        Folder with the published folders ``Train`` and ``Test`` (each ``0/*.bin`` to ``9/*.bin``,
        left in their files until they are encoded), or with a subset ``nmnist_small.npz``
        (``train_x``, ``train_y``, ``train_p``, ``train_t_us``, ``train_offsets``,
        ``train_labels``, and the same for ``test``); or a folder that has either in ``nmnist`` or
        ``nmnist-small``. Without it, ``$FIRSTSPIKE_DATA`` is tried. Nothing is downloaded.

    Returns
    -------
    Dataset
        Events of 2312 sources, about 0.3 s and 4000 spikes each. Licence: CC BY-SA 4.0.

    Raises
    ------
    DataNotFoundError
        If there is neither.
    FormatError
        If a file is damaged or foreign.

    References
    ----------
    G. Orchard, A. Jayawant, G. K. Cohen, N. Thakor, "Converting static image datasets to spiking
    neuromorphic datasets using saccades", doi:10.3389/fnins.2015.00437.
    """
    if split not in ("train", "test"):
        raise unknown_split(split, ("train", "test"))
    try:
        (path,) = look_for("nmnist", [[split.capitalize()]], root, SOURCE)
    except FileNotFoundError as missing:
        try:
            (path,) = look_for("nmnist-small", [["nmnist_small.npz"]], root, SOURCE)
        except FileNotFoundError:
            raise missing from None
        return _from_npz(path, split)
    return _from_folder(path)


def read_camera(path: Path) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Read one recording: times in seconds, ascending, and sources.

    An event has 40 bits: x (8), y (8), polarity (1), microseconds (23), most significant first.
    An event in row 240 stands for a wrap of the clock by 2^13 microseconds.

    Raises
    ------
    FormatError
        If the file does not consist of such events of 34 x 34 pixels.
    """
    raw = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    if raw.size % EVENT_BYTES:
        msg = f"{path} holds {raw.size} bytes, expected a multiple of {EVENT_BYTES}; get it again"
        raise FormatError(msg)
    columns = raw.reshape(-1, EVENT_BYTES).astype(np.int64)
    x, y, polarity = columns[:, 0], columns[:, 1], columns[:, 2] >> 7
    ticks = (columns[:, 2] & 0x7F) << 16 | columns[:, 3] << 8 | columns[:, 4]
    wraps = y == OVERFLOW_ROW
    ticks = ticks + OVERFLOW_TICKS * np.cumsum(wraps)
    outside = ~wraps & ((x >= SIDE) | (y >= SIDE))
    if outside.any():
        at = int(np.flatnonzero(outside)[0])
        msg = f"{path} has an event at pixel ({x[at]}, {y[at]}), expected 0 to {SIDE - 1}"
        raise FormatError(msg)
    events = ~wraps
    sources = polarity * SIDE * SIDE + y * SIDE + x
    order = np.argsort(ticks[events], kind="stable")
    return ticks[events][order] * SECONDS, sources[events][order]


@dataclass(frozen=True)
class CameraFiles:
    """Reads recordings when they are needed.

    Parameters
    ----------
    paths : tuple of Path
        One file per recording.
    """

    paths: tuple[Path, ...]

    @property
    def width(self) -> int:
        """Pixels times polarities."""
        return N_SOURCES

    def __call__(self, indices: NDArray[np.int64], /) -> SpikeBatch:
        """Read the recordings `indices`."""
        parts = [read_camera(self.paths[index]) for index in indices]
        return SpikeBatch.from_events(
            np.repeat(np.arange(len(parts)), [len(times) for times, _ in parts]),
            np.concatenate([np.zeros(0), *(times for times, _ in parts)]),
            np.concatenate([np.zeros(0, dtype=np.int64), *(sources for _, sources in parts)]),
            n_samples=len(parts),
            n_sources=N_SOURCES,
        )

    def __repr__(self) -> str:
        return f"CameraFiles({len(self.paths)} files)"


def _from_folder(folder: Path) -> Dataset[Any]:
    paths = [sorted((folder / name).glob("*.bin")) for name in CLASSES]
    every = [path for group in paths for path in group]
    if not every:
        msg = f"{folder} holds no recording, expected 0/*.bin to 9/*.bin"
        raise FormatError(msg)
    labels = np.repeat(np.arange(len(CLASSES)), [len(group) for group in paths])
    recordings = Stored(CameraFiles(tuple(every)), np.arange(len(every)))
    return Dataset("n_mnist", recordings, labels, CLASSES)


def _from_npz(path: Path, split: str) -> Dataset[Any]:
    parts = ("x", "y", "p", "t_us", "offsets", "labels")
    stored = read_npz(path, {f"{split}_{part}": ("iu", 1) for part in parts})
    arrays = {part: stored[f"{split}_{part}"].astype(np.int64) for part in parts}
    n_events, offsets = arrays["x"].size, arrays["offsets"]
    check_offsets(path, f"{split}_offsets", offsets, n_events)
    check_labels(path, arrays["labels"], offsets.size - 1, len(CLASSES))
    limits = {"x": SIDE, "y": SIDE, "p": 2, "t_us": 1 << 40}
    for part, limit in limits.items():
        values = arrays[part]
        if values.size != n_events or ((values < 0) | (values >= limit)).any():
            msg = f"{split}_{part} in {path} does not hold {n_events} numbers from 0 to {limit - 1}"
            raise FormatError(msg)
    spikes = SpikeBatch.from_events(
        np.repeat(np.arange(offsets.size - 1), np.diff(offsets)),
        arrays["t_us"] * SECONDS,
        (arrays["p"] * SIDE + arrays["y"]) * SIDE + arrays["x"],
        n_samples=offsets.size - 1,
        n_sources=N_SOURCES,
    )
    return Dataset("n_mnist", spikes, arrays["labels"], CLASSES)
