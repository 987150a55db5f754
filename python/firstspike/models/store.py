"""Float networks as files: one safetensors file with a versioned header."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import safetensors
import safetensors.numpy

from firstspike import _files
from firstspike.errors import DomainError, FirstspikeError, FormatError
from firstspike.models.firing import Many, Once
from firstspike.models.initializers import FanIn, Initializer, Normal
from firstspike.models.lif import LIF

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from firstspike.models.network import Network

__all__ = ["load", "save"]

N = TypeVar("N", bound="Network")

FORMAT = "firstspike.network"
VERSION = 1
DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}
NUMBERS = ("n_in", "n_out", "tau_mem", "tau_syn", "threshold")
INITIALIZERS: dict[str, type[FanIn | Normal]] = {"fan_in": FanIn, "normal": Normal}


def save(network: Network, path: str | os.PathLike[str]) -> None:
    """Write the network's file; it is complete or absent.

    Raises
    ------
    DomainError
        If `network.meta` cannot be written as JSON.
    """
    header = {
        "format": FORMAT,
        "version": VERSION,
        "layers": [_describe(layer) for layer in network.layers],
        "meta": network.meta,
    }
    try:
        text = json.dumps(header, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"meta cannot be written as JSON ({error}), expected strings mapped to JSON values"
        raise DomainError(msg) from None
    tensors = {}
    for kind, arrays in (("weights", network.weights), ("thresholds", network.thresholds)):
        for index, array in enumerate(arrays):
            tensors[f"{kind}.{index}"] = array.astype(array.dtype.newbyteorder("<"))
    _files.write_atomically(path, safetensors.numpy.save(tensors, {"firstspike": text}))


def load(path: str | os.PathLike[str], construct: Callable[..., N]) -> N:
    """Read a file and construct its network, refusing whatever looks wrong."""
    content = Path(path).read_bytes()
    try:
        header = _read_header(content)
        tensors = _read_tensors(content)
        layers = [_interpret(index, entry) for index, entry in enumerate(header["layers"])]
        expected = {f"{kind}.{n}" for kind in ("weights", "thresholds") for n in range(len(layers))}
        if set(tensors) != expected or len({t.dtype for t in tensors.values()}) != 1:
            found = ", ".join(f"{name} ({t.dtype})" for name, t in sorted(tensors.items()))
            msg = f"its tensors are {found or 'none'}, expected {sorted(expected)} of one type"
            raise FormatError(msg)
        network = construct(layers, seed=0, dtype=tensors["weights.0"].dtype.newbyteorder("="))
        for index in range(len(layers)):
            network.weights[index] = tensors[f"weights.{index}"]
            network.thresholds[index] = tensors[f"thresholds.{index}"]
        network.meta.update(header["meta"])
    except FirstspikeError as error:
        msg = f"{path} is not a usable network: {error}"
        raise FormatError(msg) from error
    return network


def _describe(layer: LIF) -> dict[str, Any]:
    spikes = {"type": "many", "limit": layer.spikes.limit}
    return {name: getattr(layer, name) for name in NUMBERS} | {
        "spikes": spikes if isinstance(layer.spikes, Many) else {"type": "once"},
        "init": _describe_init(layer.init),
    }


def _describe_init(init: Initializer) -> dict[str, Any] | None:
    """Describe one of our own; where the weights of a saved network once started is a detail."""
    for name, kind in INITIALIZERS.items():
        if isinstance(init, kind):
            return {"type": name} | vars(init)
    return None


def _read_header(content: bytes) -> dict[str, Any]:
    try:
        size = int.from_bytes(content[:8], "little")
        header = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["firstspike"])
    except (ValueError, KeyError, TypeError, RecursionError):
        msg = "it has no header, expected a file written by Network.save"
        raise FormatError(msg) from None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        found = header.get("format") if isinstance(header, dict) else header
        msg = f"its format is {found!r}, expected {FORMAT!r}"
        raise FormatError(msg)
    if type(header.get("version")) is not int or not 1 <= header["version"] <= VERSION:
        msg = f"its version is {header.get('version')!r}, expected {VERSION}; a newer one reads it"
        raise FormatError(msg)
    if not (isinstance(header.get("layers"), list) and isinstance(header.get("meta"), dict)):
        msg = "its header lacks the list 'layers' or the object 'meta'"
        raise FormatError(msg)
    return header


def _read_tensors(content: bytes) -> dict[str, NDArray[Any]]:
    try:
        entries: list[tuple[str, Any]] = safetensors.deserialize(content)  # type: ignore[no-untyped-call]
    except safetensors.SafetensorError as error:
        msg = f"it is no complete safetensors file ({error})"
        raise FormatError(msg) from None
    tensors = {}
    for name, entry in entries:
        if entry["dtype"] not in DTYPES:
            msg = f"tensor {name} has type {entry['dtype']}, expected {' or '.join(DTYPES)}"
            raise FormatError(msg)
        data = np.frombuffer(bytes(entry["data"]), DTYPES[entry["dtype"]])
        tensors[name] = data.reshape(entry["shape"])
    return tensors


def _interpret(index: int, entry: object) -> LIF:
    where = f"layer {index} of its header"
    if not isinstance(entry, dict) or set(entry) != {*NUMBERS, "spikes", "init"}:
        msg = f"{where} is {entry!r}, expected an object with {', '.join(NUMBERS)}, spikes, init"
        raise FormatError(msg)
    values = {name: _number(f"{where}: {name}", entry[name]) for name in NUMBERS}
    spikes = _one_of(f"{where}: spikes", entry["spikes"], {"once": Once, "many": Many})
    if entry["init"] is None:
        return LIF(**values, spikes=spikes)
    init = _one_of(f"{where}: init", entry["init"], INITIALIZERS)
    return LIF(**values, spikes=spikes, init=init)


def _one_of(where: str, entry: object, kinds: Mapping[str, type[Any]]) -> Any:  # noqa: ANN401
    name = entry.get("type") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(name, str) or name not in kinds:
        msg = f"{where} is {entry!r}, expected an object of type {' or '.join(kinds)}"
        raise FormatError(msg)
    values = {key: _number(f"{where}: {key}", v) for key, v in entry.items() if key != "type"}
    try:
        return kinds[name](**values)
    except TypeError as error:
        msg = f"{where} is {entry!r}, which does not fit: {error}"
        raise FormatError(msg) from None


def _number(where: str, value: object) -> Any:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        msg = f"{where} is {value!r}, expected a number"
        raise FormatError(msg)
    return value
