"""Parameters of a network, one array per layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError, ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Parameters"]


class Parameters(Sequence["NDArray[Any]"]):
    """Arrays of fixed shape and dtype, one per layer, that may be read, changed and replaced.

    ``params[i]`` is the array itself, so ``params[i][...] = x`` and ``params[i] = x`` both copy
    `x` into the network.
    """

    def __init__(self, name: str, arrays: Iterable[NDArray[Any]]) -> None:
        self._name = name
        self._arrays = [np.ascontiguousarray(array) for array in arrays]

    def __len__(self) -> int:
        return len(self._arrays)

    @overload
    def __getitem__(self, index: int) -> NDArray[Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[NDArray[Any]]: ...
    def __getitem__(self, index: int | slice) -> NDArray[Any] | list[NDArray[Any]]:
        return self._arrays[index]

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return iter(self._arrays)

    def __setitem__(self, index: int, value: ArrayLike) -> None:
        array, given = self._arrays[index], _checks.array(f"{self._name}[{index}]", value)
        if given.shape != array.shape:
            msg = f"{self._name}[{index}] is given shape {given.shape}, expected {array.shape}"
            raise ShapeError(msg)
        if given.dtype.kind not in "iuf" or not np.isfinite(given).all():
            msg = f"{self._name}[{index}] is given {given.dtype} values, expected finite numbers"
            raise DomainError(msg)
        with np.errstate(over="ignore"):
            cast = given.astype(array.dtype)
        if not np.isfinite(cast).all():
            largest = np.abs(given).max()
            msg = f"{self._name}[{index}] is given {largest:g}, too large for {array.dtype}"
            raise DomainError(msg)
        array[...] = cast

    def __repr__(self) -> str:
        shapes = ", ".join(str(array.shape) for array in self._arrays)
        return f"<{self._name} of shape {shapes}>"
