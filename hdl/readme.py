"""The README of a generated core."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firstspike.hdl.plan import CorePlan, LayerPlan
    from firstspike.integer_network import IntegerNetwork

__all__ = ["readme"]

_TEXT = """# Time-to-first-spike core

Network {digest}, {sizes}, {ticks} ticks of {micro:g} microseconds, {synapses} synapses.

| file | what |
|---|---|
| `core.v` | module `core`, plain Verilog without vendor primitives; `$readmemh` fills memories |
| `layerN_laneM_*.mem` | memory images; keep them where the simulator or synthesis tool runs |
| `core.il` | the same core for Yosys (`read_rtlil`), without memory contents |
| `tb.v`, `tb_*.hex` | self-checking testbench: prints PASS or FAIL |
| `network.safetensors` | the integer network |
| `core.json` | ports, widths, layout, SHA-256 of every file |

## Use

One clock `clk`, a synchronous reset `rst` (active high). Streams move a payload in every cycle in
which `valid` and `ready` are both high. A sample is a row of tokens on `i`: `kind` in bits 1..0
(0 spike, 1 end of tick, 2 end of sample), the source above it. After {ticks} ends of a tick, or
earlier with `early_exit` high, one verdict comes out of `o`: neuron, tick, margin, tie, silent,
refused, lowest bits first. Tie `spikes_ready`, `o_ready` and `responses_ready` high if you do not
use back-pressure there. Prune between samples with a command: bits 1..0 zero, layer in 7..2,
threshold from bit 16 on; the response is the number of synapses dropped.

## Latency

A lane needs `sum over spikes of max(L, 1) + ticks * (rows + 2)` cycles, where `L` is the length of
the spike's segment in that lane; a layer takes as long as its busiest lane, and layers work at the
same time, one tick behind each other. Filling and draining add about ten cycles per layer.

| layer | sources | neurons | lanes | rows | synapses | busiest lane, all sources spiking |
|---|---|---|---|---|---|---|
{layers}

## Check

    iverilog -g2005 -o tb.vvp core.v tb.v && vvp -n tb.vvp
    verilator --binary --timing -Wno-fatal -Wno-lint --top-module tb core.v tb.v && ./obj_dir/Vtb
    firstspike hdl verify .

Icarus needs `-g2005`: with later language levels, some versions do not evaluate `always @*` at
time 0.
"""


def readme(network: IntegerNetwork, plan: CorePlan) -> str:
    """Return the text: what the core is, how long it takes, how to check it."""
    rows = [_row(layer) for layer in plan.layers]
    sizes = [plan.n_sources, *(layer.n_targets for layer in plan.layers)]
    return _TEXT.format(
        digest=plan.digest[:16],
        sizes="-".join(map(str, sizes)),
        ticks=plan.ticks,
        micro=network.tick_seconds * 1e6,
        synapses=plan.n_synapses,
        layers="\n".join(rows),
    )


def _row(layer: LayerPlan) -> str:
    synapses = max(int(lane.lengths.clip(1).sum()) for lane in layer.lanes)
    cells = (
        layer.index,
        layer.n_sources,
        layer.n_targets,
        len(layer.lanes),
        layer.rows,
        layer.n_synapses,
        f"{synapses} + ticks * {layer.rows + 2}",
    )
    return f"| {' | '.join(map(str, cells))} |"
