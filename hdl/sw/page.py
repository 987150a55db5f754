"""The page of the documents that lists the registers."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from firstspike.hdl.bus.core_map import ADDRESS_BITS
from firstspike.hdl.bus.registers import WORD, Access

if TYPE_CHECKING:
    from firstspike.hdl.bus.registers import Field, Register, RegisterMap

__all__ = ["page"]


def page(registers: RegisterMap) -> str:
    """Return the page as Markdown."""
    rows = [row for register in registers.registers for row in _rows(register)]
    text = resources.files("firstspike.hdl.sw").joinpath("registers.md").read_text()
    return text.replace("@bits@", str(ADDRESS_BITS)).replace("@rows@", "\n".join(rows))


def _rows(register: Register) -> list[str]:
    name, offset = f"`{register.name}`", f"0x{register.offset:03x}"
    if register.name == "threshold":
        name, offset = "`threshold[n]`", f"0x{register.offset:03x} + {WORD}n"
    fields = register.fields
    if len(fields) == 1 and fields[0].width == 8 * WORD:
        return [_row(offset, name, fields[0], register.text)]
    head = f"| {offset} | {name} | | | | | {register.text} |"
    return [head, *(_row("", "", field, field.text) for field in fields)]


def _row(offset: str, name: str, field: Field, text: str) -> str:
    top = field.low + field.width - 1
    bits = str(top) if field.width == 1 else f"{top}..{field.low}"
    own = "" if name else f"`{field.name}`"
    reset = "" if field.access in (Access.CONSTANT, Access.TRIGGER) else str(field.reset)
    return f"| {offset} | {name} | {bits} | {own} | {field.access.value} | {reset} | {text} |"
