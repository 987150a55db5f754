"""Layers as JSON and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firstspike.errors import FormatError
from firstspike.models.delays import AxonDelays, SynapseDelays
from firstspike.models.describe_li import interpret_li
from firstspike.models.describe_ramp import interpret_ramp
from firstspike.models.firing import Many, Once
from firstspike.models.lif import LIF
from firstspike.models.pieces import INITIALIZERS, init, maybe, number, numbers, one_of, typed
from firstspike.models.ramp import Ramp
from firstspike.models.readout import Readout
from firstspike.models.recurrence import Recurrent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from firstspike.models.stack import Spiking

__all__ = ["describe", "interpret"]

NUMBERS = ("n_in", "n_out", "refractory")
# Of version 1, where all of them are plain numbers.
OLD_NUMBERS = ("n_in", "n_out", "tau_mem", "tau_syn", "threshold")
PER_NEURON = ("tau_mem", "tau_syn", "threshold", "reset", "leak")
PARTS = ("spikes", "init", "delays", "recurrent")
FIRING: dict[str, type[Once | Many]] = {"once": Once, "many": Many}
DELAYS: dict[str, type[SynapseDelays | AxonDelays]] = {
    "synapse": SynapseDelays,
    "axon": AxonDelays,
}
# What makes a layer of where it stands and its description, by `type`.
OTHERS: dict[str, Callable[[str, Mapping[str, Any]], Ramp | Readout]] = {
    "li": interpret_li,
    "ramp": interpret_ramp,
}


def describe(layer: Spiking | Readout) -> dict[str, Any]:
    """Return a layer as a JSON object."""
    if isinstance(layer, Readout | Ramp):
        return dict(layer.describe())
    recurrent = layer.recurrent and {
        "init": typed(INITIALIZERS, layer.recurrent.init),
        "delays": typed(DELAYS, layer.recurrent.delays),
    }
    return {name: getattr(layer, name) for name in (*NUMBERS, *PER_NEURON)} | {
        "type": "lif",
        "spikes": typed(FIRING, layer.spikes),
        "init": typed(INITIALIZERS, layer.init),
        "delays": typed(DELAYS, layer.delays),
        "recurrent": recurrent,
    }


def interpret(index: int, entry: object) -> Spiking | Readout:
    """Make a layer of its JSON object, refusing whatever looks wrong."""
    where = f"layer {index} of its header"
    if isinstance(entry, dict) and entry.get("type") in OTHERS:
        return OTHERS[entry["type"]](where, entry)
    if isinstance(entry, dict) and "type" not in entry:
        return LIF(**_old(where, entry))
    expected = {"type", *NUMBERS, *PER_NEURON, *PARTS}
    if not isinstance(entry, dict) or entry.get("type") != "lif" or set(entry) != expected:
        msg = f"{where} is {entry!r}, expected an object of type lif with {sorted(expected)}"
        raise FormatError(msg)
    values = {name: number(f"{where}: {name}", entry[name]) for name in NUMBERS}
    values |= {name: numbers(f"{where}: {name}", entry[name]) for name in PER_NEURON}
    delays = maybe(f"{where}: delays", entry["delays"], DELAYS)
    recurrent = None
    if entry["recurrent"] is not None:
        inner = entry["recurrent"]
        if not isinstance(inner, dict) or set(inner) != {"init", "delays"}:
            msg = f"{where}: recurrent is {inner!r}, expected an object with init and delays"
            raise FormatError(msg)
        recurrent = Recurrent(
            **init(f"{where}: recurrent", inner["init"]),
            delays=maybe(f"{where}: recurrent: delays", inner["delays"], DELAYS),
        )
    spikes = one_of(f"{where}: spikes", entry["spikes"], FIRING)
    weights = init(where, entry["init"])
    return LIF(**values, **weights, spikes=spikes, delays=delays, recurrent=recurrent)


def _old(where: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Read an entry of version 1."""
    if set(entry) != {*OLD_NUMBERS, "spikes", "init"}:
        msg = f"{where} is {entry!r}, expected an object with type, or {OLD_NUMBERS}, spikes, init"
        raise FormatError(msg)
    values = {name: number(f"{where}: {name}", entry[name]) for name in OLD_NUMBERS}
    spikes = one_of(f"{where}: spikes", entry["spikes"], FIRING)
    return values | {"spikes": spikes} | init(where, entry["init"])
