"""The files around the Verilog that need no more than names filled in."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from firstspike import _core
from firstspike.hdl.build.shells import harness_verilog
from firstspike.hdl.export.interface import interface
from firstspike.hdl.sw import header
from firstspike.hdl.tb.testbench import patience

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firstspike.hdl.boards.boards import Board
    from firstspike.hdl.plan import CorePlan

__all__ = ["board_files", "companions"]

#: Clock that the constraints ask for.
MEGAHERTZ = 100.0

#: Where each template goes.
TEMPLATES = {
    "Makefile": "Makefile.in",
    "firstspike_core.core": "fusesoc.core.in",
    "litex_ttfs.py": "litex_ttfs.py.in",
    "package_ip.tcl": "package_ip.tcl.in",
    "tb/test_core_axi.py": "test_core_axi.py.in",
    "tb/cosim.h": "cosim.h.in",
    "tb/cosim.cpp": "cosim.cpp.in",
}


def companions(plan: CorePlan, files: Iterable[str]) -> dict[str, str]:
    """Return the texts of all companions of a core by name.

    Parameters
    ----------
    plan : CorePlan
        The core.
    files : iterable of str
        Names of the other files, among them the memory images and the vectors.
    """
    names = sorted(files)
    filled = {
        "version": _core.__version__,
        "digest": plan.digest,
        "patience": str(patience(plan)),
        "images": _list(name for name in names if name.endswith(".mem")),
        "vectors": _list(name for name in names if name.endswith(".hex")),
    } | interface(plan)
    folder = resources.files("firstspike.hdl.export")
    texts = {}
    for name, template in TEMPLATES.items():
        text = folder.joinpath(template).read_text()
        for key, value in filled.items():
            text = text.replace(f"@{key}@", value)
        texts[name] = text
    software = resources.files("firstspike.hdl.sw")
    texts["sw/ttfs_core.h"] = header(plan)
    for suffix in ("h", "c"):
        texts[f"sw/ttfs_driver.{suffix}"] = software.joinpath(f"driver.{suffix}").read_text()
    return texts | _constraints()


def board_files(plan: CorePlan, board: Board, makefile: str) -> dict[str, str]:
    """Return what a bundle has in addition for a board: top module, pins, a longer Makefile.

    Parameters
    ----------
    plan : CorePlan
        The core.
    board : Board
        The board.
    makefile : str
        The Makefile without it.
    """
    ecp5 = board.device.family == "ecp5"
    packed = f"{board.name}.{'bit' if ecp5 else 'bin'}"
    routed = f"top.{'config' if ecp5 else 'asc'}"
    filled = {
        "board": board.text,
        "family": board.device.family,
        "options": " ".join(board.place),
        "megahertz": f"{board.megahertz:g}",
        "pins": board.pins,
        "pinned": "--lpf" if ecp5 else "--pcf",
        "routed": f"{'--textcfg' if ecp5 else '--asc'} {routed}",
        "packer": "ecppack" if ecp5 else "icepack",
        "pack": f"--compress --input {routed} --bit {packed}" if ecp5 else f"{routed} {packed}",
        "packed": packed,
    }
    text = resources.files("firstspike.hdl.export").joinpath("Makefile.board.in").read_text()
    for key, value in filled.items():
        text = text.replace(f"@{key}@", value)
    return {
        "rtl/top.v": harness_verilog(plan, board.megahertz),
        f"constraints/{board.pins}": board.constraints(),
        "Makefile": makefile + text,
    }


def _list(names: Iterable[str]) -> str:
    """Return FuseSoC's list of files that lie side by side where the tools run."""
    return "\n".join(f"      - {name}: {{copyto: {name.split('/')[-1]}}}" for name in names)


def _constraints() -> dict[str, str]:
    period = 1e3 / MEGAHERTZ
    ports = "{aclk clk}"
    return {
        "constraints/timing.lpf": "".join(
            f'FREQUENCY PORT "{port}" {MEGAHERTZ:g} MHZ;\n' for port in ("aclk", "clk")
        ),
        "constraints/timing.sdc": f"create_clock -period {period:g} [get_ports {ports}]\n",
        "constraints/timing.xdc": f"create_clock -period {period:g} [get_ports -quiet {ports}]\n",
    }
