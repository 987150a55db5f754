"""What the C interface of a compiled model has to know of its core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Shape

from firstspike.hdl.cores.decision import output_spike, verdict
from firstspike.hdl.cores.steward import Command, command
from firstspike.hdl.cores.tokens import Kind

if TYPE_CHECKING:
    from amaranth.lib.data import StructLayout

    from firstspike.hdl.plan import CorePlan

__all__ = ["interface"]


def interface(plan: CorePlan) -> dict[str, str]:
    """Return sizes, numbers of commands and tokens, and layouts of records, as texts of C++."""
    work = 1000
    for layer in plan.layers:
        synapses = layer.capacity + 8 * layer.n_sources
        work += 4 * synapses + plan.ticks * (layer.rows + layer.n_targets + 20)
    numbers = {
        "n_sources": plan.n_sources,
        "n_outputs": plan.n_outputs,
        "ticks": plan.ticks,
        "n_layers": len(plan.layers),
        "limit": 20 * work,
    }
    numbers |= {one.name: one.value for one in (*Command, *Kind)}
    numbers |= {f"{name}_at": field.offset for name, field in command}
    return {name: str(number) for name, number in numbers.items()} | {
        "verdict": _fields(verdict(plan)),
        "spike": _fields(output_spike(plan)),
    }


def _fields(layout: StructLayout) -> str:
    lines = []
    for name, field in layout:
        shape = Shape.cast(field.shape)
        sign = str(shape.signed).lower()
        lines.append(f"constexpr Field {name.upper()}{{{field.offset}, {shape.width}, {sign}}};")
    return "\n".join(lines)
