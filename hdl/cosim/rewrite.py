"""Small changes to the C++ that Yosys writes, so that models run faster."""

from __future__ import annotations

import re

from firstspike.errors import ToolError

__all__ = ["by_edge"]

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
