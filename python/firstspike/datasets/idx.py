"""The idx format of MNIST, read with suspicion."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import numpy as np

from firstspike.errors import FormatError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["read_idx"]

UNSIGNED_BYTE = 0x08
LARGEST = 1 << 28  # bytes; the largest published file holds 47 million


def read_idx(path: Path, n_axes: int) -> NDArray[np.uint8]:
    """Read a gzip-compressed idx file of unsigned bytes with `n_axes` axes.

    Parameters
    ----------
    path : Path
        A ``.gz`` file.
    n_axes : int
        1 for labels, 3 for images.

    Raises
    ------
    FormatError
        If the file is truncated, not gzip, not idx, or longer or shorter than its header says.
    """
    try:
        with gzip.open(path, "rb") as file:
            header = file.read(4 + 4 * n_axes)
            shape = _shape(path, header, n_axes)
            size = int(np.prod(shape, dtype=object))
            if size > LARGEST:
                msg = f"{path} promises {size} bytes, expected at most {LARGEST}: not an MNIST file"
                raise FormatError(msg)
            body = file.read(size + 1)  # one more, to notice a tail
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        msg = f"{path} is not a complete gzip file ({error}); get it again"
        raise FormatError(msg) from None
    if len(body) != size:
        found = "more" if len(body) > size else f"only {len(body)}"
        msg = f"{path} holds {found} bytes of data, expected {size} as its header says"
        raise FormatError(msg)
    return np.frombuffer(body, dtype=np.uint8).reshape(shape)


def _shape(path: Path, header: bytes, n_axes: int) -> tuple[int, ...]:
    if len(header) != 4 + 4 * n_axes:
        msg = f"{path} ends inside its header, after {len(header)} bytes; get it again"
        raise FormatError(msg)
    expected = bytes((0, 0, UNSIGNED_BYTE, n_axes))
    if header[:4] != expected:
        msg = (
            f"{path} starts with {header[:4].hex()}, expected {expected.hex()}: an idx file of "
            f"unsigned bytes with {n_axes} axes"
        )
        raise FormatError(msg)
    return tuple(int(n) for n in np.frombuffer(header, dtype=">u4", offset=4))
