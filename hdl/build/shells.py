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
    ResetSignal,
    Signal,
)

from firstspike.hdl.build import yosys
from firstspike.hdl.build.netlist import ports
from firstspike.hdl.bus.shell import AxiCore, WishboneCore

if TYPE_CHECKING:
    from amaranth.hdl import Value
    from amaranth.lib.wiring import PureInterface

    from firstspike.hdl.bus.shell import Shell
    from firstspike.hdl.plan import CorePlan

__all__ = ["SHELLS", "shell_verilog"]

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
        return Instance("core", i_clk=ClockSignal(), i_rst=ResetSignal() | reset, **wires)


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
    top = _Clocked({"axi": AxiCore, "wishbone": WishboneCore}[bus](plan))
    text = rtlil.convert(
        top, name=SHELLS[bus], platform=_OneCore(), ports=top.wires(), emit_src=False
    )
    return yosys.run(text, _SCRIPT)
