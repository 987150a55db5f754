"""From bytes to a bus: a computer reads and writes registers over a serial line."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.bus.wishbone import wishbone

__all__ = ["Bridge"]

WRITE, READ = 1, 2
#: Silence after which a command that was begun is forgotten, in cycles.
PATIENCE = 1 << 22


class Bridge(wiring.Component):
    """Carries out the commands of LiteX's uartbone, whose host tools therefore work with it.

    A command is a byte, 1 to write or 2 to read, the number of words, the address of the first word
    in four bytes, and the words; numbers are big-endian. Reading answers with the words, writing
    with nothing. What is no command is skipped. Registers that do not exist read as zero.

    Parameters
    ----------
    address_bits : int
        Width of a byte address.

    Members
    -------
    i, o : stream.Signature(8)
        Bytes in and out.
    bus : Out(wishbone(address_bits))
        The bus.
    """

    def __init__(self, address_bits: int) -> None:
        super().__init__(
            {
                "i": In(stream.Signature(8)),
                "o": Out(stream.Signature(8)),
                "bus": Out(wishbone(address_bits)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build one state per part of a command."""
        m = Module()
        bus = self.bus
        writes, left = Signal(), Signal(8)
        place = Signal(2)  # which byte of an address or word
        address, word = Signal(32), Signal(32)
        silence = Signal(range(PATIENCE))
        taken = Signal()
        m.d.comb += [
            self.i.ready.eq(1),
            bus.adr.eq(address),
            bus.dat_w.eq(word),
            bus.we.eq(writes),
            bus.sel.eq(~0),
            bus.stb.eq(bus.cyc),
            self.o.payload.eq(word[24:]),
            taken.eq(self.i.valid),
        ]
        m.d.sync += silence.eq(silence + 1)
        with m.If(taken):
            m.d.sync += silence.eq(0)

        def collect(into: Signal, then: str) -> None:
            with m.If(taken):
                m.d.sync += [into.eq(Cat(self.i.payload, into[:24])), place.eq(place + 1)]
                with m.If(place == 3):
                    m.next = then
            with m.Elif(silence == PATIENCE - 1):
                m.next = "Rest"

        with m.FSM():
            with m.State("Rest"):
                m.d.sync += [place.eq(0), writes.eq(self.i.payload == WRITE)]
                with m.If(taken & ((self.i.payload == WRITE) | (self.i.payload == READ))):
                    m.next = "Length"
            with m.State("Length"):
                with m.If(taken):
                    m.d.sync += left.eq(self.i.payload)
                    m.next = "Address"
                    with m.If(self.i.payload == 0):
                        m.next = "Rest"
                with m.Elif(silence == PATIENCE - 1):
                    m.next = "Rest"
            with m.State("Address"):
                collect(address, "Turn")
            with m.State("Turn"):
                m.next = "Access"
                with m.If(writes):
                    m.next = "Word"
            with m.State("Word"):
                collect(word, "Access")
            with m.State("Access"):
                m.d.comb += bus.cyc.eq(1)
                with m.If(bus.ack | bus.err):
                    m.d.sync += [address.eq(address + 1), left.eq(left - 1)]
                    with m.If(~writes):
                        m.d.sync += word.eq(bus.dat_r)
                        m.next = "Answer"
                    with m.Elif(left == 1):
                        m.next = "Rest"
                    with m.Else():
                        m.next = "Word"
            with m.State("Answer"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.d.sync += [word.eq(word << 8), place.eq(place + 1)]
                    with m.If(place == 3):
                        m.next = "Access"
                        with m.If(left == 0):
                            m.next = "Rest"
        return m
