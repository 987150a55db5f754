"""A model as C++ for several copies: a class, and functions short enough for any compiler."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from firstspike.hdl.cosim.schedule import old_value, outputs, rising_edge
from firstspike.hdl.cosim.statements import model_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firstspike.hdl.cosim.schedule import Step

__all__ = ["side_by_side"]

#: Characters of a function, and of a file. What compilers do with a function takes longer than in
#: proportion to its length.
FUNCTION, FILE = 20_000, 200_000

_MEMORY = re.compile(r"\tmemory<(\d+)> (\w+) \{ (\d+u) \};")
_METHOD = re.compile(
    r"(?m)^\t(?:template<class \w+>\n\t)?[\w ]*\b(?:eval|commit|posedge_p_clk)\(.*\{\n"
    r"(?:\t\t.*\n)*\t\}\n+"
)
_DECLARATION = "\tbool eval(performer *performer = nullptr) override;\n"
_NOTE = re.compile(r"(?m)^\s*//.*\n")
_CELL = re.compile(r"(?m)^(struct bb_\w+ : public module \{)$")


def side_by_side(name: str, text: str) -> dict[str, str]:
    """Return a header and the sources of what Yosys wrote for one module, by file name.

    Every copy decides on its own: ``a ? b : c`` and enabled reads have become functions. ``rise``
    is the rising edge of the clock, and changes registers and memories in place; ``settle``
    computes the outputs. Values that several functions need are members of the class.

    Raises
    ------
    ToolError
        If the text is not of the form that is expected.
    """
    model = model_of(text)
    widths = model.values | {old_value(one): bits for one, bits in model.registers.items()}
    rising = list(_parts(rising_edge(model)))
    members, functions = _functions(model.name, rising, widths)
    calls = "".join(f"\trise_{part}();\n" for part in range(len(functions)))
    _, settle = _functions(model.name, [outputs(model)], widths, "settle")

    head, reset, rest = model.head.partition(f"void {model.name}::reset() {{")
    namespace = next(line for line in head.splitlines() if line.startswith("namespace "))
    declared = [
        "\tvoid rise();",
        "\tvoid settle();",
        *(f"\tvoid rise_{part}();" for part in range(len(functions))),
        *(f"\tvalue<{widths[member]}> {member};" for member in members),
    ]
    head = _METHOD.sub("", head).replace(_DECLARATION, "\n".join([*declared, ""]))
    head = _CELL.sub(r"\1\n\tvirtual void rise() = 0;", head)
    head = _MEMORY.sub(r"\tmemory<\1, \3> \2;", _NOTE.sub("", head))
    first = f"{reset}{rest}void {model.name}::rise() {{\n{calls}}}\n"
    files = _files([first, *settle, *functions])
    begin, end = f'#include "{name}.h"\n\n{namespace}\n', "}\n"
    return {f"{name}.h": f"#pragma once\n{head}}}\n"} | {
        f"{name}_{part}.cpp": begin + "\n".join(texts) + end for part, texts in enumerate(files)
    }


def _parts(steps: list[Step]) -> Iterable[list[Step]]:
    """Cut steps into parts of about the same length, none much longer than a function may be."""
    total = sum(len(step.text) for step in steps)
    limit = total / max(1, round(total / FUNCTION))
    part: list[Step] = []
    length = 0
    for step in steps:
        part.append(step)
        length += len(step.text)
        if length >= limit:
            yield part
            part, length = [], 0
    if part:
        yield part


def _functions(
    model: str, parts: list[list[Step]], widths: dict[str, int], name: str = ""
) -> tuple[list[str], list[str]]:
    """Return the values that several parts need, and the text of one function per part."""
    needed = [
        frozenset[str]().union(*(step.sets | step.uses for step in part)) & widths.keys()
        for part in parts
    ]
    seen: set[str] = set()
    shared: set[str] = set()
    for names in needed:
        shared |= names & seen
        seen |= names
    functions = []
    for at, (part, names) in enumerate(zip(parts, needed, strict=True)):
        own = "".join(f"\tvalue<{widths[one]}> {one};\n" for one in sorted(names - shared))
        body = "\n".join(step.text for step in part)
        functions.append(f"void {model}::{name or f'rise_{at}'}() {{\n{own}{body}\n}}\n")
    return sorted(shared), functions


def _files(functions: list[str]) -> list[list[str]]:
    """Distribute functions over files."""
    files: list[list[str]] = [[]]
    length = 0
    for text in functions:
        if length and length + len(text) > FILE:
            files.append([])
            length = 0
        files[-1].append(text)
        length += len(text)
    return files
