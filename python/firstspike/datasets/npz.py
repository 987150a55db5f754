"""Arrays from an npz file, read with suspicion."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["check_labels", "check_offsets", "read_npz"]

# What reading a damaged file can end in; zipfile does not implement what it does not recognise.
DAMAGE = (OSError, EOFError, ValueError, NotImplementedError, zipfile.BadZipFile, zlib.error)
KIND_NAMES = {"iu": "whole numbers", "f": "floating-point numbers", "U": "text"}


def read_npz(path: Path, wanted: Mapping[str, tuple[str, int]]) -> dict[str, NDArray[Any]]:
    """Read arrays by name.

    Parameters
    ----------
    path : Path
        The file. Pickled objects in it are refused, so reading it runs no code.
    wanted : mapping of str to (str, int)
        For each array the kinds of its dtype (``"iu"``, ``"f"``, ``"U"``) and its number of axes.

    Raises
    ------
    FormatError
        If the file is damaged, lacks an array, or holds one of another kind.
    """
    try:
        with path.open("rb") as raw:
            file = np.load(raw, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                msg = f"{path} is a single array, expected an npz file"
                raise FormatError(msg)
            missing = [name for name in wanted if name not in file.files]
            if missing:
                msg = f"{path} lacks {', '.join(missing)}; it holds {', '.join(file.files)}"
                raise FormatError(msg)
            arrays = {name: file[name] for name in wanted}
    except DAMAGE as error:
        if isinstance(error, FormatError):
            raise
        msg = f"{path} cannot be read as an npz file ({error}); get it again"
        raise FormatError(msg) from None
    for name, (kinds, n_axes) in wanted.items():
        found = arrays[name]
        if found.dtype.kind not in kinds or found.ndim != n_axes:
            msg = (
                f"{name} in {path} is {found.dtype} of shape {found.shape}, expected "
                f"{KIND_NAMES[kinds]} with {n_axes} axes"
            )
            raise FormatError(msg)
    return arrays


def check_offsets(path: Path, name: str, offsets: NDArray[Any], n_rows: int) -> None:
    """Raise `FormatError` unless offsets rise from 0 to `n_rows`."""
    steps = np.diff(offsets.astype(np.int64))
    if offsets.size == 0 or offsets[0] != 0 or (steps < 0).any() or offsets[-1] != n_rows:
        msg = f"{name} in {path} do not rise from 0 to {n_rows}, the number of rows"
        raise FormatError(msg)


def check_labels(path: Path, labels: NDArray[Any], n_samples: int, n_classes: int) -> None:
    """Raise `FormatError` unless there is one label per sample, each naming a class."""
    if labels.shape != (n_samples,):
        msg = f"{path} holds {labels.size} labels, expected one per sample: {n_samples}"
        raise FormatError(msg)
    outside = labels[(labels < 0) | (labels >= n_classes)]
    if outside.size:
        msg = f"{path} holds the label {outside[0]}, expected 0 to {n_classes - 1}"
        raise FormatError(msg)
