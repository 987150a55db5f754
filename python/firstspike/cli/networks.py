"""Network files on the command line: which kind one is, and how its inputs are encoded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from firstspike import encoders
from firstspike.errors import DomainError, FormatError
from firstspike.integer_network import IntegerNetwork
from firstspike.models import Network

if TYPE_CHECKING:
    from pathlib import Path

    from firstspike.encoders import Encoder

__all__ = ["encoder_of", "load_any", "load_float", "load_integer"]


def load_any(path: Path) -> Network | IntegerNetwork:
    """Read a file of either kind.

    Raises
    ------
    FormatError
        If it is neither.
    """
    if _format(path) == "firstspike.network":
        return Network.load(path)
    return IntegerNetwork.load(path)


def load_float(path: Path) -> Network:
    """Read a float network; say so if it is an integer one."""
    network = load_any(path)
    if isinstance(network, IntegerNetwork):
        msg = f"{path} is an integer network, expected a float network from `firstspike train`"
        raise FormatError(msg)
    return network


def load_integer(path: Path) -> IntegerNetwork:
    """Read an integer network; say so if it is a float one."""
    network = load_any(path)
    if isinstance(network, Network):
        msg = f"{path} is a float network, expected an integer one; run `firstspike quantize` first"
        raise FormatError(msg)
    return network


def encoder_of(network: Network | IntegerNetwork, given: str | None) -> Encoder:
    """Return the encoder that the user gave as JSON, else the one noted in the network's file.

    Raises
    ------
    DomainError
        If neither says how inputs become spikes.
    FormatError
        If what they say is no encoder.
    """
    if given is not None:
        try:
            return encoders.from_description(json.loads(given))
        except (json.JSONDecodeError, RecursionError) as error:
            msg = f"--encoder is {given!r}, expected JSON: {error}"
            raise FormatError(msg) from None
    if "encoder" not in network.meta:
        example = '{"type": "latency", "t_max": 0.02}'
        msg = f"the file does not say how its inputs are encoded; say it: --encoder '{example}'"
        raise DomainError(msg)
    return encoders.from_description(network.meta["encoder"])


def _format(path: Path) -> object:
    """Read what kind of file it claims to be, None if it claims nothing readable."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        text = file.read(min(size, 100 << 20))  # a length field may claim anything
    try:
        return json.loads(json.loads(text)["__metadata__"]["firstspike"])["format"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
