"""The file format of section 7: one safetensors file with a versioned header."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import safetensors
import safetensors.numpy

from firstspike import _files
from firstspike.errors import FirstspikeError, FormatError
from firstspike.integer_network import header as head
from firstspike.integer_network.connectivity import Dense
from firstspike.integer_network.threshold import ConstThreshold, TableThreshold

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from numpy.typing import NDArray

    from firstspike.integer_network.network import IntegerNetwork

__all__ = ["digest", "load", "save", "to_bytes"]

N = TypeVar("N")

_DTYPES: dict[str, np.dtype[Any]] = {
    "I8": np.dtype("<i1"),
    "U32": np.dtype("<u4"),
    "I64": np.dtype("<i8"),
}


def to_bytes(network: IntegerNetwork) -> bytes:
    """Return the content of the network's file."""
    text = head.canonical(head.describe(network) | {"meta": network.meta})
    return safetensors.numpy.save(_tensors(network), {"firstspike": text})


def digest(network: IntegerNetwork) -> str:
    """Hash the header without its notes, then the tensors in the order of their names."""
    total = hashlib.sha256(head.canonical(head.describe(network)).encode())
    for _, tensor in sorted(_tensors(network).items()):
        total.update(tensor.tobytes())
    return total.hexdigest()


def save(network: IntegerNetwork, path: str | os.PathLike[str]) -> None:
    """Write the network's file; it is complete or absent."""
    _files.write_atomically(path, to_bytes(network))


def load(path: str | os.PathLike[str], construct: Callable[..., N]) -> N:
    """Read a file and construct its network, refusing whatever looks wrong."""
    content = Path(path).read_bytes()
    try:
        tensors = _read_tensors(content)
        return construct(**head.interpret(_read_header(content), tensors))
    except FirstspikeError as error:
        msg = f"{path} is not a usable integer network: {error}"
        raise FormatError(msg) from error


def _tensors(network: IntegerNetwork) -> dict[str, NDArray[Any]]:
    tensors: dict[str, NDArray[Any]] = {}
    for index, layer in enumerate(network.layers):
        parts: dict[str, NDArray[Any]] = {"weights": layer.connectivity.weights}
        if isinstance(layer.threshold, ConstThreshold | TableThreshold):
            parts["thresholds"] = layer.threshold.values
        if layer.bias is not None:
            parts["bias"] = layer.bias
        if not isinstance(layer.connectivity, Dense):
            parts["offsets"] = layer.connectivity.offsets
            parts["targets"] = layer.connectivity.targets
        for name, array in parts.items():
            tensors[f"layers.{index}.{name}"] = array.astype(array.dtype.newbyteorder("<"))
    return tensors


def _read_tensors(content: bytes) -> dict[str, NDArray[Any]]:
    try:
        entries: list[tuple[str, Any]] = safetensors.deserialize(content)  # type: ignore[no-untyped-call]
    except safetensors.SafetensorError as error:
        msg = f"it is no complete safetensors file ({error})"
        raise FormatError(msg) from None
    tensors = {}
    for name, entry in entries:
        dtype = _DTYPES.get(entry["dtype"])
        if dtype is None:
            msg = f"tensor {name} has type {entry['dtype']}, expected one of {', '.join(_DTYPES)}"
            raise FormatError(msg)
        tensors[name] = np.frombuffer(bytes(entry["data"]), dtype).reshape(entry["shape"])
    return tensors


def _read_header(content: bytes) -> object:
    # The library has just checked the length field and that its bytes are JSON.
    size = int.from_bytes(content[:8], "little")
    try:
        metadata = json.loads(content[8 : 8 + size]).get("__metadata__", {})
        return json.loads(metadata["firstspike"])
    except KeyError:
        msg = "its metadata has no key 'firstspike', expected a file written by IntegerNetwork.save"
        raise FormatError(msg) from None
    except (ValueError, RecursionError) as error:
        msg = f"its header is not readable JSON ({error})"
        raise FormatError(msg) from None
