"""Clock cycles of the generated core, before and after pruning on chip, and the proof of them.

    python benchmarks/core.py [--json] [--quick] [--task digits|mnist] [--lanes N ...] [--seeds N]
                              [--program lif|ramp2] [--device DEVICE] [--root FOLDER] [--threads N]

Trains with the task's recipe, generates a core, runs the whole test set through it (CXXRTL), prunes
on chip, and runs it again. ``cycles_mean`` is the mean after pruning, with early exit, as the
hardware counted it, and ``cycles_saved`` the mean before over that; ``ratio_to_bound`` is over live
synaptic events / lanes + rows swept, of the busiest layer; ``mismatches`` counts every difference
from the integer simulator and the cycle model. ``--program ramp2`` trains a two-phase network with
linear values instead. --device adds what synthesis, place and route say of the pruned network, and
the time per inference. --quick does digits only, without place and route.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import firstspike as fs
from firstspike.train.recipes import recipe

LANES = (4, 8, 16)
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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    parser.add_argument("--quick", action="store_true", help="digits only, no place and route")
    parser.add_argument("--task", choices=("digits", "mnist"), default="digits")
    parser.add_argument("--program", choices=("lif", "ramp2"), default="lif")
    parser.add_argument("--lanes", type=int, nargs="+", default=LANES)
    parser.add_argument("--seeds", type=int, default=1, help="number of trained networks")
    parser.add_argument("--device", help="place and route for it, for example ecp5-25k")
    parser.add_argument("--root", help="folder with the files of MNIST")
    parser.add_argument("--threads", type=int, help="number of threads; default: all cores")
    options = parser.parse_args()
    if options.quick:
        options.task, options.device = "digits", None
    train = trained_lif if options.program == "lif" else trained_ramp2
    rows = []
    for seed in range(options.seeds):
        network, thresholds, batch, labels = train(
            options.task, seed, options.root, options.threads
        )
        samples = network.to_ticks(batch)
        for lanes in options.lanes:
            row = measure(network, thresholds, samples, labels, lanes, options)
            rows.append({"task": options.task, "program": options.program, "seed": seed} | row)
            show(json.dumps(rows[-1]))
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print(" ".join(f"{name:>{width}}" for name, width in COLUMNS.items()))
    for row in rows:
        print(" ".join(f"{text(row[name]):>{width}}" for name, width in COLUMNS.items()))


def text(value: object) -> str:
    """Return a cell of the table."""
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def load(task: str, root: str | None) -> tuple[fs.datasets.Dataset, fs.datasets.Dataset]:
    """Return training and test set."""
    if task == "mnist" and root is None and "FIRSTSPIKE_DATA" not in os.environ:
        beside = Path(__file__).parents[2] / "shared" / "data" / "mnist"
        root = str(beside) if beside.is_dir() else None
    return fs.datasets.load(task, root=root)


def trained_lif(
    task: str, seed: int, root: str | None, threads: int | None
) -> tuple[fs.IntegerNetwork, list[int], fs.SpikeBatch, np.ndarray]:
    """Train a causal network with its recipe; return it as integers, how to prune it, and data."""
    train, test = load(task, root)
    made = recipe(task)
    net = made.network(seed=seed)
    made.fit(net, train, seed=seed, threads=threads, progress=False)
    made.adapt(net, train, seed=seed, threads=threads, progress=False)
    network = made.quantize(net)
    levels = made.prune(network).meta["pruned_with_thresholds"]
    return network, levels, made.encoder(test.inputs), test.labels


def trained_ramp2(
    task: str, seed: int, root: str | None, _threads: int | None
) -> tuple[fs.IntegerNetwork, list[int], fs.SpikeBatch, np.ndarray]:
    """Train a two-phase network with the settings of benchmarks/two_phase.py."""
    import two_phase  # beside this file

    train, test = load(task, root)
    made = two_phase.SETTINGS[task][0]
    sizes = [train.n_features, *made.hidden, len(train.classes)]
    with tempfile.TemporaryDirectory() as folder:
        two_phase.measure(task, made, seed + 1, train, test, Path(folder))
        network = fs.IntegerNetwork.load(next(Path(folder).glob(f"*-{seed}.safetensors")))
    assert [network.n_sources, network.n_outputs] == [sizes[0], sizes[-1]]
    encoder = fs.encoders.Latency(t_max=network.ticks * network.tick_seconds)
    return network, [1] * len(network.layers), encoder(test.inputs), test.labels


def measure(
    network: fs.IntegerNetwork,
    thresholds: list[int],
    samples: fs.TickBatch,
    labels: np.ndarray,
    lanes: int,
    options: argparse.Namespace,
) -> dict[str, Any]:
    """Generate a core with so many lanes and verify it before and after pruning."""
    pruned = fs.prune(network, threshold=thresholds)
    with tempfile.TemporaryDirectory() as folder:
        made = fs.hdl.generate(network, Path(folder) / "core", lanes=lanes, thresholds=thresholds)
        report = fs.hdl.verify(
            made.path,
            samples,
            labels=labels,
            thresholds=thresholds,
            stalls=None,
            threads=options.threads,
        )
        plan = made.plan
        placed = on_device(pruned, lanes, plan, samples, folder, options)
    bound = mean_bound(pruned, plan, samples)
    fmax = placed["fmax_mhz"]
    return {
        "lanes": lanes,
        "columns": [layer.columns for layer in plan.layers],
        "device": options.device,
        "accuracy": report.accuracy_after,
        "accuracy_before": report.accuracy_before,
        "samples": report.samples,
        "mismatches": report.mismatches,
        "cycles_mean": report.cycles_after,
        "cycles_before": report.cycles_before,
        "cycles_saved": report.cycles_before / report.cycles_after,
        "bound": bound,
        "ratio_to_bound": report.cycles_after / bound,
        "us_per_inference": report.cycles_after / fmax if fmax else None,
        "synapses_total": report.synapses_total,
        "synapses_live": report.synapses_live,
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
    if options.device is None:
        return dict.fromkeys(("fmax_mhz", "lut", "ff", "bram"))
    from firstspike.hdl.report import report  # needs the tools of firstspike[synthesis]

    sweep = [layer.columns for layer in plan.layers]
    made = fs.hdl.generate(pruned, Path(folder) / "pruned", lanes=lanes, sweep=sweep)
    found = report(made.path, device=options.device, samples=samples[:100], threads=options.threads)
    clocks = sorted(found.fmax_mhz)
    return {
        "fmax_mhz": clocks[len(clocks) // 2] if clocks else None,
        "lut": found.lut,
        "ff": found.ff,
        "bram": found.bram,
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
            sweeps = last + 1
            if layer.window:
                sweeps += len(layer.window.thresholds) or 1
            events = lengths[sources[ticks <= last]].sum()
            bounds[sample, index] = events / layer.width + sweeps * layer.rows
    total = bounds.sum(axis=1) if plan.layers[0].window else bounds.max(axis=1)
    return float(total.mean())


def show(line: str) -> None:
    """Tell how it goes, beside the result."""
    print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
