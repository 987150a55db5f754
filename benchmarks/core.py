"""Clock cycles of the generated core, before and after pruning on chip, and the proof of them.

    python benchmarks/core.py [--json] [--quick] [--task digits|mnist ...] [--program PROGRAM ...]
                              [--lanes N ...] [--seeds N] [--device DEVICE] [--networks FOLDER]
                              [--rows FILE] [--most N] [--root FOLDER] [--threads N]

Trains a network per task, program and seed (see benchmarks/core_networks.py), generates a core,
runs the whole test set through it (CXXRTL) with early exit, prunes on chip, and runs it again; the
first 1000 samples (--most) also without early exit. ``cycles_mean`` is the mean after pruning, with
early exit, as the hardware counted it, and ``cycles_saved`` the mean before over that;
``ratio_to_bound`` is over live synaptic events / lanes + rows swept, of the busiest layer;
``mismatches`` counts every difference from the integer simulator and the cycle model.

--device (ecp5-25k by default, or none) is what the pruned network is synthesized, placed and routed
for with three seeds, minutes per row, which also gives the time per inference; ``lut``, ``ff`` and
``bram`` are of the core alone, ``pruning`` those that are there because it can prune itself; null
where the tools are missing or the core does not fit. --quick does digits only, without place and
route. --networks keeps trained networks in a folder and takes them from there; --rows appends every
row to a file and leaves out what is already in it, so that a long run can be taken up again.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from core_cases import Case, cases, parser_for, run, show

import firstspike as fs
from firstspike.errors import ToolError
from firstspike.hdl.plan import LayerPlan
from firstspike.hdl.tb.samples import chosen_samples

KEY = ("task", "program", "seed", "lanes", "device")
COLUMNS = {
    "task": 7,
    "program": 8,
    "lanes": 5,
    "accuracy": 8,
    "samples": 7,
    "mismatches": 10,
    "cycles_mean": 11,
    "ratio_to_bound": 14,
    "cycles_saved": 12,
    "fmax_mhz": 8,
    "us_per_inference": 16,
}


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--quick", action="store_true", help="digits only, no place and route")
    parser.add_argument("--seeds", type=int, default=1, help="number of trained networks")
    parser.add_argument("--device", default="ecp5-25k", help="what to place and route for, or none")
    parser.add_argument("--most", type=int, default=1000, help="samples without early exit; 0: all")
    parser.add_argument("--rows", type=Path, help="file of rows to add to")
    options = parser.parse_args()
    if options.quick:
        options.task, options.device = ["digits"], None
    if options.device == "none":
        options.device = None
    run(options, measured, COLUMNS)


def measured(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Return one row per task, program, seed and number of lanes; those in the file as they are."""
    known = []
    if options.rows and options.rows.exists():
        known = [json.loads(line) for line in options.rows.read_text().splitlines()]
    for case in cases(options, options.seeds):
        for lanes in options.lanes:
            key = (case.task, case.program, case.seed, lanes, options.device)
            same = [row for row in known if tuple(row[name] for name in KEY) == key]
            if same:
                yield same[-1]
                continue
            row = dict(zip(KEY, key, strict=True)) | measure(case, lanes, options)
            show(json.dumps(row))
            if options.rows:
                with options.rows.open("a") as file:
                    file.write(json.dumps(row) + "\n")
            yield row


def measure(case: Case, lanes: int, options: argparse.Namespace) -> dict[str, Any]:
    """Generate a core with so many lanes and verify it before and after pruning."""
    made, pruned, samples = case.made, case.pruned, case.samples()
    with tempfile.TemporaryDirectory() as folder:
        bundle = fs.hdl.generate(
            made.network, Path(folder) / "core", lanes=lanes, thresholds=made.thresholds
        )
        report = fs.hdl.verify(
            bundle.path,
            samples,
            labels=case.labels,
            thresholds=made.thresholds,
            stalls=None,
            most=options.most or None,
            threads=options.threads,
        )
        plan = bundle.plan
        placed = on_device(pruned, lanes, plan, samples, folder, options)
    bound = mean_bound(pruned, plan, samples)
    fmax = placed["fmax_mhz"]
    return {
        "columns": [layer.columns for layer in plan.layers],
        "accuracy": report.accuracy_after,
        "accuracy_before": report.accuracy_before,
        "samples": report.samples,
        "mismatches": report.mismatches,
        "findings": report.findings,
        "cycles_mean": report.cycles_after,
        "cycles_before": report.cycles_before,
        "cycles_saved": report.cycles_before / report.cycles_after,
        "bound": bound,
        "ratio_to_bound": report.cycles_after / bound,
        "us_per_inference": report.cycles_after / fmax if fmax else None,
        "synapses_total": report.synapses_total,
        "synapses_live": report.synapses_live,
        "clock_cycles": report.clock_cycles,
        "build_seconds": report.build_seconds,
        "verify_seconds": report.build_seconds + report.run_seconds,
        "engine": report.engine,
    } | placed


def on_device(
    pruned: fs.IntegerNetwork,
    lanes: int,
    plan: fs.hdl.CorePlan,
    samples: fs.TickBatch,
    folder: str,
    options: argparse.Namespace,
) -> dict[str, Any]:
    """Return cells and the median clock of a core that is generated pruned."""
    nothing = dict.fromkeys(("fmax_mhz", "fmax_seeds", "lut", "ff", "bram", "pruning"))
    if options.device is None:
        return nothing
    from firstspike.hdl.report import report  # needs the tools of firstspike[synthesis]

    sweep = [layer.columns for layer in plan.layers]
    made = fs.hdl.generate(pruned, Path(folder) / "pruned", lanes=lanes, sweep=sweep)
    few = chosen_samples(samples, 100)
    try:
        found = report(made.path, device=options.device, samples=few, threads=options.threads)
    except ToolError as missing:
        show(f"no place and route: {missing}")
        return nothing
    clocks = sorted(found.fmax_mhz)
    return {
        "fmax_mhz": clocks[len(clocks) // 2] if clocks else None,
        "fmax_seeds": found.fmax_mhz,
        "lut": found.lut,
        "ff": found.ff,
        "bram": found.bram,
        "pruning": found.pruning,
    }


def mean_bound(network: fs.IntegerNetwork, plan: fs.hdl.CorePlan, samples: fs.TickBatch) -> float:
    """Return the mean over samples of synaptic events over lanes, plus one cycle per row swept.

    Of the busiest layer, for causal layers work at the same time; two-phase layers wait for each
    other, so there it is the sum.
    """
    run = network.simulate(samples, record=True)
    bounds = np.zeros((samples.n_samples, len(plan.layers)))
    for index, layer in enumerate(plan.layers):
        arrivals = samples if index == 0 else run.layers[index - 1].batch
        lists = network.layers[index].connectivity.to_lists()
        lengths = np.bincount(lists.sources, minlength=layer.n_sources)
        for sample in range(samples.n_samples):
            ticks, sources = arrivals.sample(sample)
            last = network.ticks - 1 if layer.window else int(run.ticks[sample])
            swept = (last + 1) * layer.rows
            if layer.window:
                fired = run.layers[index].batch.sample(sample)[1]
                swept += compared_rows(layer, fired)
            events = lengths[sources[ticks <= last]].sum()
            bounds[sample, index] = events / layer.width + swept
    total = bounds.sum(axis=1) if plan.layers[0].window else bounds.max(axis=1)
    return float(total.mean())


def compared_rows(layer: LayerPlan, fired: np.ndarray) -> int:
    """Return how many rows the busiest lane compares while a two-phase layer fires."""
    times = len(layer.window.thresholds) or 1
    if not layer.skips:
        return times * layer.rows
    stride = len(layer.lanes)
    places = np.unique(np.stack([fired % stride, fired // stride // layer.columns]), axis=1)
    busiest = np.bincount(places[0], minlength=stride).max()
    return layer.rows + (times - 1) * max(1, int(busiest))


if __name__ == "__main__":
    main()
