"""Tables of numbers in text files, read with suspicion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firstspike.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["read_blocks", "read_rows"]


def read_rows(path: Path, n_columns: int) -> NDArray[np.int64]:
    """Read lines of `n_columns` whole numbers with commas between.

    Raises
    ------
    FormatError
        If a line holds anything else, or there is none.
    """
    lines = [line for line in _text(path).splitlines() if line.strip()]
    rows = [_numbers(path, line.split(","), n_columns, int) for line in lines]
    if not rows:
        msg = f"{path} is empty, expected lines of {n_columns} numbers"
        raise FormatError(msg)
    return np.array(rows, dtype=np.int64)


def read_blocks(path: Path, n_columns: int) -> list[NDArray[np.float64]]:
    """Read blocks of lines of `n_columns` numbers, with blank lines between the blocks.

    Raises
    ------
    FormatError
        If a line holds anything else.
    """
    blocks: list[list[list[float]]] = [[]]
    for line in _text(path).splitlines():
        if line.strip():
            blocks[-1].append(_numbers(path, line.split(), n_columns, float))
        elif blocks[-1]:
            blocks.append([])
    return [np.array(block) for block in blocks if block]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except UnicodeDecodeError as error:
        msg = f"{path} is not a text file ({error})"
        raise FormatError(msg) from None


def _numbers(
    path: Path, parts: list[str], n_columns: int, convert: Callable[[str], float]
) -> list[float]:
    try:
        numbers = [convert(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != n_columns or not np.isfinite(numbers).all():
        start = " ".join(parts)[:40]
        msg = f"{path} has a line {start!r}, expected {n_columns} numbers"
        raise FormatError(msg)
    return numbers
