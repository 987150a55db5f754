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
from firstspike.hdl.cosim.pieces import side_by_side
from firstspike.hdl.cosim.rewrite import by_edge

if TYPE_CHECKING:
    from pathlib import Path

    from firstspike.hdl.plan import CorePlan, LayerPlan

__all__ = ["compile_core"]

_PASSES = "proc\nflatten\nopt_expr\nopt_merge\nopt_clean\nwrite_cxxrtl -g0"


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
        texts = list(pool.map(lambda top: _model(rtlil, top, names[top]), names))
    if wide:
        sources = dict[str, str]()
        for top, text in zip(names, texts, strict=True):
            sources |= side_by_side(top, text)
    else:
        sources = {f"{top}.h": by_edge(text) for top, text in zip(names, texts, strict=True)}
    lane_class = _wide_lane if wide else _lane_class
    sources["lanes.h"] = "".join(lane_class(layer) for layer in plan.layers)
    sources["memories.h"] = "".join(_memory_table(layer) for layer in plan.layers)
    own = resources.files("firstspike.hdl.cosim")
    sources["harness.cpp"] = own.joinpath("harness.cpp").read_text()
    parts = ("cxxrtl", "memory", "operations")
    headers = ["copies.h", *(f"cxxrtl/{part}.h" for part in parts if wide)]
    for header in headers:
        folder = own.joinpath("wide" if wide else "one")
        sources[header] = folder.joinpath(header).read_text()
    return compile_library(sources, include=[] if wide else [yosys.cxxrtl_headers()], native=wide)


def _model(rtlil: str, top: str, namespace: str) -> str:
    return yosys.run(unit(rtlil, top), f"hierarchy -top {top}\n{_PASSES} -namespace {namespace}")


def _lane_class(layer: LayerPlan) -> str:
    """Return the C++ class that runs one lane of a layer; it is called when the clock rises."""
    inputs, outputs = _lane_ports(layer)
    body = [
        "    Activity activity;",
        "    bool eval(cxxrtl::performer *) override {",
        *(f"        activity.input(inner.{x}, {x});" for x in inputs),
        "        if (!activity.clock(inner)) return true;",
        *(f"        {x}.next = output_of(inner.{x});" for x in outputs),
        "        return true;",
        "    }",
    ]
    return _unit(layer, body)


def _wide_lane(layer: LayerPlan) -> str:
    """Return the same for several copies, of which one always has something to do."""
    inputs, outputs = _lane_ports(layer)
    body = [
        "    void rise() override {",
        *(f"        inner.{x} = {x};" for x in inputs),
        "        inner.rise();",
        "        inner.settle();",
        *(f"        {x} = output_of(inner.{x});" for x in outputs),
        "    }",
    ]
    return _unit(layer, body)


def _lane_ports(layer: LayerPlan) -> tuple[list[str], list[str]]:
    """Return the names of a lane's inputs and outputs in C++."""
    signature = lane_signature(layer)
    members = ports(signature, signature.create())
    inputs = [name for name, (_, is_input) in members.items() if is_input]
    outputs = [name for name, (_, is_input) in members.items() if not is_input]
    return list(map(_mangled, inputs)), list(map(_mangled, outputs))


def _unit(layer: LayerPlan, body: list[str]) -> str:
    """Return the class that stands for a lane in the model of the top."""
    module = lane_module(layer.index)
    model = _mangled(module)
    lines = [
        f'#include "{module}.h"',
        f"struct {module}_unit final : cxxrtl_design::bb_{model} {{",
        f"    {module}::{model} inner;",
        *body,
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
