"""The JSON header of a network file: written from the types, read back strictly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.errors import DomainError, FirstspikeError, FormatError
from firstspike.integer_network.connectivity import Connectivity, Dense, SynapseLists
from firstspike.integer_network.layer import IntegerLayer
from firstspike.integer_network.program import (
    LifProgram,
    Program,
    RampProgram,
    StepProgram,
    TableProgram,
)
from firstspike.integer_network.readout import FirstSpike, Potential, Readout
from firstspike.integer_network.schedule import Causal, Schedule, TwoPhase
from firstspike.integer_network.threshold import (
    ConstThreshold,
    NoThreshold,
    RampThreshold,
    TableThreshold,
    Threshold,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firstspike.integer_network.network import IntegerNetwork

__all__ = ["canonical", "describe", "interpret"]

_FORMAT = "firstspike.integer_network"
_VERSION = 2
_SCHEDULES: dict[str, type[Schedule]] = {"causal": Causal, "two_phase": TwoPhase}
_READOUTS: dict[str, type[Readout]] = {"first_spike": FirstSpike, "potential": Potential}
_LIF_CONSTANTS = ("decay_mem", "decay_syn", "drive", "shift", "guard")

Tensors = dict[str, "NDArray[Any]"]


def canonical(header: dict[str, Any]) -> str:
    """Return JSON with sorted keys and no spaces: equal headers give equal text."""
    return json.dumps(header, sort_keys=True, separators=(",", ":"), allow_nan=False)


def describe(network: IntegerNetwork) -> dict[str, Any]:
    """Return the header without `meta`."""
    return {
        "format": _FORMAT,
        "version": _version_of(network.layers),
        "ticks": network.ticks,
        "tick_seconds": network.tick_seconds,
        "readout": {"type": _name_of(network.readout, _READOUTS)},
        "layers": [_describe_layer(layer) for layer in network.layers],
    }


def _version_of(layers: Sequence[IntegerLayer]) -> int:
    """Return the oldest version that knows all parts."""
    return 1 if all(isinstance(layer.program, LifProgram) for layer in layers) else 2


def _name_of(value: object, names: dict[str, Any]) -> str:
    return next(name for name, kind in names.items() if isinstance(value, kind))


def _describe_layer(layer: IntegerLayer) -> dict[str, Any]:
    dense = isinstance(layer.connectivity, Dense)
    return {
        "n_sources": layer.n_sources,
        "n_targets": layer.n_targets,
        "weight_bits": layer.weight_bits,
        "scale": layer.scale,
        "connectivity": {"type": "dense" if dense else "lists"},
        "program": _describe_program(layer.program),
        "schedule": {"type": _name_of(layer.schedule, _SCHEDULES)},
        "threshold": _describe_threshold(layer.threshold),
    }


def _describe_program(program: Program) -> dict[str, Any]:
    match program:
        case StepProgram():
            return {"type": "step"}
        case RampProgram():
            return {"type": "ramp"}
        case LifProgram():
            constants = {name: getattr(program, name) for name in _LIF_CONSTANTS}
            return {"type": "lif"} | constants
        case TableProgram():
            return {"type": "table", "mantissas": list(program.mantissas)}


def _describe_threshold(threshold: Threshold) -> dict[str, Any]:
    match threshold:
        case ConstThreshold():
            return {"type": "const"}
        case RampThreshold():
            return {"type": "ramp", "step": threshold.step}
        case TableThreshold():
            return {"type": "table"}
        case NoThreshold():
            return {"type": "none"}


def interpret(header: object, tensors: Tensors) -> dict[str, Any]:
    """Turn a header and its tensors into the arguments of `IntegerNetwork`.

    Raises
    ------
    FormatError
        If a key or tensor is missing, unexpected or of the wrong type.
    FirstspikeError
        Whatever the constructors find wrong with the values.
    """
    if not isinstance(header, dict) or header.get("format") != _FORMAT:
        found = header.get("format") if isinstance(header, dict) else header
        msg = f"its format is {found!r}, expected {_FORMAT!r}"
        raise FormatError(msg)
    version = header.get("version")
    if type(version) is not int or not 1 <= version <= _VERSION:
        msg = (
            f"its version is {version!r}, expected 1 to {_VERSION}; a newer firstspike may read it"
        )
        raise FormatError(msg)
    keys = ("format", "version", "ticks", "tick_seconds", "readout", "layers", "meta")
    _same_names("the header", header, keys)
    readout = _READOUTS[_kind("readout", header["readout"], *_READOUTS)]()
    _same_names("readout", header["readout"], ("type",))
    layers, meta = header["layers"], header["meta"]
    if not isinstance(layers, list) or not isinstance(meta, dict):
        msg = "its layers or meta have the wrong type, expected a list and an object"
        raise FormatError(msg)
    unused = dict(tensors)
    found = [_interpret_layer(index, entry, unused) for index, entry in enumerate(layers)]
    if version != _version_of(found):
        msg = f"its version is {version}, but the version of its layers is {_version_of(found)}"
        raise FormatError(msg)
    arguments = {
        "layers": found,
        "ticks": _whole("ticks", header["ticks"]),
        "tick_seconds": _real("tick_seconds", header["tick_seconds"]),
        "readout": readout,
        "meta": meta,
    }
    if unused:
        msg = f"it holds unexpected tensors: {', '.join(sorted(unused))}"
        raise FormatError(msg)
    return arguments


def _interpret_layer(index: int, entry: object, tensors: Tensors) -> IntegerLayer:
    where = f"layer {index}"
    keys = ("n_sources", "n_targets", "weight_bits", "scale")
    choices = ("connectivity", "program", "schedule", "threshold")
    layer = _same_names(where, entry, keys + choices)
    schedule = _SCHEDULES[_kind(f"{where}: schedule", layer["schedule"], *_SCHEDULES)]()
    _same_names(f"{where}: schedule", layer["schedule"], ("type",))
    program = _interpret_program(where, layer["program"])
    n_targets = _whole(f"{where}: n_targets", layer["n_targets"])
    n_sources = _whole(f"{where}: n_sources", layer["n_sources"])
    kind = layer["connectivity"].get("type") if isinstance(layer["connectivity"], dict) else None
    connectivity: Connectivity
    if kind == "lists":
        _typed(f"{where}: connectivity", layer["connectivity"], "lists")
        offsets = _take(tensors, f"layers.{index}.offsets", "i8", 1)
        targets = _take(tensors, f"layers.{index}.targets", "u4", 1)
        weights = _take(tensors, f"layers.{index}.weights", "i1", 1)
        connectivity = _within(where, SynapseLists, n_targets, offsets, targets, weights)
    else:
        _typed(f"{where}: connectivity", layer["connectivity"], "dense")
        connectivity = _within(where, Dense, _take(tensors, f"layers.{index}.weights", "i1", 2))
    if (connectivity.n_sources, connectivity.n_targets) != (n_sources, n_targets):
        found = f"{connectivity.n_sources} sources and {connectivity.n_targets} targets"
        msg = f"{where}: the tensors have {found}, the header says {n_sources} and {n_targets}"
        raise FormatError(msg)
    threshold = _interpret_threshold(index, layer["threshold"], tensors)
    two_phase = isinstance(schedule, TwoPhase)
    checked: IntegerLayer = _within(
        where,
        IntegerLayer,
        connectivity=connectivity,
        program=program,
        threshold=threshold,
        schedule=schedule,
        bias=_take(tensors, f"layers.{index}.bias", "i8", 1) if two_phase else None,
        weight_bits=_whole(f"{where}: weight_bits", layer["weight_bits"]),
        scale=_real(f"{where}: scale", layer["scale"]),
    )
    return checked


def _interpret_program(where: str, found: object) -> Program:
    place = f"{where}: program"
    match _kind(place, found, "step", "ramp", "lif", "table"):
        case "lif":
            entry = _same_names(place, found, ("type", *_LIF_CONSTANTS))
            constants = {name: _whole(f"{where}: {name}", entry[name]) for name in _LIF_CONSTANTS}
            lif: LifProgram = _within(where, LifProgram, **constants)
            return lif
        case "table":
            mantissas = _same_names(place, found, ("type", "mantissas"))["mantissas"]
            if not isinstance(mantissas, list):
                msg = f"{where}: mantissas is {mantissas!r}, expected a list"
                raise FormatError(msg)
            values = [_whole(f"{where}: mantissas[{n}]", x) for n, x in enumerate(mantissas)]
            table: TableProgram = _within(where, TableProgram, values)
            return table
        case kind:
            _same_names(place, found, ("type",))
            return StepProgram() if kind == "step" else RampProgram()


def _interpret_threshold(index: int, found: object, tensors: Tensors) -> Threshold:
    where, name = f"layer {index}", f"layers.{index}.thresholds"
    place = f"{where}: threshold"
    threshold: Threshold
    match _kind(place, found, "const", "ramp", "table", "none"):
        case "ramp":
            entry = _same_names(place, found, ("type", "step"))
            threshold = _within(where, RampThreshold, _whole(f"{where}: step", entry["step"]))
        case "none":
            _same_names(place, found, ("type",))
            threshold = NoThreshold()
        case kind:
            _same_names(place, found, ("type",))
            maker = ConstThreshold if kind == "const" else TableThreshold
            threshold = _within(where, maker, _take(tensors, name, "i8", 1))
    return threshold


def _kind(where: str, found: object, *kinds: str) -> str:
    kind = found.get("type") if isinstance(found, dict) else None
    if not isinstance(kind, str) or kind not in kinds:
        msg = f"{where} is {found!r}, expected an object of type {' or '.join(kinds)}"
        raise FormatError(msg)
    return kind


def _within(where: str, kind: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
    """Construct `kind`, naming the layer in what it complains about."""
    try:
        return kind(*args, **kwargs)
    except FirstspikeError as error:
        msg = f"{where}: {error}"
        raise DomainError(msg) from error


def _same_names(where: str, found: object, expected: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(found, dict):
        msg = f"{where} is {found!r}, expected an object"
        raise FormatError(msg)
    if set(found) != set(expected):
        msg = f"{where} has the keys {sorted(found)}, expected {sorted(expected)}"
        raise FormatError(msg)
    return found


def _typed(where: str, found: object, kind: str, *parameters: str) -> dict[str, Any]:
    if not isinstance(found, dict) or found.get("type") != kind:
        msg = f"{where} is {found!r}, expected an object of type {kind!r}"
        raise FormatError(msg)
    return _same_names(where, found, ("type", *parameters))


def _whole(where: str, found: object) -> int:
    if type(found) is not int:  # not isinstance: true and false are no numbers here
        msg = f"{where} is {found!r}, expected a whole number"
        raise FormatError(msg)
    return found


def _real(where: str, found: object) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float) or abs(found) > 1e300:
        msg = f"{where} is {found!r}, expected a number"
        raise FormatError(msg)
    return float(found)


def _take(tensors: Tensors, name: str, dtype: str, ndim: int) -> NDArray[Any]:
    tensor = tensors.pop(name, None)
    if tensor is None:
        msg = f"tensor {name} is missing"
        raise FormatError(msg)
    if tensor.dtype != np.dtype(f"<{dtype}") or tensor.ndim != ndim:
        found = f"{tensor.dtype} with {tensor.ndim} dimensions"
        msg = f"tensor {name} is {found}, expected {np.dtype(dtype)} with {ndim}"
        raise FormatError(msg)
    return tensor
