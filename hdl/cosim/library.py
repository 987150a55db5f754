"""A core as a shared library: one compiled model for its top, one per layer for its lanes.

The lanes of a layer share their logic, and each is evaluated on its own, so one that has nothing
to do costs nothing. Memory contents are loaded at run time: the library depends on the logic only.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from typing import TYPE_CHECKING

from firstspike.hdl.build import yosys
from firstspike.hdl.build.images import layer_memories, memory_path
from firstspike.hdl.build.netlist import lane_module, ports, unit
from firstspike.hdl.cores.lane import lane_signature
from firstspike.hdl.cosim.compiler import compile_library
from firstspike.hdl.cosim.rewrite import by_edge, for_all_copies

if TYPE_CHECKING:
    from pathlib import Path

    from firstspike.hdl.plan import CorePlan, LayerPlan

__all__ = ["compile_core"]

_PASSES = "proc\nflatten\nopt_expr\nopt_clean\nwrite_cxxrtl -g0"


def compile_core(rtlil: str, plan: CorePlan, *, wide: bool = False) -> Path:
    """Return the shared library of a core.

    Parameters
    ----------
    rtlil : str
        What `build.netlist.core_rtlil` returned.
    plan : CorePlan
        The plan it was built from.
    wide : bool, default False
        Compile several copies that run side by side, on a run-time library of our own, instead of
        one on that of Yosys: slower to compile, much faster to run.

    Raises
    ------
    ToolError
        If Yosys or the C++ compiler is missing or fails.
    """
    lanes = [lane_module(layer.index) for layer in plan.layers]
    names = {"core": "cxxrtl_design"} | {lane: lane for lane in lanes}
    with ThreadPoolExecutor(2) as pool:
        texts = list(pool.map(lambda top: by_edge(_model(rtlil, top, names[top])), names))
    if wide:
        texts = [for_all_copies(text) for text in texts]
    sources = {f"{top}.h": text for top, text in zip(names, texts, strict=True)}
    sources["lanes.h"] = "".join(_lane_class(layer) for layer in plan.layers)
    sources["memories.h"] = "".join(_memory_table(layer) for layer in plan.layers)
    own = resources.files("firstspike.hdl.cosim")
    sources["harness.cpp"] = own.joinpath("harness.cpp").read_text()
    parts = ("cxxrtl", "memory", "operations")
    headers = ["copies.h", *(f"cxxrtl/{part}.h" for part in parts if wide)]
    for header in headers:
        folder = own.joinpath("wide" if wide else "one")
        sources[header] = folder.joinpath(header).read_text()
    return compile_library(
        sources,
        "harness.cpp",
        include=[] if wide else [yosys.cxxrtl_headers()],
        native=wide,
    )


def _model(rtlil: str, top: str, namespace: str) -> str:
    return yosys.run(unit(rtlil, top), f"hierarchy -top {top}\n{_PASSES} -namespace {namespace}")


def _lane_class(layer: LayerPlan) -> str:
    """Return the C++ class that runs one lane of a layer; it is called when the clock rises."""
    module = lane_module(layer.index)
    signature = lane_signature(layer)
    members = ports(signature, signature.create())
    inputs = ["rst", *(name for name, (_, is_input) in members.items() if is_input)]
    outputs = [name for name, (_, is_input) in members.items() if not is_input]
    model = _mangled(module)
    lines = [
        f'#include "{module}.h"',
        f"struct {module}_unit final : cxxrtl_design::bb_{model} {{",
        f"    {module}::{model} inner;",
        "    Activity activity;",
        "    bool eval(cxxrtl::performer *) override {",
        *(f"        activity.input(inner.{_mangled(x)}, {_mangled(x)});" for x in inputs),
        "        if (!activity.clock(inner)) return true;",
        *(f"        {_mangled(x)}.next = output_of(inner.{_mangled(x)});" for x in outputs),
        "        return true;",
        "    }",
        "};",
        f"std::unique_ptr<cxxrtl_design::bb_{model}> cxxrtl_design::bb_{model}::create(",
        "    std::string, cxxrtl::metadata_map, cxxrtl::metadata_map) {",
        f"    return std::make_unique<{module}_unit>();",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _memory_table(layer: LayerPlan) -> str:
    """Return one line per memory image of a layer: its name, class, cell, and member."""
    lines = []
    for lane in layer.lanes:
        cell = f"cell_{_mangled(f'layer{layer.index}.lane{lane.index}')}"
        for memory in layer_memories(layer):
            unit = f"{lane_module(layer.index)}_unit"
            member = f"memory_{_mangled(memory_path(memory))}"
            lines.append(f'MEMORY("{lane.name}_{memory}", {unit}, {cell}, {member})\n')
    return "".join(lines)


def _mangled(name: str) -> str:
    """Return a public name as Yosys spells it in C++."""
    return "p_" + name.replace("_", "__").replace(".", "_2e_")
