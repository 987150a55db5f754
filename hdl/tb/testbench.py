"""Writing the testbench: one fixed Verilog file with its parameters filled in, and its vectors."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from amaranth.hdl import Const

from firstspike._files import write_atomically
from firstspike.errors import ShapeError
from firstspike.hdl.cores.decision import output_spike, verdict
from firstspike.hdl.cores.steward import command
from firstspike.hdl.cores.tokens import Kind, token
from firstspike.hdl.cycles import pruning_cycles

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from amaranth.lib import data
    from numpy.typing import NDArray

    from firstspike.hdl.plan import CorePlan
    from firstspike.hdl.tb.vectors import Vectors
    from firstspike.integer_network import IntegerRun, TickBatch

__all__ = ["hex_words", "packed", "patience", "write_testbench"]

SPIKE, TICK, END = (Const.cast(kind).value for kind in (Kind.SPIKE, Kind.TICK, Kind.END))

#: Failures that are told one by one.
MOST_TOLD = 10

#: Port of the core to the testbench's signal.
CONNECTIONS = {
    "clk": "clk",
    "rst": "rst",
    "i_payload": "token",
    "i_valid": "token_valid",
    "i_ready": "token_ready",
    "o_payload": "verdict",
    "o_valid": "verdict_valid",
    "o_ready": "verdict_ready",
    "spikes_payload": "spike",
    "spikes_valid": "spike_valid",
    "spikes_ready": "spike_ready",
    "commands_payload": "command",
    "commands_valid": "command_valid",
    "commands_ready": "command_ready",
    "responses_payload": "response",
    "responses_valid": "response_valid",
    "responses_ready": "1'b1",
} | {
    name: name
    for name in (
        "early_exit",
        "busy",
        "denied",
        "locked",
        "image_valid",
        "stray",
        "inferences",
        "cycles",
        "added",
        "skipped",
        "live",
        "pruned",
    )
}


def write_testbench(
    directory: str | os.PathLike[str],
    plan: CorePlan,
    vectors: Vectors,
    *,
    module: str = "core",
) -> tuple[str, ...]:
    """Write ``tb.v`` and its vectors (``tb_*.hex``) beside an emitted core.

    The testbench is plain Verilog-2005 without names of other places, so it runs unchanged in
    Icarus Verilog and in Verilator; see `firstspike.hdl.tb.run_icarus` and `run_verilator`.

    Parameters
    ----------
    directory : path
        Where the core is. Each file appears complete or not at all.
    plan : CorePlan
        What the core was built from.
    vectors : Vectors
        Samples and expectations.
    module : str, default "core"
        Name of the core's Verilog module, whose ports are named like ``i_payload``.

    Returns
    -------
    tuple of str
        Names of the files written.

    Raises
    ------
    ShapeError
        If the vectors are not those of the plan's network.
    """
    if len(vectors.thresholds) != len(plan.layers):
        msg = f"vectors prune {len(vectors.thresholds)} layers, the core has {len(plan.layers)}"
        raise ShapeError(msg)
    if vectors.samples.n_sources != plan.n_sources:
        msg = f"vectors have {vectors.samples.n_sources} sources, the core has {plan.n_sources}"
        raise ShapeError(msg)
    words = _words(plan, vectors)
    template = resources.files("firstspike.hdl.tb").joinpath("testbench.v").read_text()
    connections = ",\n".join(f"    .{port}({wire})" for port, wire in CONNECTIONS.items())
    lines = "\n".join(
        f"  localparam {name} = {value};" for name, value in _parameters(plan, vectors).items()
    )
    text = (
        template.replace("@parameters@", lines)
        .replace("@module@", module)
        .replace("@connections@", connections)
    )
    files = {"tb.v": text} | {f"tb_{name}.hex": hex_words(list(w)) for name, w in words.items()}
    for name, content in files.items():
        write_atomically(Path(directory) / name, content.encode())
    return tuple(files)


def _parameters(plan: CorePlan, vectors: Vectors) -> dict[str, int]:
    spike, result = output_spike(plan), verdict(plan)
    n_spikes = sum(run.spikes(-1).batch.n_spikes for run in (vectors.before, vectors.after))
    return {
        "N_LAYERS": len(plan.layers),
        "N_SAMPLES": vectors.samples.n_samples,
        "N_TOKENS": _n_tokens(plan, vectors.samples),
        "N_SPIKES": max(1, n_spikes),
        "N_SYNAPSES": plan.n_synapses,
        "TOKEN_BITS": token(plan.n_sources).size,
        "SPIKE_BITS": spike.size,
        "SPIKE_TICK": spike["tick"].offset,
        "SPIKE_MARGIN": spike["margin"].offset,
        "VERDICT_BITS": result.size,
        "VERDICT_FLAGS": result["tie"].offset,
        "COMMAND_BITS": command.size,
        "COMMAND_LAYER": command["layer"].offset,
        "COMMAND_VALUE": command["value"].offset,
        "KIND_END": END,
        "PATIENCE": patience(plan),
        "MOST_TOLD": MOST_TOLD,
    }


def patience(plan: CorePlan) -> int:
    """Return more cycles than a whole sample, or pruning, can take."""
    ticks = plan.ticks * sum(layer.rows + 32 for layer in plan.layers)
    words = sum(len(layer.lanes) * layer.capacity for layer in plan.layers)
    spikes = 6 * words + sum(16 * layer.n_sources for layer in plan.layers)
    return 2 * (ticks + spikes + sum(map(pruning_cycles, plan.layers))) + 1000


def _words(plan: CorePlan, vectors: Vectors) -> dict[str, Iterable[int]]:
    runs = (vectors.before, vectors.after)
    starts, begin = [], 0
    for run in runs:
        offsets = run.spikes(-1).batch.offsets
        starts.append(begin + offsets)
        begin += int(offsets[-1])
    times = [
        (np.zeros_like(alone), alone) if stream is None else (stream.starts, stream.cycles)
        for alone, stream in zip(vectors.cycles, vectors.streams, strict=True)
    ]
    return {
        "tokens": _tokens(plan, vectors.samples),
        "spikes": [word for run in runs for word in _spikes(plan, run)] or [0],
        "first_spike": np.concatenate(starts).tolist(),
        "verdicts": [word for run in runs for word in _verdicts(plan, run)],
        "additions": [n for run in runs for n in run.counters.synaptic_adds.sum(axis=1).tolist()],
        "cycles": [n for _, cycles in times for n in cycles.tolist()],
        "starts": [n for starts, _ in times for n in starts.tolist()],
        "thresholds": vectors.thresholds,
        "dropped": vectors.dropped,
    }


def _n_tokens(plan: CorePlan, samples: TickBatch) -> int:
    return samples.n_spikes + samples.n_samples * (plan.ticks + 1)


def _tokens(plan: CorePlan, samples: TickBatch) -> list[int]:
    """Return spikes of tick 0, TICK, ..., spikes of the last tick, TICK, END of every sample."""
    at = token(plan.n_sources)["addr"].offset
    words = []
    for index in range(samples.n_samples):
        ticks, sources = samples.sample(index)
        ends = np.searchsorted(ticks, np.arange(plan.ticks), side="right")
        begin = 0
        for end in ends.tolist():
            words += [SPIKE | int(s) << at for s in sources[begin:end]]
            words.append(TICK)
            begin = end
        words.append(END)
    return words


def _spikes(plan: CorePlan, run: IntegerRun) -> list[int]:
    spikes = run.spikes(-1)
    return packed(
        output_spike(plan),
        neuron=spikes.batch.sources,
        tick=spikes.batch.ticks,
        margin=spikes.margins,
    )


def _verdicts(plan: CorePlan, run: IntegerRun) -> list[int]:
    return packed(
        verdict(plan),
        neuron=run.decisions,
        tick=run.ticks,
        margin=run.margins,
        tie=run.ties,
        silent=run.silent,
    )


def packed(layout: data.StructLayout, **fields: NDArray[np.generic]) -> list[int]:
    """Return one word per entry of the fields, which may be wider than any integer of numpy."""
    words = [0] * len(next(iter(fields.values())))
    for name, values in fields.items():
        field = layout[name]
        mask = (1 << field.width) - 1
        words = [
            word | (int(value) & mask) << field.offset
            for word, value in zip(words, values, strict=True)
        ]
    return words


def hex_words(words: list[int]) -> str:
    """Return words in the form that ``$readmemh`` reads."""
    return "".join(f"{word:x}\n" for word in words)
