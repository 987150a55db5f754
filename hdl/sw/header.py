"""The register map of a core as a C header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Const

from firstspike.hdl.bus.core_map import core_registers
from firstspike.hdl.bus.registers import WORD, Access
from firstspike.hdl.bus.words import WORD_IN, Word
from firstspike.hdl.cores.steward import Command

if TYPE_CHECKING:
    from firstspike.hdl.bus.registers import Register
    from firstspike.hdl.plan import CorePlan

__all__ = ["header"]

PREFIX = "TTFS"

_TEXT = """/* Registers of a firstspike core; generated, do not edit.
 * Offsets are in bytes; registers are 32 bits wide and are written whole.
 */
#ifndef TTFS_CORE_H
#define TTFS_CORE_H

{registers}

/* Words of a sample. The last one carries the end of the sample: TLAST on s_axis, TTFS_LAST in the
 * register.
 */
{words}
#define TTFS_LAST 0x80000000u

/* What the field op of the register command can be. */
{commands}

#endif
"""


def header(plan: CorePlan) -> str:
    """Return the header of a core: offsets, masks, shifts, the constants it was built with."""
    registers = "\n\n".join(_register(register) for register in core_registers(plan).registers)
    shift = WORD_IN["source"].offset
    words = [
        f"#define TTFS_WORD_NOTHING {_code(Word.NOTHING)}u",
        f"#define TTFS_WORD_SPIKE(source) ({_code(Word.SPIKE)}u | (uint32_t)(source) << {shift})",
        f"#define TTFS_WORD_TICK {_code(Word.TICK)}u",
    ]
    names = Command.__members__.items()
    commands = [f"#define {PREFIX}_OP_{name} {_code(command)}u" for name, command in names]
    return _TEXT.format(registers=registers, words="\n".join(words), commands="\n".join(commands))


def _register(register: Register) -> str:
    name = f"{PREFIX}_{register.name.upper()}"
    lines = [f"/* {register.text.replace('`', '')} */"]
    if register.count > 1 or register.name == "threshold":
        lines.append(f"#define {name}(n) ({register.offset:#05x}u + {WORD}u * (n))")
    else:
        lines.append(f"#define {name} {register.offset:#05x}u")
    for field in register.fields:
        if field.access is Access.CONSTANT:
            lines.append(f"#define {name}_{field.name.upper()} {field.reset:#010x}u")
            continue
        if field.width == 8 * WORD:
            continue
        own = f"{name}_{field.name.upper()}"
        lines.append(f"#define {own} {field.mask:#010x}u")
        if field.width > 1:
            lines.append(f"#define {own}_SHIFT {field.low}")
    return "\n".join(lines)


def _code(kind: object) -> int:
    code: int = Const.cast(kind).value
    return code
