"""Multiplication by a constant without a multiplier."""

from __future__ import annotations

from amaranth.hdl import C, Cat, Value

__all__ = ["exceeds", "scaled", "signed_digits"]


def signed_digits(constant: int) -> list[tuple[int, int]]:
    """Return the canonical signed-digit form of a constant: (shift, +1 or -1) per digit.

    No form of a number has fewer digits that are not zero, and each one costs an adder.

    Examples
    --------
    >>> from firstspike.hdl.cores.arithmetic import signed_digits
    >>> signed_digits(7)
    [(0, -1), (3, 1)]
    """
    digits = []
    shift = 0
    while constant:
        if constant & 1:
            sign = 2 - (constant & 3)
            digits.append((shift, sign))
            constant -= sign
        constant >>= 1
        shift += 1
    return digits


def scaled(value: Value, constant: int) -> Value:
    """Return ``value * constant`` as a balanced tree of adders, at full precision."""
    terms = [
        (value << shift) if sign > 0 else -(value << shift)
        for shift, sign in signed_digits(constant)
    ]
    while len(terms) > 1:
        terms = [sum_pair(terms[i : i + 2]) for i in range(0, len(terms), 2)]
    return terms[0] if terms else C(0)


def sum_pair(terms: list[Value]) -> Value:
    """Return the sum of one or two terms."""
    return terms[0] if len(terms) == 1 else terms[0] + terms[1]


def exceeds(one: Value, other: Value) -> Value:
    """Return ``one > other`` of signed values of the same width.

    With their sign bits inverted they are in order as unsigned numbers, which takes a chain of
    carries and nothing behind it.
    """
    return Cat(one[:-1], ~one[-1]) > Cat(other[:-1], ~other[-1])
