"""A core as RTLIL text in which the lanes of a layer share one module."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from amaranth.back import rtlil
from amaranth.hdl import ClockDomain, ClockSignal, Instance, Value
from amaranth.lib.wiring import In

from firstspike.hdl.cores.core import Core
from firstspike.hdl.cores.lane import Lane
from firstspike.hdl.plan import LanePlan

if TYPE_CHECKING:
    from amaranth.lib.wiring import Component, Signature

    from firstspike.hdl.plan import CorePlan, LayerPlan

__all__ = [
    "core_rtlil",
    "frame_rtlil",
    "lane_module",
    "lane_rtlil",
    "modules",
    "ports",
    "unit",
]


def lane_module(layer: int) -> str:
    """Return the name of the module that the lanes of a layer share."""
    return f"layer{layer}_lane"


def ports(signature: Signature, interface: object) -> dict[str, tuple[Value, bool]]:
    """Return the ports of an interface by name: the value, and whether it is an input.

    A member ``p`` of a port ``o`` is called ``o_p``.
    """
    found = {}
    for path, member, value in signature.flatten(interface):
        found["_".join(map(str, path))] = (Value.cast(value), member.flow == In)
    return found


class _SharedLanes:
    """Platform that puts an instance of the shared module where a lane would stand."""

    def get_lane(self, lane: Lane) -> Instance:
        """Return the instance that stands for a lane."""
        wires = {
            f"{'i' if is_input else 'o'}_{port}": value
            for port, (value, is_input) in ports(lane.signature, lane).items()
        }
        return Instance(lane_module(lane.layer.index), i_clk=ClockSignal(), **wires)


def core_rtlil(plan: CorePlan) -> str:
    """Return a core as RTLIL text.

    Top module ``core``; module ``layerN_lane`` is instantiated once per lane of layer ``N``. Memory
    contents are not part of the text, because they are what the lanes differ in.
    """
    return "".join(map(lane_rtlil, plan.layers)) + frame_rtlil(plan)


def lane_rtlil(layer: LayerPlan) -> str:
    """Return the module that the lanes of a layer share as RTLIL text.

    It has no reset but `flush`, which layers give after a reset, too: one net that reaches all of a
    lane is far enough.
    """
    text = _convert(Lane(layer, _blank(layer)), lane_module(layer.index), None, reset_less=True)
    return "attribute \\keep_hierarchy 1\n" + text.replace("attribute \\top 1\n", "")


def frame_rtlil(plan: CorePlan) -> str:
    """Return module ``core`` without the modules of its lanes as RTLIL text."""
    return _convert(Core(plan), "core", _SharedLanes())


def modules(rtlil: str) -> dict[str, str]:
    """Return the text of every module of a design, attributes included."""
    found = re.finditer(r"(?ms)^(?:attribute [^\n]*\n)*module \\(\S+)\n.*?^end\n", rtlil)
    return {match[1]: match[0] for match in found}


def unit(rtlil: str, top: str) -> str:
    """Return the part of a design that belongs to `top`; lanes inside it are left as black boxes.

    Memories start at zero, for what they hold is loaded at run time.

    No path leads from an input of a lane to an output within a cycle, which is what the attribute
    ``cxxrtl_sync`` tells the compiler of models.
    """
    parts = []
    for name, text in modules(rtlil).items():
        if name.split(".")[0] == top:
            text = text.replace("attribute \\keep_hierarchy 1\n", "")
            parts.append(re.sub(r"(?ms)^  cell \$meminit_v2 .*?^  end\n", "", text))
        elif "attribute \\keep_hierarchy 1\n" in text:
            parts.append(_black_box(name, text))
    return "".join(parts)


def _black_box(name: str, text: str) -> str:
    lines = ["attribute \\keep_hierarchy 1", "attribute \\cxxrtl_blackbox 1", f"module \\{name}"]
    for wire, direction in re.findall(r"(?m)^(  wire .*\b(input|output) \d+ .*)$", text):
        if direction == "output":
            lines.append("  attribute \\cxxrtl_sync 1")
        elif wire.endswith("\\clk"):
            lines.append('  attribute \\cxxrtl_edge "p"')
        lines.append(wire)
    return "\n".join([*lines, "end", ""])


def _blank(layer: LayerPlan) -> LanePlan:
    """Return a lane with empty memories."""
    return LanePlan(
        layer=layer.index,
        index=0,
        thresholds=np.zeros(layer.rows * layer.columns, np.int64),
        biases=np.zeros(layer.rows * layer.columns, np.int64),
        lengths=np.zeros(layer.n_sources, np.int64),
        places=np.zeros(0, np.int64),
        weights=np.zeros(0, np.int64),
    )


def _convert(component: Component, name: str, platform: object, *, reset_less: bool = False) -> str:
    wires = {
        port: (value, None) for port, (value, _) in ports(component.signature, component).items()
    }
    text: str = rtlil.convert(
        component,
        name=name,
        platform=platform,
        ports=wires,
        emit_src=False,
        missing_domain=lambda domain: ClockDomain(domain, reset_less=reset_less),
    )
    return text
