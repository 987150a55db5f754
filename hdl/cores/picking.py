"""Some of many columns: groups of them, and one bit out of several."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from amaranth.hdl import C, Mux, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amaranth.hdl import ValueLike

    from firstspike.hdl.plan import LayerPlan

__all__ = ["any_below", "by_group", "picked", "some_and_many"]


def by_group(layer: LayerPlan, value: Value, width: int = 1) -> list[Value]:
    """Return the parts of a value with `width` bits per column, one per group of columns."""
    size = layer.group_columns * width
    edges = [*range(0, layer.columns * width, size), layer.columns * width]
    return [value[start:stop] for start, stop in itertools.pairwise(edges)]


def picked(choice: Value, values: Sequence[ValueLike]) -> Value:
    """Return the value whose bit is set in `choice`, in which no other bit is."""
    masked = [Mux(bit, value, 0) for bit, value in zip(choice, values, strict=True)]
    while len(masked) > 1:
        masked = [_either(masked[at : at + 2]) for at in range(0, len(masked), 2)]
    return masked[0]


def _either(pair: list[Value]) -> Value:
    return pair[0] if len(pair) == 1 else pair[0] | pair[1]


def some_and_many(bits: Sequence[Value]) -> tuple[Value, Value]:
    """Return whether at least one and whether at least two bits are set, without a carry."""
    if len(bits) == 1:
        return bits[0], C(0, 1)
    half = len(bits) // 2
    (some, many), (others, many_others) = (
        some_and_many(bits[:half]),
        some_and_many(bits[half:]),
    )
    return some | others, many | many_others | (some & others)


def any_below(bits: list[Value]) -> tuple[list[Value], Value]:
    """Return for every bit whether one below it is set, and whether any is, without a carry."""
    if len(bits) == 1:
        return [C(0, 1)], bits[0]
    half = len(bits) // 2
    (low, some), (high, others) = any_below(bits[:half]), any_below(bits[half:])
    return [*low, *(some | below for below in high)], some | others
