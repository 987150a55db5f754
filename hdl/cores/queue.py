"""A queue between two streams, small enough to stand at both ends of every lane."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Queue"]


class Queue(wiring.Component):
    """Keeps payloads in order: `places` of them in a memory, and one in a register behind it.

    Whether the memory is full or empty is kept in registers, so ``i.ready`` comes out of a
    flip-flop. A payload can be taken two cycles after it came in, at the earliest.

    Parameters
    ----------
    layout : StructLayout
        Layout of the payload.
    places : int
        Payloads that fit into the memory: a power of two, at least two.

    Members
    -------
    i : In(stream.Signature(layout))
        Comes in.
    o : Out(stream.Signature(layout))
        Goes out.
    """

    def __init__(self, layout: data.StructLayout, places: int) -> None:
        if places < 2 or places & (places - 1):
            msg = f"places must be a power of two of at least 2, not {places!r}"
            raise ValueError(msg)
        self._layout = layout
        self._places = places
        super().__init__({"i": In(stream.Signature(layout)), "o": Out(stream.Signature(layout))})

    def elaborate(self, platform: object) -> Module:
        """Build memory, two pointers and two flags."""
        m = Module()
        m.submodules.cells = cells = memory.Memory(shape=self._layout, depth=self._places, init=[])
        write, read = cells.write_port(), cells.read_port()
        to, of = Signal(range(self._places)), Signal(range(self._places))
        full, some = Signal(), Signal()
        enters, leaves = Signal(), Signal()
        next_to, next_of = Signal.like(to), Signal.like(of)
        m.d.comb += [
            next_to.eq(to + 1),
            next_of.eq(of + 1),
            enters.eq(self.i.valid & ~full),
            leaves.eq(some & (~self.o.valid | self.o.ready)),
            self.i.ready.eq(~full),
            write.addr.eq(to),
            Value.cast(write.data).eq(Value.cast(self.i.payload)),
            write.en.eq(enters),
            read.addr.eq(of),
            read.en.eq(leaves),
            Value.cast(self.o.payload).eq(Value.cast(read.data)),
        ]
        with m.If(enters):
            m.d.sync += to.eq(next_to)
        with m.If(leaves):
            m.d.sync += of.eq(next_of)
        # `leaves` is known last, so as little as possible comes after it.
        m.d.sync += [
            self.o.valid.eq(some | (self.o.valid & ~self.o.ready)),
            some.eq(enters | Mux(leaves, next_of != to, some)),
            full.eq(~leaves & (full | (enters & (next_to == of)))),
        ]
        return m
