"""From a generated core to a bitstream for a board."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from firstspike._files import write_atomically
from firstspike.errors import DomainError
from firstspike.hdl.boards.boards import find_board
from firstspike.hdl.build.place import place
from firstspike.hdl.build.resources import synthesize
from firstspike.hdl.build.shells import harness_verilog
from firstspike.hdl.build.tools import find_tool, run_tool
from firstspike.hdl.bundle import Bundle

if TYPE_CHECKING:
    import os

    from firstspike.hdl.build.place import Placement

__all__ = ["Bitstream", "build"]


@dataclass(frozen=True)
class Bitstream:
    """A core on a board.

    Parameters
    ----------
    path : Path
        The bitstream.
    board : str
        The board.
    megahertz : float
        Its clock.
    placement : Placement
        How the design was placed and routed.
    """

    path: Path
    board: str
    megahertz: float
    placement: Placement


def build(
    directory: str | os.PathLike[str],
    out_dir: str | os.PathLike[str],
    *,
    board: str,
    seed: int = 1,
) -> Bitstream:
    """Build a bitstream of a core behind a serial line.

    The design is ``core_wishbone`` behind a bridge that speaks the protocol of LiteX's uartbone at
    115200 baud, at the board's own clock. `out_dir` gets the bitstream, the top module and the
    pins.

    Parameters
    ----------
    directory : path
        What `generate` wrote.
    out_dir : path
        Where the files go; made if it is missing.
    board : str
        ``ulx3s-25k``, ``ulx3s-85k``, ``icebreaker`` or ``ice40-hx8k-b-evn``.
    seed : int, default 1
        Seed of the placer.

    Raises
    ------
    DataNotFoundError, FormatError
        If there is no core in the directory, or a file of it is not the one generated.
    DomainError
        If there is no such board, the design does not fit it, or it cannot run at the board's
        clock.
    ToolError
        If a tool is missing or fails.
    """
    target = find_board(board)
    device = target.device
    ecp5 = device.family == "ecp5"
    packer = "ecppack" if ecp5 else "icepack"
    bundle = Bundle.load(directory)
    for tool in ("yosys", f"nextpnr-{device.family}", packer):
        find_tool(tool)
    pins = target.pins
    top = harness_verilog(bundle.plan, target.megahertz)
    with tempfile.TemporaryDirectory(prefix="firstspike-") as scratch:
        folder = Path(scratch)
        shutil.copytree(bundle.rtl, folder, dirs_exist_ok=True)
        (folder / "top.v").write_text(top)
        (folder / pins).write_text(target.constraints())
        sources = ["core.v", "core_wishbone.v", "top.v"]
        excess = synthesize(folder, sources, "top", device, "top.netlist").overflow(device)
        if excess:
            needs = ", ".join(f"{n:,} {name} of {has:,}" for name, (n, has) in excess.items())
            msg = f"the core does not fit the {device.part} of {board}: it takes {needs}"
            raise DomainError(f"{msg}; use fewer lanes, prune it, or take a larger board")
        placement = place(
            folder,
            "top.netlist",
            device,
            options=target.place,
            constraints=pins,
            megahertz=target.megahertz,
            seed=seed,
        )
        if placement.fmax_mhz < target.megahertz:
            msg = f"the core reaches {placement.fmax_mhz:.1f} MHz on {board}"
            raise DomainError(f"{msg}, expected its clock of {target.megahertz:g} MHz")
        packed = f"{board}.bit" if ecp5 else f"{board}.bin"
        if ecp5:
            run_tool(packer, ["--compress", "--input", "placed.config", "--bit", packed], folder)
        else:
            run_tool(packer, ["placed.asc", packed], folder)
        out = Path(out_dir)
        out.mkdir(parents=True, exist_ok=True)
        write_atomically(out / "top.v", top.encode())
        write_atomically(out / pins, target.constraints().encode())
        write_atomically(out / packed, (folder / packed).read_bytes())
    return Bitstream(out / packed, board, target.megahertz, placement)
