"""Choices that are made once for all layers, or for each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from firstspike.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["per_layer"]


def per_layer(name: str, value: int | Sequence[int], count: int, *, lowest: int = 1) -> list[int]:
    """Return one whole number per layer, from such numbers or one for all.

    Raises
    ------
    DomainError
        If there are not as many as layers, or one is below `lowest` or no whole number.
    """
    if isinstance(value, (int, np.integer)):
        values = [value] * count
    elif isinstance(value, Iterable):
        values = list(value)
    else:
        msg = f"{name} is {value!r}, expected a whole number or one per layer"
        raise DomainError(msg)
    if len(values) != count:
        msg = f"{name} has {len(values)} entries, expected one number or one per layer ({count})"
        raise DomainError(msg)
    for entry in values:
        if not isinstance(entry, (int, np.integer)) or isinstance(entry, bool) or entry < lowest:
            msg = f"{name} is {value!r}, expected whole numbers of at least {lowest}"
            raise DomainError(msg)
    return [int(entry) for entry in values]
