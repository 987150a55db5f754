"""The global heaps of HDF5 files, walked before libhdf5 does: on damaged ones it loops for ever.

Variable-length entries lie in collections: a header of 16 bytes (``GCOL``, version 1, 3 reserved
bytes, size of the collection), then objects, each with a header of 16 bytes (index, references,
4 reserved bytes, size of what follows) and padded to 8. Index 0 is the free space: its size counts
its own header, and it reaches to the end. Less free space than a header takes has none.
"""

from __future__ import annotations

import mmap
import struct
from typing import TYPE_CHECKING

from firstspike.errors import FormatError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["check_heaps", "object_astray"]

SIGNATURE = b"GCOL\x01"  # with the version: libhdf5 refuses any other
HEADER = 16  # bytes, of a collection as of an object
SMALLEST = 4096  # bytes in a collection; libhdf5 refuses fewer


def check_heaps(path: Path) -> None:
    """Check that the objects of every global heap collection in an HDF5 file fill it exactly.

    The signature is looked for in the whole file, at any alignment, because a reference may name
    any address. What libhdf5 refuses by itself is passed over: another version, a size below 4096
    bytes or beyond the end. What is left and does not add up is refused, even if nothing refers to
    it; that 13 bytes of data look like such a header by chance is out of the question.

    Parameters
    ----------
    path : Path
        The file, with sizes of 8 bytes; not empty.

    Raises
    ------
    FormatError
        If the objects of a collection do not add up to its size.
    """
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        start = data.find(SIGNATURE)
        while start >= 0:
            wrong = object_astray(data, start)
            if wrong is not None:
                msg = (
                    f"{path} is damaged: in the heap at byte {start}, the object at byte {wrong} "
                    "does not end where the next one or the heap's end is expected; get the file "
                    "anew, or copy it with h5repack if other programs read it"
                )
                raise FormatError(msg)
            start = data.find(SIGNATURE, start + 1)


def object_astray(data: bytes | mmap.mmap, start: int) -> int | None:
    """Return where the first object lies that breaks the collection at `start`, if one does.

    Parameters
    ----------
    data : bytes or mmap
        The whole file.
    start : int
        Where the signature of the collection is.

    Returns
    -------
    int or None
        Place of the object's header; None if all fit, or libhdf5 refuses the collection by itself.
    """
    if start + SMALLEST > len(data):
        return None
    (size,) = struct.unpack_from("<Q", data, start + 8)
    end = start + size
    if size < SMALLEST or end > len(data):
        return None
    at = start + HEADER
    while end - at >= HEADER:
        index, size = struct.unpack_from("<H6xQ", data, at)
        if index == 0:
            return None if at + size == end else at
        following = at + HEADER + (size + 7) // 8 * 8
        if following > end:
            return at
        at = following
    return None
