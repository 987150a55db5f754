"""Encoders as plain data, so that a network's file can say how its inputs were encoded."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike import _checks
from firstspike.encoders.bias import Bias
from firstspike.encoders.chain import Chain
from firstspike.encoders.cochlea import Cochlea
from firstspike.encoders.delay_line import DelayLine
from firstspike.encoders.latency import Latency
from firstspike.encoders.level_crossing import LevelCrossing
from firstspike.encoders.linear import Linear
from firstspike.encoders.normalize import Normalize
from firstspike.encoders.transforms import Compress, Events, FirstSpikes, FromFirst, Window
from firstspike.errors import DomainError, FormatError

if TYPE_CHECKING:
    from firstspike.encoders.base import Encoder

__all__ = ["describe", "from_description"]

KINDS: dict[str, type[Any]] = {
    "latency": Latency,
    "linear": Linear,
    "bias": Bias,
    "cochlea": Cochlea,
    "level_crossing": LevelCrossing,
    "delay_line": DelayLine,
    "events": Events,
    "compress": Compress,
    "from_first": FromFirst,
    "first_spikes": FirstSpikes,
    "window": Window,
    "normalize": Normalize,
    "chain": Chain,
}
NAMES = {kind: name for name, kind in KINDS.items()}


def describe(encoder: Encoder) -> dict[str, Any]:
    """Return `encoder` as strings, numbers, lists and nested objects.

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
    if type(encoder) not in NAMES:
        msg = f"encoder is {encoder!r}, expected one of {', '.join(k.__name__ for k in NAMES)}"
        raise DomainError(msg)
    values: dict[str, Any] = {"type": NAMES[type(encoder)]}
    for field in fields(encoder):  # type: ignore[arg-type]  # all of KINDS are dataclasses
        value = getattr(encoder, field.name)
        if isinstance(value, tuple):
            values[field.name] = [describe(part) for part in value]
        elif isinstance(value, np.generic | np.ndarray):
            values[field.name] = _checks.plain(value)
        else:
            values[field.name] = describe(value) if type(value) in NAMES else value
    return values


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
    try:
        values = {key: _value(value) for key, value in description.items() if key != "type"}
        encoder: Encoder = KINDS[name](**values)
    except (TypeError, DomainError, RecursionError) as error:
        msg = f"the description of the {name} encoder does not fit: {error}"
        raise FormatError(msg) from None
    return encoder


def _value(value: object) -> object:
    """Parameter of an encoder: a number, an encoder, or several encoders."""
    if isinstance(value, dict):
        return from_description(value)
    if isinstance(value, list):
        return tuple(from_description(part) for part in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        msg = f"an encoder has the parameter {value!r}, expected numbers and encoders"
        raise FormatError(msg)
    return value
