"""Encoders as plain data, so that a network's file can say how its inputs were encoded."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from firstspike.encoders.bias import Bias
from firstspike.encoders.latency import Latency
from firstspike.encoders.linear import Linear
from firstspike.errors import DomainError, FormatError

if TYPE_CHECKING:
    from firstspike.encoders.base import Encoder

__all__ = ["describe", "from_description"]

KINDS: dict[str, type[Latency | Linear | Bias]] = {
    "latency": Latency,
    "linear": Linear,
    "bias": Bias,
}
NAMES = {kind: name for name, kind in KINDS.items()}


def describe(encoder: Encoder) -> dict[str, Any]:
    """Return `encoder` as strings, numbers and nested objects.

    Raises
    ------
    DomainError
        If it is not one of this package's encoders.

    Examples
    --------
    >>> from firstspike.encoders import Latency, describe
    >>> describe(Latency(t_max=20e-3))
    {'type': 'latency', 't_max': 0.02, 't_min': 0.0, 'threshold': 0.0}
    """
    if not isinstance(encoder, Latency | Linear | Bias):
        msg = f"encoder is {encoder!r}, expected one of {', '.join(k.__name__ for k in NAMES)}"
        raise DomainError(msg)
    values = {field.name: getattr(encoder, field.name) for field in fields(encoder)}
    if isinstance(encoder, Bias):
        values["encoder"] = describe(encoder.encoder)
    return {"type": NAMES[type(encoder)]} | values


def from_description(description: object) -> Encoder:
    """Invert `describe`.

    Raises
    ------
    FormatError
        If the description is of no known encoder, or its values do not fit.

    Examples
    --------
    >>> from firstspike.encoders import from_description
    >>> from_description({"type": "linear", "t_max": 0.03})
    Linear(t_max=0.03)
    """
    name = description.get("type") if isinstance(description, dict) else None
    if not isinstance(description, dict) or not isinstance(name, str) or name not in KINDS:
        msg = f"encoder is {description!r}, expected an object of type {', '.join(KINDS)}"
        raise FormatError(msg)
    values = {key: value for key, value in description.items() if key != "type"}
    numbers = [value for key, value in values.items() if key != "encoder"]
    if any(isinstance(v, bool) or not isinstance(v, int | float) for v in numbers):
        msg = f"encoder is {description!r}, expected numbers as parameters"
        raise FormatError(msg)
    try:
        if "encoder" in values:
            values["encoder"] = from_description(values["encoder"])
        return KINDS[name](**values)
    except (TypeError, DomainError, RecursionError) as error:
        msg = f"the description of the {name} encoder does not fit: {error}"
        raise FormatError(msg) from None
