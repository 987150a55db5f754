"""Spikes in HDF5 files, in the layout of the Heidelberg data sets, read with suspicion."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.datasets.heaps import check_heaps
from firstspike.datasets.references import check_references
from firstspike.errors import FirstspikeError, FormatError, ToolError
from firstspike.events import SpikeBatch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Header", "SpikeFile", "read_header"]

#: What each entry must hold: kinds of number, and what they are called.
RAGGED = {
    "spikes/times": ("f", "floating-point numbers"),
    "spikes/units": ("iu", "whole numbers"),
}

#: Most classes without names: more can only be a wrong label, and naming them takes memory.
MOST_NUMBERED = 1000


@dataclass(frozen=True, eq=False)
class Header:
    """Everything in a file but its spikes.

    Parameters
    ----------
    labels : ndarray of int64, shape (n_samples,)
        Right class of each sample.
    classes : tuple of str
        Names of the classes.
    speakers : ndarray, shape (n_samples,), optional
        Who spoke each sample.
    """

    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    speakers: NDArray[Any] | None


def read_header(path: Path) -> Header:
    """Read labels, ``extra/keys`` and ``extra/speaker``; check that the rest fits them.

    Raises
    ------
    FormatError
        If the file is damaged, or its entries are missing, of another kind or contradictory.
    ToolError
        If h5py is not installed.
    """
    with _opened(path) as file:
        _heaps(path, file)
        labels = np.asarray(_entry(path, file, "labels")[()])
        if labels.ndim != 1 or labels.dtype.kind not in "iu":
            msg = f"labels in {path} are {labels.dtype} of shape {labels.shape}, expected integers"
            raise FormatError(msg)
        for name in RAGGED:
            _ragged(path, file, name, labels.size)
        labels = _whole(path, labels)
        keys, speakers = (_extra(path, file, f"extra/{name}") for name in ("keys", "speaker"))
    classes = _classes(path, labels, keys)
    if speakers is not None and speakers.shape != labels.shape:
        msg = f"{path} names {speakers.size} speakers, expected one per sample: {labels.size}"
        raise FormatError(msg)
    return Header(labels, classes, speakers)


@dataclass(frozen=True)
class SpikeFile:
    """Reads chosen samples from ``spikes/times`` and ``spikes/units``.

    Parameters
    ----------
    path : Path
        The file; opened for every read, closed after it.
    n_sources : int
        Number of channels.
    """

    path: Path
    n_sources: int

    @property
    def width(self) -> int:
        """Number of channels."""
        return self.n_sources

    def __call__(self, indices: NDArray[np.int64], /) -> SpikeBatch:
        """Read the samples `indices`."""
        ascending, back = np.unique(indices, return_inverse=True)  # as HDF5 wants to be asked
        with _opened(self.path) as file:
            entries = [_entry(self.path, file, name) for name in RAGGED]
            times, units = ([entry[int(i)] for i in ascending] for entry in entries)
        for sample, time, unit in zip(ascending, times, units, strict=True):
            self._check(int(sample), time, unit)
        chosen = [times[i] for i in back], [units[i] for i in back]
        lengths = [len(part) for part in chosen[0]]
        return SpikeBatch.from_events(
            np.repeat(np.arange(len(indices)), lengths),
            np.concatenate([np.zeros(0), *chosen[0]]),
            np.concatenate([np.zeros(0, dtype=np.int64), *chosen[1]]),
            n_samples=len(indices),
            n_sources=self.n_sources,
        )

    def _check(self, sample: int, times: NDArray[Any], units: NDArray[Any]) -> None:
        where = f"sample {sample} of {self.path}"
        if len(times) != len(units):
            msg = f"{where} has {len(times)} times and {len(units)} units, expected as many of each"
            raise FormatError(msg)
        wrong = ~(np.isfinite(times) & (times >= 0))
        if wrong.any():
            msg = f"{where} has a spike at {times[wrong][0]} s, expected finite times from 0 on"
            raise FormatError(msg)
        outside = units[(units < 0) | (units >= self.n_sources)]
        if outside.size:
            msg = f"{where} has a spike of unit {outside[0]}, expected 0 to {self.n_sources - 1}"
            raise FormatError(msg)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        import h5py
    except ImportError:
        msg = "h5py is not installed, and HDF5 files need it: pip install 'firstspike[hdf5]'"
        raise ToolError(msg) from None
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError) as error:
        # All of these are answers to damage, but for our own and a missing file.
        if isinstance(error, FileNotFoundError | FirstspikeError):
            raise
        msg = f"{path} cannot be read as HDF5 ({error}); it is damaged or no such file"
        raise FormatError(msg) from None


def _entry(path: Path, file: Any, name: str) -> Any:  # noqa: ANN401
    entry = file.get(name)
    if not hasattr(entry, "dtype") or not hasattr(entry, "shape"):  # a group, or a bare type
        msg = f"{path} has no array {name}, expected labels, {' and '.join(RAGGED)}"
        raise FormatError(msg)
    return entry


def _whole(path: Path, labels: NDArray[Any]) -> NDArray[np.int64]:
    if labels.dtype.kind == "u" and labels.max(initial=0) > np.iinfo(np.int64).max:
        msg = f"{path} holds the label {labels.max()}, expected less than 2^63"
        raise FormatError(msg)
    return labels.astype(np.int64)


def _ragged(path: Path, file: Any, name: str, n_samples: int) -> None:  # noqa: ANN401
    import h5py

    entry = _entry(path, file, name)
    inner = h5py.check_vlen_dtype(entry.dtype)
    kinds, words = RAGGED[name]
    if inner is None or not hasattr(inner, "kind") or inner.kind not in kinds:
        found = entry.dtype if inner is None else f"variable-length {inner}"
        msg = f"{name} in {path} is {found}, expected variable-length {words}"
        raise FormatError(msg)
    if entry.shape != (n_samples,):
        msg = f"{name} in {path} has shape {entry.shape}, expected one per label: {n_samples}"
        raise FormatError(msg)
    check_references(path, entry)


def _heaps(path: Path, file: Any) -> None:  # noqa: ANN401
    """Before anything of variable length is read; once per file, as it goes through all of it."""
    sizes = file.id.get_create_plist().get_sizes()
    if sizes != (8, 8):
        msg = f"{path} has addresses and sizes of {sizes} bytes, expected 8; copy it with h5repack"
        raise FormatError(msg)
    check_heaps(path)


def _extra(path: Path, file: Any, name: str) -> NDArray[Any] | None:  # noqa: ANN401
    """Read what `file` has under `name`, bytes decoded; None if it has no such entry."""
    entry = file.get(name)
    if entry is None:
        return None
    values = np.asarray(entry[()])
    if values.dtype.kind not in "OS":
        return values
    try:
        text = [v.decode() if isinstance(v, bytes) else str(v) for v in values.flat]
    except UnicodeDecodeError as error:
        msg = f"{name} in {path} holds {error.object!r}, expected text in UTF-8; write it so"
        raise FormatError(msg) from None
    return np.array(text, dtype=str).reshape(values.shape)


def _classes(path: Path, labels: NDArray[np.int64], keys: NDArray[Any] | None) -> tuple[str, ...]:
    """Names of the classes, and the labels checked against them."""
    if keys is not None and keys.ndim != 1:
        msg = f"extra/keys in {path} has shape {keys.shape}, expected one name per class"
        raise FormatError(msg)
    count = MOST_NUMBERED if keys is None else len(keys)
    least, most = int(labels.min(initial=0)), int(labels.max(initial=-1))
    if least < 0 or most >= count:
        wrong = least if least < 0 else most
        unnamed = keys is None and wrong > 0
        hint = "; more classes than that need names in extra/keys" if unnamed else ""
        msg = f"{path} holds the label {wrong}, expected 0 to {count - 1}{hint}"
        raise FormatError(msg)
    return tuple(str(name) for name in (range(most + 1) if keys is None else keys))
