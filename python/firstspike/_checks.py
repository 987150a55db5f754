"""Casts of user input that refuse whatever numpy would change silently."""

from __future__ import annotations

import difflib
import operator
import reprlib
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.errors import DomainError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "array",
    "count",
    "int_matrix",
    "int_vector",
    "kind",
    "known",
    "number",
    "offering",
    "optional",
    "plain",
    "positive",
    "real_matrix",
    "real_vector",
    "unit_matrix",
    "within",
]


def count(name: str, value: object) -> int:
    """Return `value` as a whole number of at least 0."""
    try:
        if isinstance(value, bool):  # an index to Python, a slip of the pen here
            raise TypeError
        found = operator.index(value)  # type: ignore[arg-type]  # its TypeError is the check
    except TypeError:
        msg = f"{name} is {reprlib.repr(value)}, expected a whole number"
        raise DomainError(msg) from None
    if not 0 <= found < 2**63:
        msg = f"{name} is {found}, expected at least 0 and less than 2^63"
        raise DomainError(msg)
    return found


def number(name: str, value: object, expected: str = "a number") -> float:
    """Return a real scalar as a float, perhaps not finite."""
    if type(value) is float:  # most are, and schedules are asked for many
        return value
    try:
        if isinstance(value, str | bytes | bool | np.bool) or np.ndim(value) != 0:  # type: ignore[arg-type]
            raise TypeError
        return float(value)  # type: ignore[arg-type]  # its TypeError is the check
    except (TypeError, ValueError, OverflowError):
        msg = f"{name} is {reprlib.repr(value)}, expected {expected}"
        raise DomainError(msg) from None


def optional(name: str, value: object) -> float | None:
    """Return a real scalar as a float, perhaps not finite, or None."""
    return None if value is None else number(name, value, "a number or None")


def plain(value: object) -> object:
    """Return a scalar of numpy as one of Python; the `default` of JSON."""
    if isinstance(value, np.generic | np.ndarray) and value.ndim == 0:
        return value.item()
    msg = f"{type(value).__name__} is no JSON value"
    raise TypeError(msg)


def positive(name: str, value: float, unit: str = "") -> float:
    """Return `value` as a finite number above 0."""
    found = number(name, value)
    if not (np.isfinite(found) and found > 0):
        tail = f" {unit}" if unit else ""
        msg = f"{name} is {value}{tail}, expected a finite number above 0"
        raise DomainError(msg)
    return found


def within(name: str, value: float, low: float, high: float = float("inf")) -> float:
    """Return `value` as a finite number from `low` to `high`."""
    found = number(name, value)
    if not (np.isfinite(found) and low <= found <= high):
        span = f"{low:g} to {high:g}" if np.isfinite(high) else f"at least {low:g}"
        msg = f"{name} is {value}, expected a finite number, {span}"
        raise DomainError(msg)
    return found


def known(name: str, value: str, names: Collection[str]) -> str:
    """Return `value` if it is one of `names`."""
    if value not in names:
        near = difflib.get_close_matches(value, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        msg = f"{name} is {value!r}, expected one of {', '.join(names)}{hint}"
        raise DomainError(msg)
    return value


def kind(name: str, value: object, wanted: type, expected: str) -> None:
    """Refuse what is neither None nor of the `wanted` type."""
    if value is not None and not isinstance(value, wanted):
        msg = f"{name} is {reprlib.repr(value)}, expected {expected} or None"
        raise DomainError(msg)


def offering(name: str, value: object, methods: Collection[str], expected: str) -> None:
    """Refuse what lacks one of `methods`, and a class where an instance is due."""
    has_all = all(callable(getattr(value, method, None)) for method in methods)
    if isinstance(value, type) or not has_all:
        msg = f"{name} is {reprlib.repr(value)}, expected {expected}"
        raise DomainError(msg)


def int_vector(name: str, values: ArrayLike, dtype: type[np.integer[Any]]) -> NDArray[Any]:
    """Copy whole numbers into a vector of `dtype`."""
    return _whole(name, _vector(name, values), dtype)


def int_matrix(
    name: str, values: ArrayLike, dtype: type[np.integer[Any]], axes: str
) -> NDArray[Any]:
    """Copy whole numbers into a matrix of `dtype`; `axes` names its axes, for the message."""
    return _whole(name, _matrix(name, values, axes), dtype)


def _whole(name: str, array: NDArray[Any], dtype: type[np.integer[Any]]) -> NDArray[Any]:
    if array.size and array.dtype.kind not in "iu":
        msg = f"{name} has dtype {array.dtype}, expected whole numbers (any integer dtype)"
        raise ShapeError(msg)
    limits = np.iinfo(dtype)
    for extreme in (array.min(initial=0), array.max(initial=0)) if array.size else ():
        if not limits.min <= int(extreme) <= limits.max:
            msg = f"{name} holds {extreme}, expected {limits.min} to {limits.max}"
            raise DomainError(msg)
    return np.array(array, dtype=dtype, order="C")


def real_vector(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Copy real numbers into a vector of float64."""
    return _real(name, _vector(name, values)).copy()


def real_matrix(name: str, values: ArrayLike, axes: str) -> NDArray[np.float64]:
    """Return real numbers as a matrix of float64; `axes` names its axes, for the message."""
    return _real(name, _matrix(name, values, axes))


def unit_matrix(name: str, values: ArrayLike, axes: str) -> NDArray[np.float64]:
    """Return numbers in [0, 1] as a matrix of float64."""
    matrix = real_matrix(name, values, axes)
    inside = (matrix >= 0.0) & (matrix <= 1.0)
    if not inside.all():
        row, column = (int(i) for i in np.argwhere(~inside)[0])
        msg = (
            f"{name}[{row}, {column}] is {matrix[row, column]}, expected 0 to 1; "
            "scale the features first"
        )
        raise DomainError(msg)
    return matrix


def array(name: str, values: ArrayLike) -> NDArray[Any]:
    """Return anything regular as an array."""
    try:
        return np.asarray(values)
    except ValueError as error:  # numpy's answer to ragged lists
        msg = f"{name} is not a regular array: {error}"
        raise ShapeError(msg) from None


def _vector(name: str, values: ArrayLike) -> NDArray[Any]:
    found = array(name, values)
    if found.ndim != 1:
        msg = f"{name} has shape {found.shape}, expected one dimension"
        raise ShapeError(msg)
    return found


def _matrix(name: str, values: ArrayLike, axes: str) -> NDArray[Any]:
    found = array(name, values)
    if found.ndim != 2:
        msg = f"{name} has shape {found.shape}, expected {axes}"
        raise ShapeError(msg)
    return found


def _real(name: str, array: NDArray[Any]) -> NDArray[np.float64]:
    if array.size and array.dtype.kind not in "iufb":
        msg = f"{name} has dtype {array.dtype}, expected real numbers"
        raise ShapeError(msg)
    return array.astype(np.float64, copy=False)
