"""Words of 32 bits that samples and results are made of on AXI4-Stream."""

from __future__ import annotations

from amaranth.hdl import signed, unsigned
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["MARGIN", "RESULT", "SOURCE_BITS", "WORD_IN", "Word", "axi_stream", "word", "words"]

#: Bits of a source's index.
SOURCE_BITS = 28


class Word(enum.Enum, shape=3):  # type: ignore[call-arg]  # Amaranth has no types
    """Kind of a word."""

    #: Nothing; carries the end of a sample without any token.
    NOTHING = 0
    #: A source, or an output neuron, spikes.
    SPIKE = 1
    #: The open tick is closed.
    TICK = 2
    #: First word of a result.
    RESULT = 3


#: A word of a sample.
WORD_IN = data.StructLayout({"kind": Word, "source": unsigned(SOURCE_BITS), "unused": 1})
#: An output spike, or the first word of a result.
RESULT = data.StructLayout({"kind": Word, "neuron": unsigned(13), "tick": unsigned(16)})
#: The second and last word of a result.
MARGIN = data.StructLayout({"tie": 1, "silent": 1, "refused": 1, "margin": signed(29)})


def word() -> data.StructLayout:
    """Return the layout of a word with the mark of the end of its packet."""
    return data.StructLayout({"data": unsigned(32), "last": 1})


def axi_stream(*, keep: bool = False) -> wiring.Signature:
    """Return the signature of an AXI4-Stream transmitter of 32-bit words.

    With `keep` it has TKEEP, which is always all ones: some receivers want to see it.
    """
    members = {"tdata": Out(32), "tlast": Out(1), "tvalid": Out(1), "tready": In(1)}
    return wiring.Signature(members | ({"tkeep": Out(4)} if keep else {}))


def words() -> stream.Signature:
    """Return the signature of a stream of words."""
    return stream.Signature(word())
