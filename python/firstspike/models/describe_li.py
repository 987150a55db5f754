"""Leaky-integrator readouts as JSON and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firstspike.errors import FormatError
from firstspike.models.li import LI
from firstspike.models.pieces import init, number, numbers, one_of
from firstspike.models.reads import Average, Maximum
from firstspike.models.windows import Exponential, Flat, Linear, Sigmoid

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["interpret_li"]

FIELDS = ("type", "n_in", "n_out", "tau_mem", "tau_syn", "duration", "reads", "init")
WINDOWS: dict[str, type[Any]] = {
    "flat": Flat,
    "exponential": Exponential,
    "linear": Linear,
    "sigmoid": Sigmoid,
}


def interpret_li(where: str, entry: Mapping[str, Any]) -> LI:
    """Make a readout of its JSON object, refusing whatever looks wrong."""
    if set(entry) != set(FIELDS):
        msg = f"{where} is {entry!r}, expected an object of type li with {', '.join(FIELDS)}"
        raise FormatError(msg)
    values = {name: number(f"{where}: {name}", entry[name]) for name in FIELDS[1:3]}
    values |= {name: numbers(f"{where}: {name}", entry[name]) for name in FIELDS[3:6]}
    return LI(
        **values, reads=_reads(f"{where}: reads", entry["reads"]), **init(where, entry["init"])
    )


def _reads(where: str, entry: object) -> Maximum | Average:
    if entry == {"type": "maximum"}:
        return Maximum()
    if isinstance(entry, dict) and set(entry) == {"type", "window"} and entry["type"] == "average":
        return Average(one_of(f"{where}: window", entry["window"], WINDOWS))
    msg = f"{where} is {entry!r}, expected an object of type maximum or average"
    raise FormatError(msg)
