"""Pieces of layers as JSON and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firstspike.errors import FormatError
from firstspike.models.initializers import FanIn, Normal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["INITIALIZERS", "init", "maybe", "number", "numbers", "one_of", "typed"]

INITIALIZERS: dict[str, type[FanIn | Normal]] = {"fan_in": FanIn, "normal": Normal}


def typed(kinds: Mapping[str, type[object]], value: object) -> dict[str, Any] | None:
    """Describe one of our own; where a saved network once started is a detail."""
    for name, kind in kinds.items():
        if isinstance(value, kind):
            fields: dict[str, Any] = vars(value)
            return {"type": name} | fields
    return None


def init(where: str, entry: object) -> dict[str, Any]:
    """Return the argument `init` of a layer; nothing if the file does not know it."""
    found = maybe(f"{where}: init", entry, INITIALIZERS)
    return {} if found is None else {"init": found}


def maybe(where: str, entry: object, kinds: Mapping[str, type[Any]]) -> Any:  # noqa: ANN401
    """Make one of `kinds` of its description, or None of null."""
    return None if entry is None else one_of(where, entry, kinds)


def one_of(where: str, entry: object, kinds: Mapping[str, type[Any]]) -> Any:  # noqa: ANN401
    """Make one of `kinds` of its description."""
    name = entry.get("type") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(name, str) or name not in kinds:
        msg = f"{where} is {entry!r}, expected an object of type {' or '.join(kinds)}"
        raise FormatError(msg)
    values = {
        key: None if v is None else number(f"{where}: {key}", v)
        for key, v in entry.items()
        if key != "type"
    }
    try:
        return kinds[name](**values)
    except TypeError as error:
        msg = f"{where} is {entry!r}, which does not fit: {error}"
        raise FormatError(msg) from None


def numbers(where: str, value: object) -> Any:  # noqa: ANN401
    """Return `value` if it is a number or a list of them."""
    if isinstance(value, list):
        return tuple(number(where, entry) for entry in value)
    return number(where, value)


def number(where: str, value: object) -> Any:  # noqa: ANN401
    """Return `value` if it is a number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        msg = f"{where} is {value!r}, expected a number"
        raise FormatError(msg)
    return value
