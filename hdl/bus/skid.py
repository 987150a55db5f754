"""A register in a stream, in both directions."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.bus.words import words

__all__ = ["Skid"]


class Skid(wiring.Component):
    """Holds up to two words, so that neither side depends on the other within a cycle.

    Members
    -------
    i : In(words())
        From the producer.
    o : Out(words())
        To the consumer, one cycle later; one word per cycle.
    """

    def __init__(self) -> None:
        super().__init__({"i": In(words()), "o": Out(words())})

    def elaborate(self, platform: object) -> Module:
        """Build the output register and one for the word that comes when it is full."""
        m = Module()
        spare, has_spare = Signal.like(self.i.payload), Signal()
        moves = Signal()
        m.d.comb += [self.i.ready.eq(~has_spare), moves.eq(self.i.valid & self.i.ready)]
        with m.If(~self.o.valid | self.o.ready):
            m.d.sync += [
                self.o.payload.eq(Mux(has_spare, spare, self.i.payload)),
                self.o.valid.eq(has_spare | moves),
                has_spare.eq(0),
            ]
        with m.Elif(moves):
            m.d.sync += has_spare.eq(1)
        with m.If(~has_spare):
            m.d.sync += spare.eq(self.i.payload)
        return m
