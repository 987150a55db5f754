"""Layers as JSON and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firstspike.errors import FormatError
from firstspike.models.delays import AxonDelays, SynapseDelays
from firstspike.models.firing import Many, Once
from firstspike.models.initializers import FanIn, Normal
from firstspike.models.lif import LIF
from firstspike.models.readout import Readout
from firstspike.models.recurrence import Recurrent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["READOUTS", "describe", "interpret", "number"]

NUMBERS = ("n_in", "n_out", "refractory")
# Of version 1, where all of them are plain numbers.
OLD_NUMBERS = ("n_in", "n_out", "tau_mem", "tau_syn", "threshold")
PER_NEURON = ("tau_mem", "tau_syn", "threshold", "reset", "leak")
PARTS = ("spikes", "init", "delays", "recurrent")
INITIALIZERS: dict[str, type[FanIn | Normal]] = {"fan_in": FanIn, "normal": Normal}
FIRING: dict[str, type[Once | Many]] = {"once": Once, "many": Many}
DELAYS: dict[str, type[SynapseDelays | AxonDelays]] = {
    "synapse": SynapseDelays,
    "axon": AxonDelays,
}
# What makes a readout of its description, by `type`.
READOUTS: dict[str, Callable[[Mapping[str, Any]], Readout]] = {}


def describe(layer: LIF | Readout) -> dict[str, Any]:
    """Return a layer as a JSON object."""
    if isinstance(layer, Readout):
        return dict(layer.describe())
    recurrent = layer.recurrent and {
        "init": _typed(INITIALIZERS, layer.recurrent.init),
        "delays": _typed(DELAYS, layer.recurrent.delays),
    }
    return {name: getattr(layer, name) for name in (*NUMBERS, *PER_NEURON)} | {
        "type": "lif",
        "spikes": _typed(FIRING, layer.spikes),
        "init": _typed(INITIALIZERS, layer.init),
        "delays": _typed(DELAYS, layer.delays),
        "recurrent": recurrent,
    }


def interpret(index: int, entry: object) -> LIF | Readout:
    """Make a layer of its JSON object, refusing whatever looks wrong."""
    where = f"layer {index} of its header"
    if isinstance(entry, dict) and entry.get("type") in READOUTS:
        return READOUTS[entry["type"]](entry)
    if isinstance(entry, dict) and "type" not in entry:
        return LIF(**_old(where, entry))
    expected = {"type", *NUMBERS, *PER_NEURON, *PARTS}
    if not isinstance(entry, dict) or entry.get("type") != "lif" or set(entry) != expected:
        msg = f"{where} is {entry!r}, expected an object of type lif with {sorted(expected)}"
        raise FormatError(msg)
    values = {name: number(f"{where}: {name}", entry[name]) for name in NUMBERS}
    values |= {name: _numbers(f"{where}: {name}", entry[name]) for name in PER_NEURON}
    delays = _maybe(f"{where}: delays", entry["delays"], DELAYS)
    recurrent = None
    if entry["recurrent"] is not None:
        inner = entry["recurrent"]
        if not isinstance(inner, dict) or set(inner) != {"init", "delays"}:
            msg = f"{where}: recurrent is {inner!r}, expected an object with init and delays"
            raise FormatError(msg)
        recurrent = Recurrent(
            **_init(f"{where}: recurrent", inner["init"]),
            delays=_maybe(f"{where}: recurrent: delays", inner["delays"], DELAYS),
        )
    spikes = _one_of(f"{where}: spikes", entry["spikes"], FIRING)
    init = _init(where, entry["init"])
    return LIF(**values, **init, spikes=spikes, delays=delays, recurrent=recurrent)


def _old(where: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Read an entry of version 1."""
    if set(entry) != {*OLD_NUMBERS, "spikes", "init"}:
        msg = f"{where} is {entry!r}, expected an object with type, or {OLD_NUMBERS}, spikes, init"
        raise FormatError(msg)
    values = {name: number(f"{where}: {name}", entry[name]) for name in OLD_NUMBERS}
    spikes = _one_of(f"{where}: spikes", entry["spikes"], FIRING)
    return values | {"spikes": spikes} | _init(where, entry["init"])


def _typed(kinds: Mapping[str, type[object]], value: object) -> dict[str, Any] | None:
    """Describe one of our own; where a saved network once started is a detail."""
    for name, kind in kinds.items():
        if isinstance(value, kind):
            fields: dict[str, Any] = vars(value)
            return {"type": name} | fields
    return None


def _init(where: str, entry: object) -> dict[str, Any]:
    found = _maybe(f"{where}: init", entry, INITIALIZERS)
    return {} if found is None else {"init": found}


def _maybe(where: str, entry: object, kinds: Mapping[str, type[Any]]) -> Any:  # noqa: ANN401
    return None if entry is None else _one_of(where, entry, kinds)


def _one_of(where: str, entry: object, kinds: Mapping[str, type[Any]]) -> Any:  # noqa: ANN401
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


def _numbers(where: str, value: object) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return tuple(number(where, entry) for entry in value)
    return number(where, value)


def number(where: str, value: object) -> Any:  # noqa: ANN401
    """Return `value` if it is a number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        msg = f"{where} is {value!r}, expected a number"
        raise FormatError(msg)
    return value
