"""Registers as plain data, which hardware, C header and documents are made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from firstspike.errors import DomainError

__all__ = ["WORD", "Access", "Field", "Register", "RegisterMap"]

#: Bytes of a register.
WORD = 4


class Access(Enum):
    """What a bus may do with a field."""

    #: A constant of this core.
    CONSTANT = "constant"
    #: Reads what the hardware says; writes are ignored.
    READ = "read"
    #: Reads what was written last.
    READ_WRITE = "read/write"
    #: The hardware sets it; writing a one clears it.
    CLEAR = "read/write 1 to clear"
    #: Writing it does something; reads as zero.
    TRIGGER = "write"


@dataclass(frozen=True)
class Field:
    """Some neighbouring bits of a register.

    Parameters
    ----------
    name : str
        Lower case, words joined by ``_``.
    low, width : int
        Lowest bit, and number of bits.
    access : Access
        What a bus may do with it.
    text : str
        What it means, one sentence.
    reset : int, default 0
        Value after reset; of a constant, its value.
    """

    name: str
    low: int
    width: int
    access: Access
    text: str
    reset: int = 0

    def __post_init__(self) -> None:
        if not (self.low >= 0 and self.width >= 1 and self.low + self.width <= 8 * WORD):
            msg = f"field {self.name} has bits {self.low} to {self.low + self.width - 1}"
            raise DomainError(f"{msg}, expected bits of a word of {8 * WORD}")
        if not 0 <= self.reset < 1 << self.width:
            msg = f"field {self.name} is {self.reset} after reset, expected {self.width} bits"
            raise DomainError(msg)

    @property
    def mask(self) -> int:
        """The field's bits in its register."""
        return (1 << self.width) - 1 << self.low


@dataclass(frozen=True)
class Register:
    """One register, or a row of equal ones.

    Parameters
    ----------
    name : str
        Lower case, words joined by ``_``.
    offset : int
        Byte offset of the first one.
    fields : tuple of Field
        What it consists of, lowest bit first.
    text : str
        What it is for.
    count : int, default 1
        How many there are, at consecutive words.
    """

    name: str
    offset: int
    fields: tuple[Field, ...]
    text: str
    count: int = 1

    def __post_init__(self) -> None:
        if self.offset % WORD or self.count < 1:
            msg = f"register {self.name} is {self.count} words at {self.offset:#x}"
            raise DomainError(f"{msg}, expected at least one word at a multiple of {WORD}")
        used = 0
        for field in self.fields:
            if used & field.mask:
                msg = f"field {field.name} of register {self.name} overlaps another, expected none"
                raise DomainError(msg)
            used |= field.mask

    @property
    def words(self) -> range:
        """Word addresses."""
        return range(self.offset // WORD, self.offset // WORD + self.count)

    @property
    def triggers(self) -> bool:
        """Whether writing it does something."""
        return any(field.access is Access.TRIGGER for field in self.fields)


@dataclass(frozen=True)
class RegisterMap:
    """All registers behind one bus.

    Parameters
    ----------
    registers : tuple of Register
        In the order of their offsets.
    address_bits : int
        Width of a byte address.
    """

    registers: tuple[Register, ...]
    address_bits: int

    def __post_init__(self) -> None:
        end = 0
        for register in self.registers:
            if register.words.start < end:
                msg = f"register {register.name} at {register.offset:#x} overlaps the one before"
                raise DomainError(f"{msg}, expected offsets in rising order")
            end = register.words.stop
        if end * WORD > 1 << self.address_bits:
            msg = f"registers end at {end * WORD:#x}, expected {self.address_bits} address bits"
            raise DomainError(f"{msg} to reach them")

    def __getitem__(self, name: str) -> Register:
        for register in self.registers:
            if register.name == name:
                return register
        msg = f"there is no register {name!r}"
        raise KeyError(msg)
