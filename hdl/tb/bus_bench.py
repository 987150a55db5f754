"""Writing the testbenches of a core behind a bus: the same samples, as packets of words."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
from amaranth.hdl import Const

from firstspike.hdl.bus.core_map import core_registers
from firstspike.hdl.bus.words import MARGIN, RESULT, WORD_IN, Word
from firstspike.hdl.tb.testbench import hex_words, packed, patience

if TYPE_CHECKING:
    from firstspike.hdl.plan import CorePlan
    from firstspike.hdl.tb.vectors import Vectors
    from firstspike.integer_network import IntegerRun, TickBatch

__all__ = ["BUSES", "bus_testbench", "bus_vectors"]

#: Buses, and what people call them.
BUSES = {"axi": "AXI4-Lite", "wishbone": "Wishbone"}

_CLOCKS = {"axi": "    .aclk(clk), .aresetn(!rst),", "wishbone": "    .clk(clk), .rst(rst),"}

#: Registers that the testbench knows by name.
_NAMES = ("id", "network0", "status", "threshold", "prune", "response", "live", "pruned")


def bus_testbench(plan: CorePlan, vectors: Vectors, bus: str) -> str:
    """Return the testbench of ``core_axi`` or ``core_wishbone``."""
    folder = resources.files("firstspike.hdl.tb")
    text = folder.joinpath("testbench_bus.v").read_text()
    wires, _, rest = folder.joinpath(f"bus_{bus}.v").read_text().partition("//ports\n")
    ports, _, tasks = rest.partition("//tasks\n")
    filled = {
        "parameters": _parameters(plan, vectors),
        "title": f"AXI4-Stream and {BUSES[bus]}",
        "bus": bus,
        "clocks": _CLOCKS[bus],
        "wires": wires.rstrip("\n"),
        "ports": ports.rstrip("\n"),
        "tasks": tasks.rstrip("\n"),
    }
    for name, value in filled.items():
        text = text.replace(f"@{name}@", value)
    return text


def bus_vectors(plan: CorePlan, vectors: Vectors) -> dict[str, str]:
    """Return the files of words to send and of results to expect, by name."""
    results = [word for run in (vectors.before, vectors.after) for word in _results(run)]
    return {
        "tb_words.hex": hex_words(_words(plan, vectors.samples)),
        "tb_results.hex": hex_words(results),
    }


def _parameters(plan: CorePlan, vectors: Vectors) -> str:
    registers = core_registers(plan)
    numbers = {
        "N_LAYERS": len(plan.layers),
        "N_SAMPLES": vectors.samples.n_samples,
        "N_WORDS": vectors.samples.n_spikes + vectors.samples.n_samples * plan.ticks,
        "N_SYNAPSES": plan.n_synapses,
        "PATIENCE": patience(plan),
    }
    values = {name: str(value) for name, value in numbers.items()}
    values |= {name.upper(): f"12'h{registers[name].offset:03x}" for name in _NAMES}
    values["INFERENCES"] = f"12'h{registers['inferences'].offset:03x}"
    values["IDENTITY"] = f"32'h{registers['id'].fields[0].reset:08x}"
    values["DIGEST"] = f"256'h{plan.digest}"
    lines = []
    for name, value in values.items():
        width = "[255:0] " if name == "DIGEST" else ""
        lines.append(f"  localparam {width}{name} = {value};")
    return "\n".join(lines)


def _words(plan: CorePlan, samples: TickBatch) -> list[int]:
    """Return the words of all samples; the last one of each is a TICK and carries the mark."""
    last = 1 << 32
    at = WORD_IN["source"].offset
    spike, tick_word = (Const.cast(kind).value for kind in (Word.SPIKE, Word.TICK))
    words = []
    for index in range(samples.n_samples):
        ticks, sources = samples.sample(index)
        ends = np.searchsorted(ticks, np.arange(plan.ticks), side="right")
        begin = 0
        for end in ends.tolist():
            words += [spike | int(source) << at for source in sources[begin:end]]
            words.append(tick_word)
            begin = end
        words[-1] |= last
    return words


def _results(run: IntegerRun) -> list[int]:
    most = (1 << MARGIN["margin"].width - 1) - 1
    kind = np.full(run.n_samples, Const.cast(Word.RESULT).value)
    first = packed(RESULT, kind=kind, neuron=run.decisions, tick=run.ticks)
    second = packed(MARGIN, tie=run.ties, silent=run.silent, margin=run.margins.clip(~most, most))
    return [word for pair in zip(first, second, strict=True) for word in pair]
