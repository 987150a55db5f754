"""What variable-length HDF5 entries hold themselves: how many numbers, and in which heap they lie.

libhdf5 believes both: of a damaged length it reads gigabytes, of an unknown kind it crashes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.errors import FormatError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["check_references"]

REFERENCE = np.dtype([("length", "<u4"), ("heap", "<u8"), ("object", "<u4")])


def check_references(path: Path, entry: Any) -> None:  # noqa: ANN401
    """Check that a variable-length entry is a sequence, and each sample fits its heap.

    Entries that are filtered are passed over, as damage to them seldom survives the filter, and so
    are files with a user block, whose addresses count from elsewhere.

    Parameters
    ----------
    path : Path
        The file, with addresses of 8 bytes.
    entry : h5py.Dataset
        The entry, of a variable-length type.

    Raises
    ------
    FormatError
        If the kind of type is unknown, or a sample is longer than the heap that it names.
    """
    kind = entry.id.get_type()
    # After two bytes of H5Tencode and one of the class; 0 is a sequence, and 1 a text.
    if kind.encode()[3] & 15 != 0:
        msg = f"{entry.name} in {path} is of an unknown type, expected sequences; it is damaged"
        raise FormatError(msg)
    places = _places(entry)
    if not places:
        return
    data = np.memmap(path, dtype=np.uint8, mode="r")
    width = kind.get_super().get_size()
    for place, count in places:
        if place + count * REFERENCE.itemsize > data.size:
            msg = f"{path} ends before {entry.name} does; it is truncated or damaged"
            raise FormatError(msg)
        part = data[place : place + count * REFERENCE.itemsize].view(REFERENCE)
        used = part[part["length"] > 0]
        wrong = used["length"].astype(np.uint64) * np.uint64(width) > _sizes(data, used["heap"])
        if wrong.any():
            msg = (
                f"{path} is damaged: {entry.name} has a sample of {used['length'][wrong][0]} "
                "numbers, expected no more than its heap holds; get the file anew"
            )
            raise FormatError(msg)


def _places(entry: Any) -> list[tuple[int, int]]:  # noqa: ANN401
    """Where in the file references lie without gaps, and how many."""
    plist = entry.id.get_create_plist()
    if plist.get_nfilters() or entry.file.userblock_size or entry.is_virtual or entry.external:
        return []
    if entry.chunks is None:
        place = entry.id.get_offset()  # None if nothing is written, or it lies in the header
        return [] if place is None else [(place, entry.size)]
    chunks = (entry.id.get_chunk_info(i) for i in range(entry.id.get_num_chunks()))
    (length,) = entry.chunks
    return [
        (chunk.byte_offset, max(min(length, entry.size - chunk.chunk_offset[0]), 0))
        for chunk in chunks
    ]


def _sizes(data: NDArray[np.uint8], heaps: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Sizes of the heap collections at `heaps`; 0 outside the file, where libhdf5 finds none."""
    inside = heaps < max(data.size - 16, 0)
    sizes = np.zeros(heaps.size, dtype=np.uint64)
    fields = heaps[inside, None].astype(np.int64) + np.arange(8, 16)
    sizes[inside] = np.ascontiguousarray(data[fields]).view("<u8").ravel()
    return np.where(sizes > data.size, np.uint64(0), sizes)
