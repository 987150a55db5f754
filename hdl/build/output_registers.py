"""Registers that stand behind a block memory become the memory's own.

A block memory of ECP5 answers 5.8 ns after the clock, or 1.2 ns after it if the register at its
output is used. Yosys does not use it: it leaves flip-flops behind the memory. They are moved in
here, in the netlist, and where a deep memory has a multiplexer between its blocks and the
flip-flops, that multiplexer ends up behind them and its selection gets flip-flops instead. Nothing
changes from cycle to cycle.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["use_output_registers"]

#: A bit of a netlist: the number of a net, or a constant.
Bit: TypeAlias = "int | str"
#: What a multiplexer is made of.
_GATES = ("LUT4", "PFUMX", "L6MUX21")
_MEMORY, _REGISTER = "DP16KD", "TRELLIS_FF"
#: Width of a block whose two ports work together; those are left alone.
_PAIRED = 36


def use_output_registers(netlist: Path) -> int:
    """Move flip-flops of an ECP5 netlist into block memories where nothing else can tell.

    All flip-flops behind a memory must have its clock, one clock enable and no reset, start at
    zero, and be all that listens to the memory, directly or through multiplexers whose selection
    takes fewer flip-flops than are saved.

    Parameters
    ----------
    netlist : Path
        What Yosys wrote as JSON; it is changed.

    Returns
    -------
    int
        The number of memory outputs that are registered now.
    """
    design = json.loads(netlist.read_text())
    moved = sum(_Netlist(module).move() for module in design["modules"].values())
    if moved:
        netlist.write_text(json.dumps(design))
    return moved


@dataclass
class _Group:
    """Memories whose outputs meet, with everything between them and the flip-flops behind."""

    outputs: set[tuple[str, str]] = field(default_factory=set)
    gates: set[str] = field(default_factory=set)
    registers: set[str] = field(default_factory=set)


class _Netlist:
    """The cells of one module, and who drives and hears every net."""

    def __init__(self, module: dict[str, Any]) -> None:
        self.cells: dict[str, dict[str, Any]] = module["cells"]
        self.driver: dict[Bit, tuple[str, str]] = {}
        self.loads: dict[Bit, list[tuple[str, str]]] = defaultdict(list)
        self.last = 0
        for name, cell in self.cells.items():
            for port, bits in cell["connections"].items():
                for bit in bits:
                    if isinstance(bit, int):
                        self.last = max(self.last, bit)
                    if cell["port_directions"][port] == "output":
                        self.driver[bit] = name, port
                    else:
                        self.loads[bit].append((name, port))
        for port in module["ports"].values():
            if port["direction"] == "output":
                for bit in port["bits"]:
                    self.loads[bit].append(("", ""))
        self.behind = self._gates_behind()
        self.named = [*module["netnames"].values(), *module["ports"].values()]

    def move(self) -> int:
        """Move what can be moved; return the number of memory outputs."""
        moved: set[tuple[str, str]] = set()
        seen: set[tuple[str, str]] = set()
        for name in [name for name, cell in self.cells.items() if cell["type"] == _MEMORY]:
            for side in "AB":
                if (name, side) in seen or not self._heard(name, side):
                    continue
                group = self._group((name, side))
                seen |= group.outputs
                if self._fits(group):
                    self._apply(group)
                    moved |= group.outputs
        return len(moved)

    def _outputs(self, name: str, side: str) -> list[Bit]:
        return [
            bit
            for port, bits in self.cells[name]["connections"].items()
            if port.startswith(f"DO{side}")
            for bit in bits
        ]

    def _heard(self, name: str, side: str) -> bool:
        return any(self.loads[bit] for bit in self._outputs(name, side))

    def _group(self, start: tuple[str, str]) -> _Group:
        """Return everything that is connected with a memory output through gates."""
        group, outputs, gates = _Group(), [start], list[str]()
        while outputs or gates:
            if outputs:
                output = outputs.pop()
                if output in group.outputs:
                    continue
                group.outputs.add(output)
                told = self._outputs(*output)
            else:
                gate = gates.pop()
                if gate in group.gates:
                    continue
                group.gates.add(gate)
                told = self._at(gate, "Z")
                for bit in self._inputs(gate).values():
                    name, port = self.driver.get(bit, ("", ""))
                    if name in self.behind:
                        gates.append(name)
                    elif name and self.cells[name]["type"] == _MEMORY:
                        outputs.append((name, port[len("DO")]))
            for bit in told:
                for load, _ in self.loads[bit]:
                    if load in self.behind:
                        gates.append(load)
                    else:
                        group.registers.add(load)
        return group

    def _gates_behind(self) -> set[str]:
        """Return all gates that a memory reaches through gates."""
        found: set[str] = set()
        waiting = [
            bit
            for name, cell in self.cells.items()
            if cell["type"] == _MEMORY
            for side in "AB"
            for bit in self._outputs(name, side)
        ]
        while waiting:
            for load, _ in self.loads[waiting.pop()]:
                if load and load not in found and self.cells[load]["type"] in _GATES:
                    found.add(load)
                    waiting += self._at(load, "Z")
        return found

    def _at(self, name: str, port: str) -> list[Bit]:
        bits: list[Bit] = self.cells[name]["connections"].get(port, [])
        return bits

    def _inputs(self, gate: str) -> dict[str, Bit]:
        connections = self.cells[gate]["connections"]
        return {port: bits[0] for port, bits in connections.items() if port != "Z"}

    def _selection(self, group: _Group) -> set[Bit]:
        """Return what the gates of a group take in besides the memories."""
        own = group.gates | {name for name, _ in group.outputs}
        return {
            bit
            for gate in group.gates
            for bit in self._inputs(gate).values()
            if isinstance(bit, int) and self.driver.get(bit, ("", ""))[0] not in own
        }

    def _fits(self, group: _Group) -> bool:
        """Tell whether the flip-flops behind a group can be moved."""
        if "" in group.registers or not group.registers:
            return False
        clocks, enables = set(), set()
        for name in group.registers:
            cell = self.cells[name]
            given = cell["parameters"]
            if cell["type"] != _REGISTER or given.get("REGSET") != "RESET":
                return False
            if not _never_reset(self._at(name, "LSR")) or given.get("CLKMUX") != "CLK":
                return False
            driver = self.driver.get(self._at(name, "DI")[0], ("", ""))[0]
            if driver not in group.gates | {name for name, _ in group.outputs}:
                return False
            enable = self._enable(name)
            if self.driver.get(enable, ("", ""))[0] in group.gates:
                return False
            clocks.add(self._at(name, "CLK")[0])
            enables.add(enable)
        for name, side in group.outputs:
            cell = self.cells[name]
            if int(str(cell["parameters"][f"DATA_WIDTH_{side}"]), 2) == _PAIRED:
                return False
            clocks.add(self._at(name, f"CLK{side}")[0])
        lit = any(self._at_zero(self._at(name, "DI")[0], group) for name in group.registers)
        few = len(self._selection(group)) < len(group.registers)
        return len(clocks) == len(enables) == 1 and few and not lit

    def _at_zero(self, bit: Bit, group: _Group) -> bool:
        """Return what a bit is while memories and selection are all zero."""
        gate = self.driver.get(bit, ("", ""))[0]
        if gate not in group.gates:
            return bit == "1"
        ins = {port: self._at_zero(one, group) for port, one in self._inputs(gate).items()}
        kind = self.cells[gate]["type"]
        if kind == "LUT4":
            place = sum(ins.get(pin, False) << at for at, pin in enumerate("ABCD"))
            return bool(int(str(self.cells[gate]["parameters"]["INIT"]), 2) >> place & 1)
        if kind == "PFUMX":
            return ins["ALUT"] if ins["C0"] else ins["BLUT"]
        return ins["D1"] if ins["SD"] else ins["D0"]

    def _enable(self, name: str) -> Bit:
        if self.cells[name]["parameters"].get("CEMUX", "1 ").strip() != "CE":
            return "1"
        return self._at(name, "CE")[0]

    def _apply(self, group: _Group) -> None:
        like = self.cells[sorted(group.registers)[0]]
        enable = self._enable(sorted(group.registers)[0])
        for name, side in group.outputs:
            self.cells[name]["parameters"][f"REGMODE_{side}"] = "OUTREG"
            self.cells[name]["connections"][f"OCE{side}"] = [enable]
        later = {
            bit: self._registered(bit, like) for bit in sorted(self._selection(group), key=str)
        }
        for gate in group.gates:
            for port, bit in self._inputs(gate).items():
                if bit in later:
                    self.cells[gate]["connections"][port] = [later[bit]]
        for name in group.registers:
            cell = self.cells.pop(name)
            self._rename(cell["connections"]["Q"][0], cell["connections"]["DI"][0])

    def _registered(self, bit: Bit, like: dict[str, Any]) -> Bit:
        """Return a bit one cycle later."""
        self.last += 1
        cell = json.loads(json.dumps(like))
        cell["connections"] |= {"DI": [bit], "Q": [self.last]}
        self.cells[f"output_register_selection_{self.last}"] = cell
        return self.last

    def _rename(self, old: Bit, new: Bit) -> None:
        """Let everything that hears `old` hear `new`."""
        for name, port in self.loads.pop(old, []):
            if name in self.cells:
                bits = self.cells[name]["connections"][port]
                self.cells[name]["connections"][port] = [new if bit == old else bit for bit in bits]
                self.loads[new].append((name, port))
        for entry in self.named:
            entry["bits"] = [new if bit == old else bit for bit in entry["bits"]]


def _never_reset(bits: list[Bit]) -> bool:
    return bits in ([], ["0"])
