"""The JSON header of a network file: written from the types, read back strictly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.errors import DomainError, FirstspikeError, FormatError
from firstspike.integer_network.connectivity import Connectivity, Dense, SynapseLists
from firstspike.integer_network.layer import IntegerLayer
from firstspike.integer_network.program import LifProgram
from firstspike.integer_network.readout import FirstSpike
from firstspike.integer_network.schedule import Causal
from firstspike.integer_network.threshold import ConstThreshold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firstspike.integer_network.network import IntegerNetwork

__all__ = ["canonical", "describe", "interpret"]

_FORMAT = "firstspike.integer_network"
_VERSION = 1
_LIF_CONSTANTS = ("decay_mem", "decay_syn", "drive", "shift", "guard")

Tensors = dict[str, "NDArray[Any]"]


def canonical(header: dict[str, Any]) -> str:
    """Return JSON with sorted keys and no spaces: equal headers give equal text."""
    return json.dumps(header, sort_keys=True, separators=(",", ":"), allow_nan=False)


def describe(network: IntegerNetwork) -> dict[str, Any]:
    """Return the header without `meta`."""
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "ticks": network.ticks,
        "tick_seconds": network.tick_seconds,
        "readout": {"type": "first_spike"},
        "layers": [_describe_layer(layer) for layer in network.layers],
    }


def _describe_layer(layer: IntegerLayer) -> dict[str, Any]:
    dense = isinstance(layer.connectivity, Dense)
    constants = {name: getattr(layer.program, name) for name in _LIF_CONSTANTS}
    return {
        "n_sources": layer.n_sources,
        "n_targets": layer.n_targets,
        "weight_bits": layer.weight_bits,
        "scale": layer.scale,
        "connectivity": {"type": "dense" if dense else "lists"},
        "program": {"type": "lif"} | constants,
        "schedule": {"type": "causal"},
        "threshold": {"type": "const"},
    }


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
        msg = f"its version is {version!r}, expected {_VERSION}; a newer firstspike may read it"
        raise FormatError(msg)
    keys = ("format", "version", "ticks", "tick_seconds", "readout", "layers", "meta")
    _same_names("the header", header, keys)
    _typed("readout", header["readout"], "first_spike")
    layers, meta = header["layers"], header["meta"]
    if not isinstance(layers, list) or not isinstance(meta, dict):
        msg = "its layers or meta have the wrong type, expected a list and an object"
        raise FormatError(msg)
    unused = dict(tensors)
    arguments = {
        "layers": [_interpret_layer(index, entry, unused) for index, entry in enumerate(layers)],
        "ticks": _whole("ticks", header["ticks"]),
        "tick_seconds": _real("tick_seconds", header["tick_seconds"]),
        "readout": FirstSpike(),
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
    _typed(f"{where}: schedule", layer["schedule"], "causal")
    _typed(f"{where}: threshold", layer["threshold"], "const")
    program = _typed(f"{where}: program", layer["program"], "lif", *_LIF_CONSTANTS)
    constants = {name: _whole(f"{where}: {name}", program[name]) for name in _LIF_CONSTANTS}
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
    thresholds = _take(tensors, f"layers.{index}.thresholds", "i8", 1)
    checked: IntegerLayer = _within(
        where,
        IntegerLayer,
        connectivity=connectivity,
        program=_within(where, LifProgram, **constants),
        threshold=_within(where, ConstThreshold, thresholds),
        schedule=Causal(),
        weight_bits=_whole(f"{where}: weight_bits", layer["weight_bits"]),
        scale=_real(f"{where}: scale", layer["scale"]),
    )
    return checked


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
