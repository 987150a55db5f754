"""Float networks as files: one safetensors file with a versioned header."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import safetensors
import safetensors.numpy

from firstspike import _checks, _files
from firstspike.errors import DomainError, FirstspikeError, FormatError
from firstspike.models.describe import describe, interpret

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from numpy.typing import NDArray

    from firstspike.models.network import Network

__all__ = ["load", "save"]

N = TypeVar("N", bound="Network")

FORMAT = "firstspike.network"
VERSION = 2
DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}
# What version 1 has; everything else follows from its layers.
OLD = ("weights", "thresholds")
# Seconds, always in double precision.
TIMES = ("tau_mem", "tau_syn", "delays", "recurrent_delays")


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
        "layers": [describe(layer) for layer in network.layers],
        "meta": network.meta,
    }
    try:
        text = json.dumps(header, sort_keys=True, allow_nan=False, default=_checks.plain)
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"meta cannot be written as JSON ({error}), expected strings mapped to JSON values"
        raise DomainError(msg) from None
    tensors = {}
    for name, arrays in network.parameters.items():
        for index, array in enumerate(arrays):
            if array.size:
                tensors[f"{name}.{index}"] = array.astype(array.dtype.newbyteorder("<"))
    _files.write_atomically(path, safetensors.numpy.save(tensors, {"firstspike": text}))


def load(path: str | os.PathLike[str], construct: Callable[..., N]) -> N:
    """Read a file and construct its network, refusing whatever looks wrong."""
    content = Path(path).read_bytes()
    try:
        header = _read_header(content)
        tensors = _read_tensors(content)
        layers = [interpret(index, entry) for index, entry in enumerate(header["layers"])]
        network = construct(layers, seed=0, dtype=_precision(tensors))
        _fill(network, tensors, OLD if header["version"] == 1 else tuple(network.parameters))
        network.meta.update(header["meta"])
    except FirstspikeError as error:
        msg = f"{path} is not a usable network: {error}"
        raise FormatError(msg) from error
    return network


def _precision(tensors: dict[str, NDArray[Any]]) -> np.dtype[Any]:
    """Return the dtype of all tensors that are no times."""
    found = {t.dtype for name, t in tensors.items() if name.split(".")[0] not in TIMES}
    if len(found) != 1:
        given = ", ".join(f"{name} ({t.dtype})" for name, t in sorted(tensors.items()))
        msg = f"its tensors are {given or 'none'}, expected one type, float64 for {TIMES}"
        raise FormatError(msg)
    return found.pop().newbyteorder("=")


def _fill(network: Network, tensors: dict[str, NDArray[Any]], names: tuple[str, ...]) -> None:
    expected = {
        f"{name}.{index}"
        for name in names
        for index, array in enumerate(network.parameters[name])
        if array.size
    }
    if set(tensors) != expected:
        msg = f"its tensors are {sorted(tensors)}, expected {sorted(expected)}"
        raise FormatError(msg)
    for key in sorted(expected):
        name, index = key.split(".")
        network.parameters[name][int(index)] = tensors[key]


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
