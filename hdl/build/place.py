"""Place and route with nextpnr."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firstspike.errors import ToolError
from firstspike.hdl.build.tools import run_tool

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from firstspike.hdl.boards.devices import Device

__all__ = ["Placement", "place"]

#: What nextpnr says when it gives up.
_FULL = "Unable to find legal placement"


@dataclass(frozen=True)
class Placement:
    """How a design was placed and routed.

    Parameters
    ----------
    seed : int
        Seed of the placer.
    fmax_mhz : float
        Highest clock frequency that its timing allows.
    used : dict of tuple of int
        Cells used and available, by nextpnr's names, of kinds that are used.
    """

    seed: int
    fmax_mhz: float
    used: dict[str, tuple[int, int]]


def place(
    folder: Path,
    netlist: str,
    device: Device,
    *,
    options: Sequence[str],
    constraints: str | None = None,
    megahertz: float = 100.0,
    seed: int = 1,
    output: str = "placed",
) -> Placement:
    """Place and route a netlist.

    Parameters
    ----------
    folder : Path
        Holds the netlist and the constraints; gets the result and a report.
    netlist : str
        What synthesis wrote.
    device : Device
        For which device.
    options : sequence of str
        Which size, package and speed, in nextpnr's words.
    constraints : str, optional
        File of pins; without it pins are put anywhere.
    megahertz : float, default 100
        What to aim for.
    seed : int, default 1
        Seed of the placer.
    output : str, default "placed"
        File for the routed design, without its ending.

    Raises
    ------
    ToolError
        If nextpnr is missing or fails, for instance because the design does not fit.
    """
    ecp5 = device.family == "ecp5"
    report = f"{output}.report"
    arguments = [*options, "--json", netlist, "--freq", f"{megahertz:g}", "--seed", str(seed)]
    arguments += ["--timing-allow-fail", "--report", report, "-q"]
    arguments += ["--textcfg" if ecp5 else "--asc", f"{output}.{'config' if ecp5 else 'asc'}"]
    if constraints:
        arguments += ["--lpf" if ecp5 else "--pcf", constraints]
    arguments += ["--lpf-allow-unconstrained" if ecp5 else "--pcf-allow-unconstrained"]
    try:
        run_tool(f"nextpnr-{device.family}", arguments, folder)
    except ToolError as error:
        if _FULL not in str(error):
            raise
        msg = f"{error}\nThe device is nearly full: with another seed than {seed} it may succeed"
        raise ToolError(msg) from None
    told = json.loads((folder / report).read_text())
    clocks = [clock["achieved"] for clock in told["fmax"].values()]
    if not clocks:
        msg = f"nextpnr found no clock in {netlist}, expected one: please report this"
        raise ToolError(msg)
    used = {
        name: (entry["used"], entry["available"])
        for name, entry in sorted(told["utilization"].items())
        if entry["used"]
    }
    return Placement(seed, float(min(clocks)), used)
