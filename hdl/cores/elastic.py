"""A register between two streams that no path crosses in either direction."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Elastic"]


class Elastic(wiring.Component):
    """Holds two payloads: one that is offered, and one that came while that was not taken.

    ``i.ready`` is a register, so whether a consumer waits is not seen before the next cycle.

    Parameters
    ----------
    layout : StructLayout
        Layout of the payload.

    Members
    -------
    i : In(stream.Signature(layout))
        Comes in.
    o : Out(stream.Signature(layout))
        Goes out, one cycle later at the earliest.
    """

    def __init__(self, layout: data.StructLayout) -> None:
        super().__init__({"i": In(stream.Signature(layout)), "o": Out(stream.Signature(layout))})

    def elaborate(self, platform: object) -> Module:
        """Build both registers."""
        m = Module()
        waits = Signal()
        waiting = Signal.like(self.i.payload, reset_less=True)
        stays = self.o.valid & ~self.o.ready
        m.d.comb += self.i.ready.eq(~waits)
        m.d.sync += [
            self.o.valid.eq(self.i.valid | waits | stays),
            waits.eq(stays & (self.i.valid | waits)),
        ]
        with m.If(~stays):
            m.d.sync += self.o.payload.eq(Mux(waits, waiting, self.i.payload))
        # What is kept does not wait for the consumer either: it counts only if `waits` follows.
        with m.If(~waits):
            m.d.sync += waiting.eq(self.i.payload)
        return m
