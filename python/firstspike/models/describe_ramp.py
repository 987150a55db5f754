"""A layer of ramp neurons from its JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firstspike.errors import FormatError
from firstspike.models.pieces import init, number, numbers
from firstspike.models.ramp import Ramp

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["interpret_ramp"]

KEYS = {"type", "n_in", "n_out", "tau", "threshold", "init"}


def interpret_ramp(where: str, entry: Mapping[str, Any]) -> Ramp:
    """Make a `Ramp` of its description, refusing whatever looks wrong."""
    if set(entry) != KEYS:
        msg = f"{where} is {entry!r}, expected an object of type ramp with {sorted(KEYS)}"
        raise FormatError(msg)
    values = {name: number(f"{where}: {name}", entry[name]) for name in ("n_in", "n_out", "tau")}
    threshold = numbers(f"{where}: threshold", entry["threshold"])
    return Ramp(**values, threshold=threshold, **init(where, entry["init"]))
