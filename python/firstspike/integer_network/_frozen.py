"""What the frozen array-holding classes of this package share."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["equal_fields", "rebuild", "store"]


def store(instance: object, **values: object) -> None:
    """Set fields of a frozen dataclass from its ``__post_init__``; arrays become read-only."""
    for name, value in values.items():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
        object.__setattr__(instance, name, value)


def rebuild(instance: Any) -> tuple[object, ...]:  # noqa: ANN401
    """Answer ``__reduce__`` with the constructor: what is unpickled is checked again."""
    values = {field.name: getattr(instance, field.name) for field in fields(instance) if field.init}
    return _construct, (type(instance), values)


def _construct(kind: type, values: dict[str, object]) -> object:
    return kind(**values)


def equal_fields(one: Any, other: Any) -> bool:  # noqa: ANN401
    """Compare two instances of one class field by field, arrays by value."""
    if type(one) is not type(other):
        return False
    names = [field.name for field in fields(one) if field.init]
    return all(_equal(getattr(one, name), getattr(other, name)) for name in names)


def _equal(a: NDArray[Any] | object, b: object) -> bool:
    if isinstance(a, np.ndarray):
        return bool(np.array_equal(a, b))  # type: ignore[arg-type]  # the same field, so an array
    return bool(a == b)
