"""AXI4-Lite in front of registers."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import enum, wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.bus.access import access
from firstspike.hdl.bus.registers import WORD

__all__ = ["AxiLite", "Response", "axi_lite"]


class Response(enum.Enum, shape=2):  # type: ignore[call-arg]  # Amaranth has no types
    """How a transfer ended."""

    #: It was done.
    OKAY = 0
    #: There is no such register, or not all bytes of the word were to be written.
    SLVERR = 2


def axi_lite(address_bits: int) -> wiring.Signature:
    """Return the signature of an AXI4-Lite manager with 32 bits of data."""
    address = {"addr": Out(address_bits), "prot": Out(3), "valid": Out(1), "ready": In(1)}
    channels = {
        "aw": address,
        "w": {"data": Out(32), "strb": Out(4), "valid": Out(1), "ready": In(1)},
        "b": {"resp": In(Response), "valid": In(1), "ready": Out(1)},
        "ar": address,
        "r": {"data": In(32), "resp": In(Response), "valid": In(1), "ready": Out(1)},
    }
    return wiring.Signature(
        {f"{name}{wire}": of for name, wires in channels.items() for wire, of in wires.items()}
    )


class AxiLite(wiring.Component):
    """An AXI4-Lite subordinate: one transfer at a time in each direction, reads after writes.

    Every output is a register, so nothing depends on an input within a cycle. Address and data of a
    write may come in any order. Words are written whole or not at all.

    Parameters
    ----------
    address_bits : int
        Width of a byte address.

    Members
    -------
    bus : In(axi_lite(address_bits))
        From the manager.
    access : Out(access(address_bits))
        To the registers.
    """

    def __init__(self, address_bits: int) -> None:
        super().__init__({"bus": In(axi_lite(address_bits)), "access": Out(access(address_bits))})

    def elaborate(self, platform: object) -> Module:
        """Build one register per channel."""
        m = Module()
        bus, port = self.bus, self.access
        shift = WORD.bit_length() - 1
        to_write, to_read = Signal.like(port.address), Signal.like(port.address)
        has_address, has_data, has_read = Signal(), Signal(), Signal()
        data, strobes = Signal(32), Signal(4)
        writes, reads = Signal(), Signal()
        # The registers answer two cycles later.
        wrote, is_whole, read = Signal(), Signal(), Signal()
        writes_done, whole, reads_done = Signal(), Signal(), Signal()

        m.d.comb += [
            bus.awready.eq(~has_address),
            bus.wready.eq(~has_data),
            bus.arready.eq(~has_read),
            writes.eq(has_address & has_data & ~bus.bvalid & ~wrote & ~writes_done),
            # The registers have one address port, and a write is never kept waiting.
            reads.eq(has_read & ~bus.rvalid & ~read & ~reads_done & ~writes),
            port.address.eq(Mux(writes, to_write, to_read)),
            port.data.eq(data),
            port.write.eq(writes & strobes.all()),
        ]
        with m.If(bus.awvalid & bus.awready):
            m.d.sync += [has_address.eq(1), to_write.eq(bus.awaddr >> shift)]
        with m.If(bus.wvalid & bus.wready):
            m.d.sync += [has_data.eq(1), data.eq(bus.wdata), strobes.eq(bus.wstrb)]
        with m.If(bus.arvalid & bus.arready):
            m.d.sync += [has_read.eq(1), to_read.eq(bus.araddr >> shift)]

        m.d.sync += [
            wrote.eq(writes),
            writes_done.eq(wrote),
            is_whole.eq(strobes.all()),
            whole.eq(is_whole),
            read.eq(reads),
            reads_done.eq(read),
        ]
        with m.If(writes):
            m.d.sync += [has_address.eq(0), has_data.eq(0)]
        with m.If(writes_done):
            m.d.sync += [
                bus.bvalid.eq(1),
                bus.bresp.eq(Mux(port.known & whole, Response.OKAY, Response.SLVERR)),
            ]
        with m.Elif(bus.bready):
            m.d.sync += bus.bvalid.eq(0)
        with m.If(reads):
            m.d.sync += has_read.eq(0)
        with m.If(reads_done):
            m.d.sync += [
                bus.rvalid.eq(1),
                bus.rdata.eq(port.value),
                bus.rresp.eq(Mux(port.known, Response.OKAY, Response.SLVERR)),
            ]
        with m.Elif(bus.rready):
            m.d.sync += bus.rvalid.eq(0)
        return m
