"""What a design takes on a device, counted by Yosys."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from firstspike.errors import ToolCrashError, ToolError
from firstspike.hdl.build.copies import copy_drivers
from firstspike.hdl.build.output_registers import use_output_registers
from firstspike.hdl.build.tools import run_tool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from firstspike.hdl.boards.devices import Device, Family

__all__ = ["Resources", "counted", "synthesize"]

_COMMAND = {"ecp5": "synth_ecp5", "ice40": "synth_ice40", "xilinx": "synth_xilinx -family xc7"}

#: Synthesis for ECP5 with ABC in the place of ABC9, which combines look-up tables likewise.
_WITH_ABC = "{command} -run begin:map_luts; abc -dress -lut 4:7; clean; {command} -run map_cells:"

#: A tile of iCE40 has one enable and one reset for its eight logic cells: less than so many
#: flip-flops do not get one of their own, but a gate in front of them.
_FEW = 4
_ICE40 = (
    "{command} -run begin:map_ffs; dfflegalize -cell $_DFF_?_ 0 -cell $_DFFE_?P_ 0 "
    "-cell $_DFF_?P?_ 0 -cell $_DFFE_?P?P_ 0 -cell $_SDFF_?P?_ 0 -cell $_SDFFCE_?P?P_ 0 "
    f"-cell $_DLATCH_?_ x -mince {_FEW} -minsrst {_FEW}; {{command}} -run map_ffs:"
)

#: Look-up tables that a cell takes; a carry cell of ECP5 is two of them, its small memory six.
_LUTS: dict[Family, dict[str, int]] = {
    "ecp5": {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6},
    "ice40": {"SB_LUT4": 1},
    "xilinx": {f"LUT{inputs}": 1 for inputs in range(1, 7)} | {"RAM32M": 4, "RAM64M": 4},
}
_FLIP_FLOPS = {"ecp5": ("TRELLIS_FF",), "ice40": ("SB_DFF",), "xilinx": ("FD",)}
_BLOCKS: dict[Family, dict[str, int]] = {
    "ecp5": {"DP16KD": 1, "PDPW16KD": 1},
    "ice40": {"SB_RAM40_4K": 1},
    "xilinx": {"RAMB18E1": 1, "RAMB36E1": 2},
}
#: Multipliers; a core has none, for constants are multiplied by adding shifted copies.
_MULTIPLIERS = ("MULT18X18D", "ALU54B", "SB_MAC16", "DSP48E1")


@dataclass(frozen=True)
class Resources:
    """What a design takes.

    Parameters
    ----------
    lut, ff, bram : int
        Look-up tables, flip-flops, block RAMs.
    cells : dict of int
        Every kind of cell, as Yosys calls it.
    abc9 : bool, default True
        Whether ABC9 chose the look-up tables, as usual. If it broke off ABC did, which leads to
        more of them and to a slower clock.
    """

    lut: int
    ff: int
    bram: int
    cells: dict[str, int]
    abc9: bool = True

    @property
    def dsp(self) -> int:
        """Multipliers."""
        return sum(self.cells.get(name, 0) for name in _MULTIPLIERS)

    def overflow(self, device: Device) -> dict[str, tuple[int, int]]:
        """Return what the device has too little of: how many are needed, and how many there are."""
        pairs = {
            "LUT": (self.lut, device.lut),
            "FF": (self.ff, device.ff),
            "block RAM": (self.bram, device.bram),
        }
        return {name: pair for name, pair in pairs.items() if pair[0] > pair[1]}


def synthesize(
    folder: Path, sources: Sequence[str], top: str, device: Device, netlist: str
) -> Resources:
    """Synthesize Verilog files for a device.

    What is counted is what Yosys makes of them; in the netlist for ECP5, registers behind block
    memories have been moved into the memories since, and what drives too much has been copied.

    ABC9, the part of Yosys that chooses look-up tables, breaks off over a few designs. For ECP5 the
    design is then synthesized again with ABC in its place, and the result says so.

    Parameters
    ----------
    folder : Path
        Holds the sources and the memory images side by side; gets `netlist` and a statistic.
    sources : sequence of str
        Verilog files.
    top : str
        The top module.
    device : Device
        For which device.
    netlist : str
        File for the netlist, as JSON.

    Raises
    ------
    ToolCrashError
        If Yosys breaks off, for ECP5 also with ABC.
    ToolError
        If Yosys is missing or fails otherwise.
    """
    statistic = f"{netlist}.stat"
    before = f"read_verilog {' '.join(sources)}; "
    after = f"; write_json {netlist}; tee -q -o {statistic} stat -json -top {top}"
    command = f"{_COMMAND[device.family]} -top {top}"
    steps = command
    if device.family == "xilinx":
        steps = f"{command} -flatten"
    elif device.family == "ice40":
        steps = _ICE40.format(command=command)
    abc9 = True
    try:
        run_tool("yosys", ["-q", "-p", f"{before}{steps}{after}"], folder)
    except ToolCrashError as crash:
        if device.family != "ecp5":
            raise
        abc9 = False
        steps = _WITH_ABC.format(command=command)
        try:
            run_tool("yosys", ["-q", "-p", f"{before}{steps}{after}"], folder)
        except ToolError:
            raise crash from None
    if device.family == "ecp5":
        use_output_registers(folder / netlist)
        copy_drivers(folder / netlist, top)
    design: dict[str, Any] = json.loads((folder / statistic).read_text())["design"]
    return replace(counted(design["num_cells_by_type"], device.family), abc9=abc9)


def counted(cells: Mapping[str, int], family: Family) -> Resources:
    """Return the resources that cells amount to."""
    return Resources(
        lut=sum(cells.get(name, 0) * luts for name, luts in _LUTS[family].items()),
        ff=sum(n for name, n in cells.items() if name.startswith(_FLIP_FLOPS[family])),
        bram=sum(cells.get(name, 0) * blocks for name, blocks in _BLOCKS[family].items()),
        cells=dict(sorted(cells.items())),
    )
