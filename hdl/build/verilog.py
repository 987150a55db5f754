"""A core as one Verilog file whose memories are filled from files beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from firstspike.errors import ToolError
from firstspike.hdl.build import yosys
from firstspike.hdl.build.images import layer_memories, memory_path
from firstspike.hdl.build.netlist import lane_module

if TYPE_CHECKING:
    from firstspike.hdl.plan import CorePlan, LayerPlan

__all__ = ["core_verilog"]

# The passes of amaranth's own back end, and one module per kind of lane.
_SCRIPT = "proc -nomux -norom\nflatten\nmemory_collect\nwrite_verilog -norename -noattr"


#: Bits from which on a memory goes into block RAM: as look-up tables this many take 60 or more.
BLOCK_BITS = 512
#: Attributes of such a memory. What is read where something is being written is never used, so it
#: need not be the old word, for which Yosys would put logic behind the memory.
BLOCK = 'ram_style = "block", no_rw_check'
#: A queue never reads the word that it is writing, wherever its memory is.
QUEUE = "no_rw_check"


def core_verilog(rtlil: str, plan: CorePlan) -> str:
    """Return a core as Verilog text: module ``core``, and one module per layer for its lanes.

    Lanes of a layer differ only in their parameters, the names of the files that ``$readmemh``
    fills their memories from: contents given in the text itself take synthesis ten times as long,
    and some tools ignore them.

    Parameters
    ----------
    rtlil : str
        What `build.netlist.core_rtlil` returned.
    plan : CorePlan
        The plan it was built from.

    Raises
    ------
    ToolError
        If Yosys is missing, fails, or writes what is not understood.
    """
    text = yosys.run(rtlil, _SCRIPT)
    for layer in plan.layers:
        module = lane_module(layer.index)
        start, end = _bounds(text, module)
        text = text[:start] + _fill_from_files(text[start:end], layer) + text[end:]
        for lane in layer.lanes:
            files = ", ".join(
                f'.{memory.upper()}("{lane.name}_{memory}.mem")' for memory in layer_memories(layer)
            )
            old = rf"^  {module} (\\layer{layer.index}\.lane{lane.index} )"
            text = _once(old, rf"  {module} #({files}) \1", text)
    return text


def _bounds(text: str, module: str) -> tuple[int, int]:
    found = re.search(rf"(?m)^module {module}\(.*?^endmodule$", text, re.DOTALL)
    if found is None:
        msg = f"yosys wrote no module {module}, expected one: please report this"
        raise ToolError(msg)
    return found.span()


def _fill_from_files(text: str, layer: LayerPlan) -> str:
    """Fill memories from files, and have those of synapses in block RAM if they are worth one."""
    parameters = []
    for memory in layer_memories(layer):
        path = memory_path(memory)
        register = re.escape(f"\\{path} ")
        text = _once(
            rf"(?ms)^(  reg [^\n]*{register}[^\n]*;\n)  initial begin\n.*?^  end\n",
            rf"\1  initial $readmemh({memory.upper()}, \\{path} );" + "\n",
            text,
        )
        declared = re.search(rf"(?m)^  reg (?:\[(\d+):0\] )?{register} *\[(\d+):0\];$", text)
        if declared and path.startswith("bank."):
            bits = (int(declared[1] or 0) + 1) * (int(declared[2]) + 1)
            if bits >= BLOCK_BITS:
                at = declared.start()
                text = f"{text[:at]}  (* {BLOCK} *)\n{text[at:]}"
        parameters.append(f'  parameter {memory.upper()} = "{layer.lanes[0].name}_{memory}.mem";\n')
    text = re.sub(r"(?m)^(?=  reg [^\n]*\\(?:emitter\.)?queue\.cells )", f"  (* {QUEUE} *)\n", text)
    return _once(r"(?s)\A([^;]*;\n)", r"\1" + "".join(parameters), text)


def _once(pattern: str, replacement: str, text: str) -> str:
    text, count = re.subn(pattern, replacement, text, count=1, flags=re.MULTILINE)
    if count != 1:
        msg = f"yosys wrote Verilog without {pattern!r}, expected it once: please report this"
        raise ToolError(msg)
    return text
