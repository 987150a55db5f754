"""What a design consists of before synthesis: adders, choices, registers, memories."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firstspike.hdl.build.images import BANK_MEMORIES
from firstspike.hdl.build.netlist import modules
from firstspike.hdl.build.verilog import BLOCK_BITS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KINDS", "Census", "Ram", "census_of"]

#: Kinds of logic that are priced apart, and the cells that belong to them.
KINDS: dict[str, tuple[str, ...]] = {
    "adders": ("$add", "$sub", "$neg"),
    "orders": ("$lt", "$le", "$gt", "$ge"),
    "choices": ("$mux", "assign"),
    "gates": ("$eq", "$ne", "$and", "$or", "$not"),
}
#: Cells whose size is that of what goes in.
_BY_INPUT = {"$lt", "$le", "$gt", "$ge", "$eq", "$ne"}
_KIND_OF = {cell: kind for kind, cells in KINDS.items() for cell in cells}

_CELL = re.compile(r"(?ms)^  cell (\S+) \S+\n(.*?)^  end$")
_SIZE = re.compile(r"parameter \\(WIDTH|Y_WIDTH|A_WIDTH|B_WIDTH) (\d+)\n")
_MEMORY = re.compile(
    r'(?m)^(?:  attribute \\firstspike_image "(\w+)"\n)?  memory width (\d+) size (\d+) (\S+)$'
)
_WIRE = re.compile(r"(?m)^  wire width (\d+) (?:\S+ \d+ )?(?:signed )?(\S+)$")
_ASSIGN = re.compile(r"(?m)^ {6,}assign (\S+)(?: \[(\d+)(?::(\d+))?\])? ")


@dataclass(frozen=True)
class Ram:
    """A memory with one port to read and at most one to write.

    Parameters
    ----------
    depth, width : int
        Words, and bits of each.
    fixed : bool
        Whether nobody writes it.
    block : bool
        Whether the Verilog demands block RAM for it.
    """

    depth: int
    width: int
    fixed: bool = False
    block: bool = False


@dataclass(frozen=True)
class Census:
    """Sums over a module and everything inside it.

    Parameters
    ----------
    bits : Counter of str
        Bits of adders, orders, choices and gates, and ``registers``.
    rams : Counter of Ram
        Memories, and how many there are of each.
    """

    bits: Counter[str]
    rams: Counter[Ram]

    def __add__(self, other: Census) -> Census:
        """Put two designs side by side."""
        return Census(self.bits + other.bits, self.rams + other.rams)

    def __mul__(self, times: int) -> Census:
        """Put several of the same side by side."""
        return Census(
            Counter({kind: times * n for kind, n in self.bits.items()}),
            Counter({ram: times * n for ram, n in self.rams.items()}),
        )


def census_of(rtlil: str, top: str, known: Mapping[str, Census] | None = None) -> Census:
    """Count what module `top` of RTLIL text consists of.

    Parameters
    ----------
    rtlil : str
        The design, as Amaranth writes it.
    top : str
        Its top module.
    known : mapping of str to Census, optional
        Modules that are instantiated but not part of the text.
    """
    counted = dict(known or {})
    texts = modules(rtlil)

    def count(name: str) -> Census:
        if name not in counted:
            own, inside = _counted(texts[name])
            for module, times in inside.items():
                own += count(module) * times
            counted[name] = own
        return counted[name]

    return count(top)


def _counted(text: str) -> tuple[Census, Counter[str]]:
    """Return what a module itself consists of, and which modules it instantiates how often."""
    bits: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    written = set()
    for cell, body in _CELL.findall(text):
        sizes = {name: int(size) for name, size in _SIZE.findall(body)}
        if cell.startswith("\\"):
            inside[cell[1:]] += 1
        elif cell == "$dff":
            bits["registers"] += sizes["WIDTH"]
        elif cell == "$memwr_v2":
            written.update(re.findall(r'MEMID "\\\\(\S+)"', body))
        elif cell in _KIND_OF:
            names = ("A_WIDTH", "B_WIDTH") if cell in _BY_INPUT else ("WIDTH", "Y_WIDTH")
            bits[_KIND_OF[cell]] += max(sizes.get(name, 0) for name in names)
    wires = {name: int(width) for width, name in _WIRE.findall(text)}
    for wire, high, low in _ASSIGN.findall(text):
        width = int(high) - int(low or high) + 1 if high else wires.get(wire, 1)
        bits[_KIND_OF["assign"]] += width
    rams = Counter(
        Ram(
            int(depth),
            int(width),
            fixed=name.removeprefix("\\") not in written,
            block=image.startswith(BANK_MEMORIES) and int(depth) * int(width) >= BLOCK_BITS,
        )
        for image, width, depth, name in _MEMORY.findall(text)
    )
    return Census(bits, rams), inside
