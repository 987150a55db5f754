"""The shells around a core as Verilog, one file per bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.back import rtlil
from amaranth.hdl import (
    ClockDomain,
    ClockSignal,
    Elaboratable,
    Instance,
    Module,
    Signal,
)

from firstspike.hdl.boards.harness import Harness, divisor_of, shell_instance
from firstspike.hdl.build import yosys
from firstspike.hdl.build.netlist import ports
from firstspike.hdl.bus.sender import check_sizes
from firstspike.hdl.bus.shell import AxiCore, WishboneCore

if TYPE_CHECKING:
    from amaranth.hdl import Value
    from amaranth.lib.wiring import PureInterface

    from firstspike.hdl.bus.shell import Shell
    from firstspike.hdl.plan import CorePlan

__all__ = ["SHELLS", "harness_verilog", "shell_verilog"]

#: Module of each bus.
SHELLS = {"axi": "core_axi", "wishbone": "core_wishbone"}

_SCRIPT = "proc -nomux -norom\nflatten\nopt_clean\nwrite_verilog -norename -noattr"


class _OneCore:
    """Platform that puts an instance of module ``core`` where a core would stand."""

    def get_core(self, core: PureInterface, reset: Value) -> Instance:
        """Return the instance that stands for a core, reset by `reset` as well."""
        wires = {
            f"{'i' if is_input else 'o'}_{port}": value
            for port, (value, is_input) in ports(core.signature, core).items()
        }
        return Instance("core", i_clk=ClockSignal(), i_rst=reset, **wires)


class _Clocked(Elaboratable):
    """A shell whose clock and reset have the names that its bus calls for."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._domain = ClockDomain("sync")
        self._reset_n = Signal()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.domains.sync = self._domain
        m.submodules.shell = self._shell
        if isinstance(self._shell, AxiCore):
            m.d.comb += self._domain.rst.eq(~self._reset_n)
        return m

    def wires(self) -> dict[str, tuple[Value, None]]:
        """Return the ports by name."""
        if isinstance(self._shell, AxiCore):
            clocks = {"aclk": self._domain.clk, "aresetn": self._reset_n}
        else:
            clocks = {"clk": self._domain.clk, "rst": self._domain.rst}
        shell = self._shell
        own = {name: value for name, (value, _) in ports(shell.signature, shell).items()}
        return {name: (value, None) for name, value in (clocks | own).items()}


def shell_verilog(plan: CorePlan, bus: str) -> str:
    """Return a shell as Verilog text: module ``core_axi`` or ``core_wishbone`` around ``core``.

    Raises
    ------
    DomainError
        If results of the network do not fit the words of the streams.
    ToolError
        If Yosys is missing or fails.
    """
    check_sizes(plan)
    top = _Clocked({"axi": AxiCore, "wishbone": WishboneCore}[bus](plan))
    text = rtlil.convert(
        top, name=SHELLS[bus], platform=_OneCore(), ports=top.wires(), emit_src=False
    )
    return yosys.run(text, _SCRIPT)


class _OneShell:
    """Platform that puts an instance of ``core_wishbone`` where a shell would stand."""

    def get_shell(self, bus: PureInterface, reset: Signal) -> Instance:
        """Return the instance that stands for a shell."""
        return shell_instance(bus, reset)


class _Boarded(Elaboratable):
    """A harness with a clock and no other reset than that of configuration."""

    def __init__(self, harness: Harness) -> None:
        self._harness = harness
        self.clk = Signal()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.domains.sync = domain = ClockDomain("sync")
        domain.clk = self.clk
        m.submodules.harness = self._harness
        return m


def harness_verilog(plan: CorePlan, megahertz: float) -> str:
    """Return a harness as Verilog text: module ``top`` with ports clk, rx, tx.

    Raises
    ------
    DomainError
        If the clock is too slow for the serial line.
    ToolError
        If Yosys is missing or fails.
    """
    harness = Harness(plan, divisor_of(megahertz))
    top = _Boarded(harness)
    wires = {"clk": (top.clk, None), "rx": (harness.rx, None), "tx": (harness.tx, None)}
    text = rtlil.convert(top, name="top", platform=_OneShell(), ports=wires, emit_src=False)
    return yosys.run(text, _SCRIPT)
