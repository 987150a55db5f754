"""What kind of memory synthesis makes of a memory, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firstspike.hdl.boards.devices import Family
    from firstspike.hdl.fit.census import Ram

__all__ = ["Stored", "stored_in"]

#: Words and bits that a block RAM can be arranged as.
_SHAPES: dict[Family, tuple[tuple[int, int], ...]] = {
    "ecp5": ((512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1)),
    "ice40": ((256, 16), (512, 8), (1024, 4), (2048, 2)),
    "xilinx": ((512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1)),
}
#: What Yosys reckons a block RAM and a cell of distributed memory to cost.
_BLOCK_COST: dict[Family, int] = {"ecp5": 128, "ice40": 64, "xilinx": 129}
_CELL_COST = {"ecp5": 4, "xilinx": 8}
#: Words and bits of such a cell, and the look-up tables it takes.
_CELL = {"ecp5": (16, 4, 6), "xilinx": (32, 6, 4)}
#: Cost of a bit of a choice, and of a bit of content that never changes.
_CHOICE_COST, _FIXED_COST = 0.5, 1 / 16


@dataclass(frozen=True)
class Stored:
    """What a memory takes.

    Parameters
    ----------
    blocks : int
        Block RAMs.
    lut : int
        Look-up tables as memory, and to choose among them.
    registers : int
        Flip-flops.
    """

    blocks: int = 0
    lut: int = 0
    registers: int = 0


def stored_in(ram: Ram, family: Family) -> Stored:
    """Return what synthesis makes of a memory: whatever it reckons to be cheapest.

    Parameters
    ----------
    ram : Ram
        The memory.
    family : str
        ``ecp5``, ``ice40`` or ``xilinx``.
    """
    blocks = min(-(-ram.depth // deep) * -(-ram.width // wide) for deep, wide in _SHAPES[family])
    bits = ram.depth * ram.width
    if ram.block:
        return Stored(blocks=blocks)
    if ram.fixed:
        if bits * _FIXED_COST <= blocks * _BLOCK_COST[family]:
            return Stored(lut=round(bits * _FIXED_COST), registers=ram.width)
        return Stored(blocks=blocks)
    if family == "ice40":
        # A word that is read while it is written must be the old one, which takes registers here.
        guarded = ram.width + max(1, (ram.depth - 1).bit_length())
        if bits <= blocks * _BLOCK_COST[family] + guarded:
            return Stored(lut=(ram.depth - 1) * ram.width, registers=bits + ram.width)
        return Stored(blocks=blocks, registers=guarded)
    deep, wide, lut = _CELL[family]
    rows = -(-ram.depth // deep)
    cells = rows * -(-ram.width // wide)
    choices = (rows - 1) * ram.width
    if cells * _CELL_COST[family] + _CHOICE_COST * choices <= blocks * _BLOCK_COST[family]:
        return Stored(lut=cells * lut + choices // 2, registers=ram.width)
    return Stored(blocks=blocks)
