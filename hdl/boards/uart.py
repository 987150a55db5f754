"""A serial line: bytes, eight bits, no parity, one stop bit."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

__all__ = ["UartReceiver", "UartSender"]


class UartReceiver(wiring.Component):
    """Bytes from a serial line. A byte that nobody takes before the next one is lost.

    Parameters
    ----------
    divisor : int
        Clock cycles per bit.

    Members
    -------
    rx : In(1)
        The line.
    o : Out(stream.Signature(8))
        Bytes.
    """

    def __init__(self, divisor: int) -> None:
        self._divisor = divisor
        super().__init__({"rx": In(1, init=1), "o": Out(stream.Signature(8))})

    def elaborate(self, platform: object) -> Module:
        """Look at every bit in its middle."""
        m = Module()
        line = Signal(init=1)
        m.submodules += FFSynchronizer(self.rx, line, init=1)
        timer, bits = Signal(range(2 * self._divisor)), Signal(range(10))
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(bits == 0):
            with m.If(~line):
                # To the middle of the first data bit.
                m.d.sync += [timer.eq(self._divisor * 3 // 2 - 1), bits.eq(9)]
        with m.Elif(timer != 0):
            m.d.sync += timer.eq(timer - 1)
        with m.Else():
            m.d.sync += [timer.eq(self._divisor - 1), bits.eq(bits - 1)]
            with m.If(bits == 1):
                m.d.sync += self.o.valid.eq(line)  # without a stop bit it is no byte
            with m.Else():
                m.d.sync += self.o.payload.eq(Cat(self.o.payload[1:], line))
        return m


class UartSender(wiring.Component):
    """Bytes to a serial line.

    Parameters
    ----------
    divisor : int
        Clock cycles per bit.

    Members
    -------
    i : In(stream.Signature(8))
        Bytes.
    tx : Out(1)
        The line.
    """

    def __init__(self, divisor: int) -> None:
        self._divisor = divisor
        super().__init__({"i": In(stream.Signature(8)), "tx": Out(1, init=1)})

    def elaborate(self, platform: object) -> Module:
        """Shift start bit, data and stop bit out."""
        m = Module()
        timer, bits = Signal(range(self._divisor)), Signal(range(11))
        rest = Signal(9)
        m.d.comb += self.i.ready.eq(bits == 0)
        with m.If(bits == 0):
            with m.If(self.i.valid):
                m.d.sync += [self.tx.eq(0), rest.eq(Cat(self.i.payload, 1)), bits.eq(10)]
                m.d.sync += timer.eq(self._divisor - 1)
        with m.Elif(timer != 0):
            m.d.sync += timer.eq(timer - 1)
        with m.Else():
            m.d.sync += [
                timer.eq(self._divisor - 1),
                bits.eq(bits - 1),
                self.tx.eq(rest[0]),
                rest.eq(Cat(rest[1:], 1)),
            ]
        return m
