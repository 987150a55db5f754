"""Register maps that contradict themselves."""

import pytest

from firstspike.errors import DomainError
from firstspike.hdl.bus import Access, Field, Register, RegisterMap


def flag(name="one", low=0, width=1, **more):
    return Field(name, low, width, Access.READ_WRITE, "A flag.", **more)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: flag(low=31, width=2), "bits 31 to 32"),
        (lambda: flag(reset=2), "is 2 after reset"),
        (lambda: Register("r", 2, (flag(),), ""), "1 words at 0x2"),
        (lambda: Register("r", 0, (flag(), flag("two")), ""), "two of register r overlaps"),
        (
            lambda: RegisterMap((Register("a", 4, (), "", 2), Register("b", 8, (), "")), 12),
            "b at 0x8 overlaps",
        ),
        (lambda: RegisterMap((Register("a", 60, (), "", 2),), 6), "end at 0x44"),
    ],
)
def test_a_map_that_contradicts_itself_is_refused(make, message):
    with pytest.raises(DomainError, match=message):
        make()
