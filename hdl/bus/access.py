"""What every bus does in the end: read or write one word."""

from __future__ import annotations

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.bus.registers import WORD

__all__ = ["access"]


def access(address_bits: int) -> wiring.Signature:
    """Return the signature of a port that reads and writes words.

    ``value`` and ``known``, whether there is such a register, follow ``address`` two cycles later.
    ``data`` is written in every cycle in which ``write`` is high.
    """
    return wiring.Signature(
        {
            "address": Out(address_bits - WORD.bit_length() + 1),
            "write": Out(1),
            "data": Out(8 * WORD),
            "value": In(8 * WORD),
            "known": In(1),
        }
    )
