"""The C++ that Yosys writes for a model, taken apart into statements that say what they need."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from firstspike.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Bits", "Model", "Statement", "model_of"]

_EVALUATION = re.compile(r"(?m)^bool (\w+)::eval\(performer \*performer\) \{\n((?:\t.*\n)*)\}$")
_VALUE = re.compile(r"\tvalue<(\d+)> (\w+);")
_WIRE = re.compile(r"(?m)^\t(?:/\*output\*/ )?wire<(\d+)> (\w+);$")
_OUTPUT = re.compile(r"(?m)^\t/\*output\*/ value<\d+> (\w+);$")
_CELL = re.compile(r"\tif \((cell_\w+->)eval\(performer\)\) \{")
#: An output of a cell that nobody listens to.
_UNHEARD = re.compile(r"\tvalue<\d+>\(\) = cell_\w+->\w+(?:\.curr)?;")
_EDGE = "\tif (posedge_p_clk) {"
_NAME = re.compile(
    r"(?<![\w>])(cell_\w+->p_\w+|memory_p_\w+|[pi]_\w+)(\.curr|\.next)?(?:\(\))?"
    r"(?:\.slice<(\d+)(?:,(\d+))?>\(\))?"
)
_GATE = re.compile(r"(\t+)if \((?!tmp_\d+\.valid)(.*)\) \{")
_NEXT = re.compile(r"(\s*)(\w+)\.next = (.*);")
_UPDATE = re.compile(r"(?m)^\s*(memory_\w+)\.update\(.*, (\d+)\);$")
_ALL = 1 << 30


@dataclass(frozen=True)
class Bits:
    """Some bits of something computed within a cycle."""

    name: str
    last: int
    first: int

    def meet(self, other: Bits) -> bool:
        """Return whether both have a bit in common, given that the name is the same."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Statement:
    """Something that is done once per cycle.

    Parameters
    ----------
    text : str
        C++ for several copies.
    reads : tuple of Bits
        What is computed within the cycle and read by it.
    keeps : frozenset of str
        Registers and memories that it reads, as they were in the cycle before.
    writes : tuple of Bits
        What it computes within the cycle; empty if it changes something that outlasts the cycle.
    changes : str
        The register, memory or cell that it changes; empty if it computes.
    """

    text: str
    reads: tuple[Bits, ...] = ()
    keeps: frozenset[str] = frozenset()
    writes: tuple[Bits, ...] = ()
    changes: str = ""


@dataclass(frozen=True)
class Model:
    """One module.

    Parameters
    ----------
    name : str
        Name of its class.
    head, tail : str
        What stands in front of the function that evaluates it, and behind.
    values : dict of str to int
        Width of everything that lives within a cycle.
    registers : dict of str to int
        Width of every register.
    outputs : tuple of str
        Outputs that are no registers.
    statements : tuple of Statement
        What happens in a cycle, in any order.
    """

    name: str
    head: str
    tail: str
    values: dict[str, int]
    registers: dict[str, int]
    outputs: tuple[str, ...]
    statements: tuple[Statement, ...]


def model_of(text: str) -> Model:
    """Take the text of one model apart.

    A wire that seems to depend on itself, for bits of it depend on others, becomes a value like
    all others: here bits are told apart.

    Raises
    ------
    ToolError
        If the text is not of the form that is expected.
    """
    found = list(_EVALUATION.finditer(text))
    if len(found) != 1:
        raise _unknown("one evaluation")
    name, body = found[0].groups()
    head, tail = text[: found[0].start()], text[found[0].end() :]
    values, statements = {}, []
    for lines in _statements(body):
        declared = _VALUE.fullmatch(lines[0])
        if declared:
            values[declared[2]] = int(declared[1])
        elif not (lines[0].startswith(("\tbool ", "\treturn ")) or _UNHEARD.fullmatch(lines[0])):
            statements.append(_statement(lines))
    computed = {bits.name for one in statements for bits in one.writes}
    own = head[head.index(f"struct {name} ") :]
    wires = {wire: int(width) for width, wire in _WIRE.findall(own)}
    loops = computed & set(wires)
    for wire in loops:
        head = re.sub(rf"(?m)^\twire<\d+> {wire};\n", "", head)
    return Model(
        name=name,
        head=head,
        tail=tail,
        values=values | {wire: wires[wire] for wire in loops},
        registers={wire: width for wire, width in wires.items() if wire not in loops},
        outputs=tuple(output for output in _OUTPUT.findall(own) if output in computed),
        statements=tuple(_with_reads(one, computed, loops) for one in _joined(statements)),
    )


def _statements(body: str) -> Iterator[list[str]]:
    """Return the lines of each statement, without comments."""
    lines: list[str] = []
    for line in body.splitlines():
        if line.lstrip().startswith("//") or not line:
            continue
        lines.append(line)
        if not line.startswith("\t\t") and not line.endswith("{"):
            yield lines
            lines = []


def _statement(lines: list[str]) -> Statement:
    """Return one statement; what it reads is not told yet."""
    cell = _CELL.fullmatch(lines[0])
    if cell:
        return Statement(f"\t{cell[1]}rise();", changes=cell[1])
    if lines[0] == _EDGE:
        return _at_the_edge(lines[1:-1])
    target, equals, _ = lines[0].partition(" = ")
    writes = tuple(_bits(match) for match in _NAME.finditer(target))
    if len(lines) != 1 or not equals or not writes:
        raise _unknown(lines[0])
    return Statement(_choices(lines[0]).replace(".next", ""), writes=writes)


def _at_the_edge(lines: list[str]) -> Statement:
    """Return what a register or memory becomes: a read that is enabled becomes a choice."""
    rewritten, gate = [], None
    changes = set()
    for line in map(_choices, lines):
        opens, assigns, updates = (form.fullmatch(line) for form in (_GATE, _NEXT, _UPDATE))
        if opens and gate is None:
            gate = opens[1]
            rewritten.append(f"{gate}{{ const auto gate = {opens[2]};")
        elif assigns:
            space, register, word = assigns.groups()
            if gate is not None:
                word = f"mux(gate, {word}, {register}.curr())"
            rewritten.append(f"{space}{register} = {word};")
            changes.add(register)
        else:
            if gate is not None and line == f"{gate}}}":
                gate = None
            if updates:
                changes.add(updates[1])
            rewritten.append(line)
    text = "\n".join(["\t{", *rewritten, "\t}"])
    if len(changes) != 1:
        raise _unknown(text)
    return Statement(text, changes=changes.pop())


def _joined(statements: list[Statement]) -> Iterator[Statement]:
    """Make one statement of all that write to the same memory, the one that wins last."""
    memories: dict[str, list[tuple[int, str]]] = {}
    for one in statements:
        update = _UPDATE.search(one.text)
        if update:
            memories.setdefault(one.changes, []).append((int(update[2]), one.text))
        else:
            yield one
    for memory, writes in memories.items():
        ordered = [text for _, text in sorted(writes, key=lambda write: write[0])]
        yield Statement("\n".join(ordered), changes=memory)


def _with_reads(one: Statement, computed: set[str], loops: set[str]) -> Statement:
    """Tell what a statement reads."""
    if one.changes.endswith("->"):
        return one
    source = one.text.partition(" = ")[2] if one.writes else one.text
    reads, keeps = [], set()
    for match in _NAME.finditer(source):
        name = match[1]
        if name in computed:
            reads.append(_bits(match))
        elif match[2] or name.startswith("memory_"):
            keeps.add(name)
    text = one.text
    for wire in loops.intersection(bits.name for bits in reads):
        text = text.replace(f"{wire}.curr()", wire)
    return replace(
        one,
        text=text,
        reads=tuple(dict.fromkeys(reads)),
        keeps=frozenset(keeps - {one.changes}),
    )


def _bits(match: re.Match[str]) -> Bits:
    name, _, last, first = match.groups()
    if last is None:
        return Bits(name, _ALL, 0)
    return Bits(name, int(last), int(first or last))


def _choices(line: str) -> str:
    """Turn ``(a ? b : c)``, which always stands in parentheses of its own, into a function.

    Registers are stored in another form than they are computed with, so reading one is a function.
    """
    line = line.replace(".curr", ".curr()")
    if " ? " not in line:
        return line
    done: list[str] = []
    opened: list[int] = []
    for piece in re.split(r"( \? | : |[()])", line):
        done.append(", " if piece in {" ? ", " : "} else piece)
        if piece == "(":
            opened.append(len(done) - 1)
        elif piece == ")":
            opened.pop()
        elif piece == " ? ":
            done[opened[-1]] = "mux("
    return "".join(done)


def _unknown(what: str) -> ToolError:
    return ToolError(f"Yosys wrote C++ that is not understood, at: {what.strip()[:200]}")
