"""Stream payloads of up to 128 bits, as numpy columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from amaranth.hdl import Shape

if TYPE_CHECKING:
    from amaranth.lib.data import StructLayout
    from numpy.typing import NDArray

__all__ = ["field", "unpack"]


def unpack(records: NDArray[np.uint32], layout: StructLayout) -> dict[str, NDArray[np.int64]]:
    """Return the fields of records of four 32-bit words each.

    Parameters
    ----------
    records : ndarray of uint32, shape (n, 4)
        One row per record, low bits first.
    layout : StructLayout
        Layout of the record; no field wider than 62 bits.
    """
    bits = np.unpackbits(
        np.ascontiguousarray(records, dtype="<u4").view(np.uint8), axis=1, bitorder="little"
    )
    fields = {}
    for name, field in layout:
        shape = Shape.cast(field.shape)
        part = bits[:, field.offset : field.offset + shape.width].astype(np.int64)
        value = part @ (np.int64(1) << np.arange(shape.width, dtype=np.int64))
        if shape.signed:
            value -= part[:, -1] << shape.width
        fields[name] = value
    return fields


def field(words: NDArray[np.int64], layout: StructLayout, name: str) -> NDArray[np.int64]:
    """Return one field of memory words that fit 63 bits."""
    place = layout[name]
    shape = Shape.cast(place.shape)
    value: NDArray[np.int64] = words >> place.offset & ((1 << shape.width) - 1)
    return value - (value >> (shape.width - 1) << shape.width) if shape.signed else value
