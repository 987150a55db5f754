"""The README of a generated core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstspike.hdl.banks import DenseBank

if TYPE_CHECKING:
    from firstspike.hdl.boards.boards import Board
    from firstspike.hdl.plan import CorePlan, LayerPlan
    from firstspike.integer_network import IntegerNetwork

__all__ = ["readme"]

_TEXT = """# Time-to-first-spike core

Network {digest}, {sizes}, {ticks} ticks of {micro:g} microseconds, {synapses} synapses. Nothing
here needs Python, except the cocotb test.

| file | what |
|---|---|
| `rtl/core.v` | module `core`, plain Verilog without vendor primitives |
| `rtl/core_axi.v` | module `core_axi`: `core` behind AXI4-Stream and AXI4-Lite |
| `rtl/core_wishbone.v` | module `core_wishbone`: the same behind AXI4-Stream and Wishbone classic |
| `rtl/*.mem` | memory images for `$readmemh`; they must lie where the tools run |
| `rtl/core.il` | module `core` for Yosys (`read_rtlil`), without memory contents |
| `tb/tb.v`, `tb/tb_axi.v`, `tb/tb_wishbone.v` | testbenches that say PASS or FAIL |
| `tb/*.hex`, `tb/test_core_axi.py` | their vectors; a cocotb test of `core_axi` |
| `sw/ttfs_core.h` | registers, masks, and words as C |
| `sw/ttfs_driver.h`, `sw/ttfs_driver.c` | a small polled driver |
| `constraints/timing.*` | the clock, 100 MHz, for Lattice, SDC and Xilinx |
| `Makefile` | simulation, lint, synthesis with open tools |
| `firstspike_core.core` | FuseSoC: lint, sim, sim_axi, sim_wishbone, synth_ecp5, synth_vivado |
| `litex_ttfs.py` | LiteX module |
| `package_ip.tcl` | packages `core_axi` for Vivado; UNTESTED, nobody has run it there yet |
| `network.safetensors` | the integer network |
| `manifest.json` | ports, widths, layout, SHA-256 of every file |

## Buses

Samples are packets of 32-bit words on `s_axis`, results are packets of two words on `m_axis`; TLAST
ends a sample. A word has its kind in bits 2..0: 1 is a spike of the source in bits 30..3, 2 the end
of a tick, 0 nothing. A sample has up to {ticks} ticks. A result is {{3, neuron in 15..3, tick in
31..16}} and {{tie, silent, refused, signed margin in 31..3}}. `sw/ttfs_core.h` has the registers:
pruning thresholds and command, counters, the latest result, soft reset, early exit, the digest of
the network. A producer that misbehaves (missing TLAST, words of no meaning) sets flags in `status`
and spoils its own samples only.

## The core alone

One clock `clk`, a synchronous reset `rst` (active high). Streams move a payload in every cycle in
which `valid` and `ready` are both high. A sample is a row of tokens on `i`: `kind` in bits 1..0
(0 spike, 1 end of tick, 2 end of sample), the source above it. After {ticks} ends of a tick, or
earlier with `early_exit` high, one verdict comes out of `o`: neuron, tick, margin, tie, silent,
refused, lowest bits first. Tie `spikes_ready`, `o_ready` and `responses_ready` high if you do not
use back-pressure there. `manifest.json` lists all ports.

## Latency

A lane needs at most `sum over spikes of max(L, 1) + ticks * P` cycles, where `L` is the length of
the spike's segment in that lane (in a dense bank, the number of rows) and `P` the period of its
sweeps, which overlap with the arrivals of the next tick; a two-phase layer adds its firing. A layer
takes as long as its busiest lane.
Causal layers work at the same time, one tick behind each other; two-phase layers follow each other.
Filling and draining add about twenty cycles per layer. This is an upper bound: the register
`cycles` counts every sample, and the testbench compares the count. A shell adds two cycles on the
way in and one on the way out.

A layer takes the next sample `rows + 3` cycles after the end of the one before has left it, or a
verdict has stopped it, and the core works on two samples at most. So in a stream a sample may start
before the verdict on the one before; what it then waits for on its way counts among its cycles. The
testbench compares the start of every sample as well.

| layer | sources | neurons | bank | lanes | rows | synapses | busiest lane, all sources spiking |
|---|---|---|---|---|---|---|---|
{layers}

## Check

    make sim                     # Icarus Verilog: core and both buses, with and without stalls
    make verilator               # the same in Verilator
    make lint                    # Verilator's lint
    make cocotb                  # with cocotb 2 and Icarus Verilog
    make synth-ecp5              # with Yosys; also synth-ice40, synth-xilinx
    fusesoc --cores-root . run --target sim_axi firstspike_core
    firstspike hdl verify .      # whole data sets, refuses a core that was edited

Icarus needs `-g2005`: with later language levels, some versions do not evaluate `always @*` at
time 0.
"""


_BOARD = """
## On the board

`make bitstream` makes one for the {text}, with Yosys and nextpnr: `rtl/top.v` is `core_wishbone`
behind a serial line (115200 baud, 8N1, the protocol of LiteX's uartbone) at {megahertz:g} MHz, its
pins are in `constraints/{pins}`.
"""


def readme(network: IntegerNetwork, plan: CorePlan, board: Board | None = None) -> str:
    """Return the text: what the core is, how long it takes, how to check it."""
    rows = [_row(layer) for layer in plan.layers]
    sizes = [plan.n_sources, *(layer.n_targets for layer in plan.layers)]
    text = _TEXT.format(
        digest=plan.digest[:16],
        sizes="-".join(map(str, sizes)),
        ticks=plan.ticks,
        micro=network.tick_seconds * 1e6,
        synapses=plan.n_synapses,
        layers="\n".join(rows),
    )
    if board is None:
        return text
    return text + _BOARD.format(text=board.text, megahertz=board.megahertz, pins=board.pins)


def _row(layer: LayerPlan) -> str:
    synapses = max(int(lane.lengths.clip(1).sum()) for lane in layer.lanes)
    if isinstance(layer.bank, DenseBank):
        synapses = layer.capacity
    cells = (
        layer.index,
        layer.n_sources,
        layer.n_targets,
        layer.bank.name,
        layer.width,
        layer.rows,
        layer.n_synapses,
        f"{synapses} + ticks * {layer.period}{_firing(layer)}",
    )
    return f"| {' | '.join(map(str, cells))} |"


def _firing(layer: LayerPlan) -> str:
    if layer.window is None:
        return ""
    return f" + {layer.rows * (len(layer.window.thresholds) or 1) + layer.settling}"
