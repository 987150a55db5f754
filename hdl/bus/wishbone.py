"""Wishbone classic in front of registers."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.bus.access import access
from firstspike.hdl.bus.registers import WORD

__all__ = ["Wishbone", "wishbone"]


def wishbone(address_bits: int) -> wiring.Signature:
    """Return the signature of a Wishbone classic controller; ``adr`` counts words of 32 bits."""
    return wiring.Signature(
        {
            "cyc": Out(1),
            "stb": Out(1),
            "we": Out(1),
            "adr": Out(address_bits - WORD.bit_length() + 1),
            "sel": Out(4),
            "dat_w": Out(32),
            "dat_r": In(32),
            "ack": In(1),
            "err": In(1),
        }
    )


class Wishbone(wiring.Component):
    """A Wishbone classic peripheral: every transfer takes five cycles.

    A request that is taken back is carried out all the same, and not answered. ``ack``, ``err`` and
    ``dat_r`` are registers. A missing register, or a write to a part of a word, is answered by
    ``err`` and does nothing.

    Parameters
    ----------
    address_bits : int
        Width of a byte address.

    Members
    -------
    bus : In(wishbone(address_bits))
        From the controller.
    access : Out(access(address_bits))
        To the registers.
    """

    def __init__(self, address_bits: int) -> None:
        super().__init__({"bus": In(wishbone(address_bits)), "access": Out(access(address_bits))})

    def elaborate(self, platform: object) -> Module:
        """Hand the request on, wait for the registers, and answer."""
        m = Module()
        bus, port = self.bus, self.access
        asks, asked, whole, good = Signal(), Signal(), Signal(), Signal()
        given, heard, told = Signal(), Signal(), Signal()
        is_whole = Signal()
        m.d.comb += [
            asks.eq(bus.cyc & bus.stb),
            asked.eq(asks & ~(given | heard | told) & ~bus.ack & ~bus.err),
            good.eq(port.known & whole),
        ]
        m.d.sync += [
            given.eq(asked),
            heard.eq(given & asks),
            told.eq(heard & asks),
            is_whole.eq(bus.sel.all() | ~bus.we),
            whole.eq(is_whole),
            port.address.eq(bus.adr),
            port.data.eq(bus.dat_w),
            port.write.eq(asked & bus.we & bus.sel.all()),
            bus.ack.eq(told & asks & good),
            bus.err.eq(told & asks & ~good),
            bus.dat_r.eq(port.value),
        ]
        return m
