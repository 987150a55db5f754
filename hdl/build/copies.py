"""Registers and gates that drive far too much are copied, each copy for what lies close together.

Yosys merges registers that are always equal, so a wide layer would hear one register of every kind:
a thousand inputs all over the device. They are taken apart again here, in the netlist. A copy hears
what the original hears, so nothing changes from cycle to cycle.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MOST_LOADS", "copy_drivers"]

#: A bit of a netlist: the number of a net, or a constant.
Bit: TypeAlias = "int | str"
#: An input of a cell: its name, the port, and which bit of it.
Load: TypeAlias = "tuple[str, str, int]"
#: A place in the hierarchy, numbers as numbers; what sorts next to each other belongs together.
Place: TypeAlias = "tuple[tuple[str, int], ...]"

#: Inputs that one register or gate may drive.
MOST_LOADS = 200
#: Cells that can be copied, and their output.
_OUTPUTS = {"LUT4": "Z", "TRELLIS_FF": "Q"}


def copy_drivers(netlist: Path, top: str, most: int = MOST_LOADS) -> int:
    """Copy the registers and gates of an ECP5 netlist that drive more than `most` inputs.

    Parameters
    ----------
    netlist : Path
        What Yosys wrote as JSON; changed in place.
    top : str
        The top module, which holds all cells.
    most : int
        How many inputs a copy may drive.

    Returns
    -------
    int
        Number of copies.
    """
    design = json.loads(netlist.read_text())
    copies = _Drivers(design["modules"][top]).copy(most)
    if copies:
        netlist.write_text(json.dumps(design))
    return copies


class _Drivers:
    """The cells of one module, and what every net drives."""

    def __init__(self, module: dict[str, Any]) -> None:
        self.cells: dict[str, dict[str, Any]] = module["cells"]
        self.driver: dict[Bit, str] = {}
        self.loads: dict[Bit, list[Load]] = defaultdict(list)
        self.named: dict[Bit, str] = {}
        for name, cell in self.cells.items():
            self._enter(name, cell)
        for name, net in module["netnames"].items():
            for bit in net["bits"]:
                known = self.named.get(bit, name)
                # The deepest name is that of the module that the net belongs to.
                self.named[bit] = min(known, name, key=lambda one: (-one.count("."), one))
        self.places: dict[str, Place] = {}
        known = [*self.driver, *self.loads, *self.named]
        self.last = max((bit for bit in known if isinstance(bit, int)), default=0)

    def _enter(self, name: str, cell: dict[str, Any]) -> None:
        for port, bits in cell["connections"].items():
            for index, bit in enumerate(bits):
                if cell["port_directions"][port] == "output":
                    self.driver[bit] = name
                elif isinstance(bit, int):
                    self.loads[bit].append((name, port, index))

    def copy(self, most: int) -> int:
        """Copy until nothing that can be copied drives more than `most`; return how often."""
        copies = 0
        waiting = sorted(bit for bit in self.loads if len(self.loads[bit]) > most)
        while waiting:
            bit = waiting.pop()
            name = self.driver.get(bit, "")
            if not name or self.cells[name]["type"] not in _OUTPUTS or len(self.loads[bit]) <= most:
                continue
            copies += self._copy(bit, most)
            # What drives the copies has more to drive now.
            heard = self._heard(self.cells[name])
            waiting += sorted(one for one in heard if len(self.loads[one]) > most)
        return copies

    def _copy(self, bit: Bit, most: int) -> int:
        """Give every part of what a net drives a driver of its own."""
        name = self.driver[bit]
        loads = sorted(self.loads[bit], key=lambda load: (self._place(load[0]), load))
        number = -(-len(loads) // most)
        edges = [len(loads) * part // number for part in range(number + 1)]
        self.loads[bit] = loads[: edges[1]]
        for part in range(1, number):
            self.last += 1
            mine = loads[edges[part] : edges[part + 1]]
            cell = json.loads(json.dumps(self.cells[name]))
            cell["connections"][_OUTPUTS[cell["type"]]] = [self.last]
            copied = f"{name}_copy_{self.last}"
            self.cells[copied] = cell
            self._enter(copied, cell)
            self.places[copied] = self._place(mine[len(mine) // 2][0])
            for load, port, index in mine:
                self.cells[load]["connections"][port][index] = self.last
            self.loads[self.last] = mine
        self.places[name] = self._place(loads[edges[1] // 2][0])
        return number - 1

    def _heard(self, cell: dict[str, Any]) -> set[int]:
        return {
            bit
            for port, bits in cell["connections"].items()
            if cell["port_directions"][port] != "output"
            for bit in bits
            if isinstance(bit, int) and self.driver.get(bit)
        }

    def _place(self, name: str) -> Place:
        """Return where a cell belongs: gates to what they end in, all others by their name."""
        way = []
        while name not in self.places:
            way.append(name)
            cell = self.cells[name]
            bits = [
                bit
                for port, at in cell["connections"].items()
                if cell["port_directions"][port] == "output"
                for bit in at
            ]
            if cell["type"] in ("TRELLIS_FF", "TRELLIS_DPR16X4", "DP16KD"):
                known = self.named.get(bits[0], name) if cell["type"] == "TRELLIS_FF" else name
                self.places[name] = _hierarchy(known)
                break
            further = next((self.loads[bit][0][0] for bit in bits if self.loads.get(bit)), "")
            if not further or further in way:
                self.places[name] = _hierarchy(name)
                break
            name = further
        for passed in way:
            self.places[passed] = self.places[name]
        return self.places[name]


def _hierarchy(name: str) -> Place:
    parts = name.split(".")[:-1]
    matches = (re.fullmatch(r"(.*?)(\d*)", part) for part in parts)
    return tuple((match[1], int(match[2] or 0)) for match in matches if match)
