"""A core on a board: three pins, and everything else over the serial line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import ClockSignal, Const, Instance, Module, ResetSignal, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from firstspike.errors import DomainError
from firstspike.hdl.boards.bridge import Bridge
from firstspike.hdl.boards.uart import UartReceiver, UartSender
from firstspike.hdl.bus.core_map import ADDRESS_BITS
from firstspike.hdl.bus.shell import WishboneCore

if TYPE_CHECKING:
    from firstspike.hdl.plan import CorePlan

__all__ = ["BAUD", "Harness", "divisor_of", "shell_instance"]

#: Bits per second of the serial line.
BAUD = 115_200
#: Cycles of reset after configuration: the block RAM of some devices cannot be read at once.
WAKE = 1 << 8


def divisor_of(megahertz: float, baud: int = BAUD) -> int:
    """Return the clock cycles per bit of a serial line.

    Raises
    ------
    DomainError
        If the clock is too slow for the line.
    """
    divisor = round(megahertz * 1e6 / baud)
    if divisor < 4:
        msg = f"a clock of {megahertz:g} MHz is too slow for {baud} baud, expected 4 per bit"
        raise DomainError(msg)
    return divisor


class Harness(wiring.Component):
    """``core_wishbone`` behind a serial line; the streams are not used.

    Parameters
    ----------
    plan : CorePlan
        The core.
    divisor : int
        Clock cycles per bit of the serial line, as `divisor_of` gives them.

    Members
    -------
    rx : In(1)
        From the computer.
    tx : Out(1)
        To the computer.
    """

    def __init__(self, plan: CorePlan, divisor: int) -> None:
        self._divisor = divisor
        self._plan = plan
        super().__init__({"rx": In(1, init=1), "tx": Out(1, init=1)})

    def elaborate(self, platform: object) -> Module:
        """Connect line, bridge and core.

        A platform with a method ``get_shell`` may supply an instance of a shell made elsewhere.
        """
        m = Module()
        m.submodules.receiver = receiver = UartReceiver(self._divisor)
        m.submodules.sender = sender = UartSender(self._divisor)
        m.submodules.bridge = bridge = Bridge(ADDRESS_BITS)
        m.d.comb += [receiver.rx.eq(self.rx), self.tx.eq(sender.tx)]
        connect(m, receiver.o, bridge.i)
        connect(m, bridge.o, sender.i)
        waking, asleep = Signal(range(WAKE)), Signal(init=1)
        m.d.sync += [waking.eq(waking + 1), asleep.eq(asleep & (waking != WAKE - 1))]
        bus = bridge.bus
        if hasattr(platform, "get_shell"):
            m.submodules.core = platform.get_shell(bus, asleep)
        else:
            m.submodules.core = core = WishboneCore(self._plan)
            connect(m, bus, core.wb)
        return m


def shell_instance(bus: wiring.PureInterface, reset: Signal) -> Instance:
    """Return an instance of ``core_wishbone`` on a bus, with its streams tied off."""
    wires = {f"i_wb_{name}": getattr(bus, name) for name in ("cyc", "stb", "we", "adr", "sel")}
    wires |= {f"o_wb_{name}": getattr(bus, name) for name in ("dat_r", "ack", "err")}
    return Instance(
        "core_wishbone",
        i_clk=ClockSignal(),
        i_rst=ResetSignal() | reset,
        i_wb_dat_w=bus.dat_w,
        i_s_axis_tdata=Const(0, 32),
        i_s_axis_tlast=Const(0, 1),
        i_s_axis_tvalid=Const(0, 1),
        i_m_axis_tready=Const(1, 1),
        **wires,
    )
