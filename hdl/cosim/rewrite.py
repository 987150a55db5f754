"""Small changes to the C++ that Yosys writes, so that models run faster, or several at once."""

from __future__ import annotations

import re

from firstspike.errors import ToolError

__all__ = ["by_edge", "for_all_copies"]

_EVALUATION = re.compile(r"(?m)^bool (\w+)::eval\(performer \*performer\) \{\n((?:\t.*\n)*)\}$")
_EDGE = "\tbool posedge_p_clk = this->posedge_p_clk();\n"
_DECLARATION = "\tbool eval(performer *performer = nullptr) override;\n"
_DECLARATIONS = (
    "\tstatic constexpr bool loops = {loops};\n"
    "\ttemplate <bool posedge_p_clk> bool evaluate(performer *performer = nullptr);\n"
    "\tbool eval(performer *performer = nullptr) override {{\n"
    "\t\treturn evaluate<false>(performer);\n"
    "\t}}\n"
)
_LEVELS = "return !prev_p_clk.slice<0>().val() && p_clk.slice<0>().val();"
_CELL = re.compile(
    r"\tif \((cell_\w+->eval\(performer\))\) \{\n\t\} else \{\n\t\tconverged = false;\n\t\}\n"
)
_GATE = re.compile(r"(\t+)if \((?!posedge_|tmp_\d+\.valid)(.*)\) \{")
_MEMORY = re.compile(r"\tmemory<(\d+)> (\w+) \{ (\d+u) \};")
_PARTS = re.compile(r"(\w+)\.next\.(?:slice|concat)")
_NEXT = re.compile(r"(\s*)(\S+\.next) = (.*);")


def by_edge(text: str) -> str:
    """Make the clock's edge a constant of two functions instead of a question at run time.

    ``evaluate<true>`` computes what the registers become at a rising edge, and evaluates black
    boxes; ``evaluate<false>`` computes the outputs only, and the compiler drops everything else.
    ``loops`` says that a wire seems to depend on itself, for bits of it depend on others: such a
    model is evaluated until nothing changes any more.

    Raises
    ------
    ToolError
        If the text is not of the form that is expected.
    """
    found = _EVALUATION.findall(text)
    if len(found) != 1 or _EDGE not in found[0][1] or text.count(_DECLARATION) != 1:
        msg = "Yosys wrote C++ that is not understood: expected one evaluation with one clock"
        raise ToolError(msg)
    name, body = found[0]
    body = _CELL.sub(r"\tif (posedge_p_clk) \1;\n", body.replace(_EDGE, ""))
    loops = "converged = false" in body
    evaluation = (
        f"template <bool posedge_p_clk> bool {name}::evaluate(performer *performer) {{\n{body}}}"
    )
    text = _EVALUATION.sub(lambda _: evaluation, text)
    text = text.replace(_DECLARATION, _DECLARATIONS.format(loops=str(loops).lower()))
    return text.replace(_LEVELS, "return false;  // the caller knows")


def for_all_copies(text: str) -> str:
    """Let every copy decide on its own: ``a ? b : c`` and enabled reads become functions.

    Registers are stored in another form than they are computed with, so reading one is a function;
    and how deep a memory is becomes part of its type.
    """
    head, evaluation = text.split("::evaluate(performer *performer) {\n")
    lines = [
        line
        for line in evaluation.replace(".curr", ".curr()").split("\n")
        if not line.lstrip().startswith("//")
    ]
    rewritten, gate = [], None
    for line in map(_choices, lines):
        opens, assigns = _GATE.fullmatch(line), _NEXT.fullmatch(line)
        if opens and gate is None:
            gate = opens[1]
            rewritten.append(f"{gate}{{ const auto gate = {opens[2]};")
        elif assigns and gate is not None:
            space, register, word = assigns.groups()
            rewritten.append(f"{space}{register} = mux(gate, {word}, {register}.val());")
        else:
            if gate is not None and line == f"{gate}}}":
                gate = None
            rewritten.append(line)
    for name in set(_PARTS.findall(evaluation)):  # assigned part by part
        head = re.sub(rf"\bwire<(\d+)> {name};", rf"open_wire<\1> {name};", head)
    head = _MEMORY.sub(r"\tmemory<\1, \3> \2;", head)
    return head + "::evaluate(performer *performer) {\n" + "\n".join(rewritten)


def _choices(line: str) -> str:
    """Turn ``(a ? b : c)``, which always stands in parentheses of its own, into a function."""
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
