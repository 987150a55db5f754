"""The hardware of a register map."""

from __future__ import annotations

import functools
import operator
from typing import Any

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.bus.access import access
from firstspike.hdl.bus.registers import WORD, Access, Register, RegisterMap

__all__ = ["RegisterBank"]

#: Words that one register chooses from when a bus reads; the next cycle chooses among those.
SHARE = 8


class RegisterBank(wiring.Component):
    """One port to the bus, one to the hardware for every register that is no constant.

    Parameters
    ----------
    registers : RegisterMap
        The registers.

    Members
    -------
    access : In(access(address_bits))
        From the bus.
    clear : In(1)
        Strobe: clear all fields that a bus may clear.
    data : Out(32)
        The word that goes with the strobes below.

    There is one more member for every register, named like it, an array where there are several.
    It has a member for every field: ``In`` where the hardware tells the value, ``Out`` where the
    bus does. A field that the bus clears is a pair, ``Out`` the flag and ``In`` named ``set_...``.
    Registers that trigger have ``written : Out(1)``, a strobe that goes with their fields. It comes
    a cycle after the write.
    """

    def __init__(self, registers: RegisterMap) -> None:
        self._map = registers
        members: dict[str, Any] = {
            "access": In(access(registers.address_bits)),
            "clear": In(1),
            "data": Out(8 * WORD),
        }
        for register in registers.registers:
            signature = _signature(register)
            if signature.members:
                member = Out(signature)
                members[register.name] = (
                    member.array(register.count) if register.count > 1 else member
                )
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        """Build the fields and the way to read them."""
        m = Module()
        words = {}
        for register in self._map.registers:
            port = getattr(self, register.name, None)
            ports: list[Any] = port if register.count > 1 else [port]  # type: ignore[assignment]
            for address, each in zip(register.words, ports, strict=True):
                written = Signal(name=f"{register.name}_written")
                words[address] = self._fields(m, register, each, written), written
        # To tell which word is meant, and to choose it among all, would be the longest path of many
        # a core, so each takes a cycle of its own.
        names, parts, write = sorted(words), [], Signal()
        meant = Signal(len(names))
        m.d.sync += [
            meant.eq(Cat(self.access.address == address for address in names)),
            write.eq(self.access.write),
            self.data.eq(self.access.data),
            self.access.known.eq(meant.any()),
        ]
        for at in range(0, len(names), SHARE):
            part, chosen = Signal(8 * WORD, name=f"part{at}"), []
            parts.append(part)
            for bit, address in enumerate(names[at : at + SHARE], at):
                word, written = words[address]
                chosen.append(word & meant[bit].replicate(8 * WORD))
                m.d.comb += written.eq(write & meant[bit])
            m.d.sync += part.eq(functools.reduce(operator.or_, chosen))
        m.d.comb += self.access.value.eq(functools.reduce(operator.or_, parts))
        return m

    def _fields(self, m: Module, register: Register, port: Any, written: Signal) -> Signal:  # noqa: ANN401
        word = Signal(8 * WORD, name=f"{register.name}_word")
        if register.triggers:
            m.d.comb += port.written.eq(written)
        for field in register.fields:
            bits = slice(field.low, field.low + field.width)
            data, value = self.data[bits], word[bits]
            if field.access is Access.CONSTANT:
                m.d.comb += value.eq(field.reset)
                continue
            own = getattr(port, field.name)
            if field.access is Access.TRIGGER:
                m.d.comb += own.eq(data)
                continue
            m.d.comb += value.eq(own)
            if field.access is Access.READ_WRITE:
                with m.If(written):
                    m.d.sync += own.eq(data)
            elif field.access is Access.CLEAR:
                # What happens in the cycle of the write is not lost.
                cleared = own & ~Cat(data & written.replicate(field.width))
                sets = getattr(port, f"set_{field.name}")
                m.d.sync += own.eq(cleared & ~self.clear.replicate(field.width) | sets)
        return word


def _signature(register: Register) -> wiring.Signature:
    members: dict[str, Any] = {}
    for field in register.fields:
        if field.access is Access.CONSTANT:
            continue
        is_input = field.access is Access.READ
        members[field.name] = In(field.width) if is_input else Out(field.width, init=field.reset)
        if field.access is Access.CLEAR:
            members[f"set_{field.name}"] = In(field.width)
    if register.triggers:
        members["written"] = Out(1)
    return wiring.Signature(members)
