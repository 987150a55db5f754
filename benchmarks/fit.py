"""Cells of cores before and after synthesis, and the prices that lead from one to the other.

    python benchmarks/fit.py [--json] [--device DEVICE ...] [--cores N] [--measured FILE]

Synthesizes random cores of all neuron programs for each device, every fourth of them wide (16 lanes
of lists, or 16 to 48 columns of a dense bank), alone and once with shell and serial line, fits what
a bit of each kind of logic costs (least squares of relative errors, no price below zero), and
prints the table of `firstspike.hdl.fit.prices` and how far the estimate of each core is from
synthesis. Each core is estimated with prices fitted to the *others*, so no figure is of a core that
the fit has seen. --measured keeps what synthesis said in a file and continues from there.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from firstspike import IntegerNetwork
from firstspike.hdl.boards import DEVICES
from firstspike.hdl.build.images import core_images
from firstspike.hdl.build.netlist import core_rtlil
from firstspike.hdl.build.resources import synthesize
from firstspike.hdl.build.shells import harness_verilog, shell_verilog
from firstspike.hdl.build.verilog import core_verilog
from firstspike.hdl.fit import Estimator
from firstspike.hdl.fit.census import KINDS
from firstspike.hdl.fit.memories import stored_in
from firstspike.hdl.plan import CorePlan
from firstspike.testing import CELLS, random_network

#: The core that is also synthesized with its shell.
WITH_SHELL = 1
#: One core of so many is wide.
WIDE = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    parser.add_argument("--device", nargs="+", default=["ecp5-25k", "ice40-hx8k", "xc7"])
    parser.add_argument("--cores", type=int, default=12, help="random cores per device")
    parser.add_argument("--measured", type=Path, help="file to keep measurements in")
    options = parser.parse_args()
    rows = []
    for device in options.device:
        measured = [measure(number, device, options.measured) for number in range(options.cores)]
        table = prices(measured)
        for left_out, row in enumerate(measured):
            others = prices([*measured[:left_out], *measured[left_out + 1 :]])
            lut, ff = estimated(row, others)
            rows.append({"device": device, "core": left_out} | row["measured"])
            rows[-1] |= {"lut_estimated": round(lut), "ff_estimated": round(ff)}
            rows[-1] |= {"bram_estimated": row["blocks"]}
        if not options.json:
            show(device, table, rows[-len(measured) :])
    if options.json:
        print(json.dumps(rows, indent=2))


def core(number: int) -> tuple[IntegerNetwork, CorePlan]:
    """Return a random network and a plan for it, the programs in turn."""
    program, schedule = CELLS[number % len(CELLS)]
    rng = np.random.default_rng(number)
    if number % WIDE == WIDE - 1:
        return wide(number, rng)
    hidden = [int(rng.integers(8, 50)) for _ in range(1 + number % 2)]
    network = random_network(
        rng,
        program=program,
        schedule=schedule,
        sizes=[int(rng.integers(8, 200)), *hidden],
        ticks=int(rng.integers(4, 17)),
        density=float(rng.uniform(0.2, 1.0)),
    )
    lanes, sweep = rng.integers(1, 4, len(hidden)).tolist(), rng.choice([1, 1, 2, 4], len(hidden))
    return network, CorePlan.from_network(network, lanes=lanes, sweep=sweep.tolist())


def wide(number: int, rng: np.random.Generator) -> tuple[IntegerNetwork, CorePlan]:
    """Return a larger random network and a plan with a wide first layer, both banks in turn."""
    program, schedule = CELLS[number % len(CELLS)]
    dense = number // WIDE % 2 == 0
    lanes = int(rng.integers(16, 49)) if dense else 16
    network = random_network(
        rng,
        program=program,
        schedule=schedule,
        sizes=[100, int(rng.integers(64, 129)), 10],
        ticks=int(rng.integers(4, 17)),
        weight_bits=4,
    )
    banks = "dense" if dense else "list"
    return network, CorePlan.from_network(network, lanes=[lanes, 2], banks=banks)


def measure(number: int, device: str, file: Path | None) -> dict[str, Any]:
    """Return what a core consists of and what synthesis makes of it."""
    known = json.loads(file.read_text()) if file and file.exists() else {}
    _, plan = core(number)
    key = f"{device} {plan.digest}"
    if key not in known:
        known[key] = synthesized(plan, device, shell=number == WITH_SHELL)
        if file:
            file.write_text(json.dumps(known, indent=1))
    census = Estimator().core(plan)
    memories = [(stored_in(ram, DEVICES[device].family), n) for ram, n in census.rams.items()]
    return {
        "measured": known[key]["core"],
        "shell": known[key].get("shell"),
        "bits": [census.bits[kind] for kind in KINDS],
        "registers": census.bits["registers"],
        "memory_lut": sum(one.lut * n for one, n in memories),
        "memory_ff": sum(one.registers * n for one, n in memories),
        "blocks": sum(one.blocks * n for one, n in memories),
    }


def synthesized(plan: CorePlan, device: str, *, shell: bool) -> dict[str, Any]:
    """Return what synthesis says of a core, and of all that surrounds it."""
    target = DEVICES[device]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "core.v").write_text(core_verilog(core_rtlil(plan), plan))
        for image in core_images(plan):
            (folder / f"{image.name}.mem").write_text(image.text())
        alone = synthesize(folder, ["core.v"], "core", target, "netlist")
        found: dict[str, Any] = {"core": {"lut": alone.lut, "ff": alone.ff, "bram": alone.bram}}
        if shell:
            (folder / "core_wishbone.v").write_text(shell_verilog(plan, "wishbone"))
            (folder / "top.v").write_text(harness_verilog(plan, 25.0))
            sources = ["core.v", "core_wishbone.v", "top.v"]
            whole = synthesize(folder, sources, "top", target, "netlist")
            found["shell"] = {"lut": whole.lut - alone.lut, "ff": whole.ff - alone.ff}
    return found


def prices(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Fit the price of everything that is counted."""
    counts = [[*x["bits"], x["memory_lut"]] for x in rows]
    lut = fitted(counts, [x["measured"]["lut"] for x in rows])
    ff = fitted(
        [[x["registers"], x["memory_ff"]] for x in rows], [x["measured"]["ff"] for x in rows]
    )
    shells = [x["shell"] for x in rows if x["shell"]]
    shell = {f"shell_{name}": float(one[name]) for one in shells for name in ("lut", "ff")}
    names = [*KINDS, "memory_lut", "registers", "memory_ff"]
    return dict(zip(names, [*lut, *ff], strict=True)) | shell


def fitted(counts: list[list[int]], results: list[int]) -> list[float]:
    """Return prices, none below zero, with the least squares of relative errors."""
    matrix = np.array(counts, float) / np.array(results, float)[:, None]
    used = np.arange(matrix.shape[1])
    while True:
        found = np.linalg.lstsq(matrix[:, used], np.ones(len(results)), rcond=None)[0]
        if (found >= 0).all():
            break
        used = np.delete(used, int(found.argmin()))
    result = np.zeros(matrix.shape[1])
    result[used] = found
    return result.round(3).tolist()


def estimated(row: dict[str, Any], table: dict[str, float]) -> tuple[float, float]:
    """Return look-up tables and flip-flops of a core without its shell."""
    lut = sum(table[kind] * n for kind, n in zip(KINDS, row["bits"], strict=True))
    lut += table["memory_lut"] * row["memory_lut"]
    return lut, table["registers"] * row["registers"] + table["memory_ff"] * row["memory_ff"]


def show(device: str, table: dict[str, float], rows: list[dict[str, Any]]) -> None:
    """Print the table and the errors."""
    print(f'"{DEVICES[device].family}": {json.dumps(table, indent=4)},')
    print("core     LUT  estimate         FF  estimate      block RAM  estimate")
    for row in rows:
        parts = [f"{row['core']:4}"]
        for name, width in (("lut", 7), ("ff", 7)):
            error = row[f"{name}_estimated"] / row[name] - 1
            parts.append(f"{row[name]:{width}} {row[f'{name}_estimated']:6} ({error:+.1%})")
        print("  ".join(parts), f"{row['bram']:8} {row['bram_estimated']:8}")
    for name in ("lut", "ff"):
        errors = [abs(row[f"{name}_estimated"] / row[name] - 1) for row in rows]
        print(f"{name}: mean error {np.mean(errors):.1%}, largest {max(errors):.1%}")
    wrong = sum(row["bram"] != row["bram_estimated"] for row in rows)
    print(f"block RAM: {wrong} of {len(rows)} wrong", flush=True)


if __name__ == "__main__":
    main()
