"""Clock cycles of the generated core before and after pruning on chip, and the proof of them.

    python benchmarks/core.py [--json] [--quick] [--task digits|mnist] [--lanes N ...] [--seeds N]
                              [--root FOLDER] [--threads N]

Trains with the task's recipe, generates a core, runs the whole test set through it (CXXRTL), prunes
on chip, and runs it again. ``before`` and ``after`` are mean cycles per inference with early exit,
as the hardware counted them; ``bound`` is what the busiest lane of the busiest layer cannot avoid,
max(L, 1) cycles per spike and rows + 2 per tick; ``mismatches`` counts every difference from the
integer simulator and the cycle model. --quick verifies 50 samples instead of all.
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
QUICK_SAMPLES = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    parser.add_argument("--quick", action="store_true", help="verify 50 samples only")
    parser.add_argument("--task", choices=("digits", "mnist"), default="digits")
    parser.add_argument("--lanes", type=int, nargs="+", default=LANES)
    parser.add_argument("--seeds", type=int, default=1, help="number of trained networks")
    parser.add_argument("--root", help="folder with the files of MNIST")
    parser.add_argument("--threads", type=int, help="number of threads; default: all cores")
    options = parser.parse_args()
    rows = []
    for seed in range(options.seeds):
        network, pruned, batch, labels = trained(options.task, seed, options.root, options.threads)
        if options.quick:
            batch, labels = batch[:QUICK_SAMPLES], labels[:QUICK_SAMPLES]
        samples = network.to_ticks(batch)
        for lanes in options.lanes:
            rows.append(measure(network, pruned, samples, labels, lanes, options.threads))
            rows[-1] |= {"task": options.task, "seed": seed}
            show(json.dumps(rows[-1]))
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    heads = ("task", "seed", "lanes", "before", "after", "ratio", "bound", "of bound", "mismatches")
    print("{:7} {:>4} {:>5} {:>8} {:>8} {:>6} {:>8} {:>8} {:>10}".format(*heads))
    for row in rows:
        print(
            f"{row['task']:7} {row['seed']:>4} {row['lanes']:>5} {row['cycles_before']:>8.1f} "
            f"{row['cycles_after']:>8.1f} {row['ratio']:>6.2f} {row['bound_after']:>8.1f} "
            f"{row['of_bound']:>8.2f} {row['mismatches']:>10}"
        )


def trained(
    task: str, seed: int, root: str | None, threads: int | None
) -> tuple[fs.IntegerNetwork, fs.IntegerNetwork, fs.SpikeBatch, np.ndarray]:
    """Train one network and return it as integers, pruned, and the encoded test set."""
    if task == "mnist" and root is None and "FIRSTSPIKE_DATA" not in os.environ:
        beside = Path(__file__).parents[2] / "shared" / "data" / "mnist"
        root = str(beside) if beside.is_dir() else None
    train, test = fs.datasets.load(task, root=root)
    made = recipe(task)
    net = made.network(seed=seed)
    made.fit(net, train, seed=seed, threads=threads, progress=False)
    made.adapt(net, train, seed=seed, threads=threads, progress=False)
    network = made.quantize(net)
    return network, made.prune(network), made.encoder(test.inputs), test.labels


def measure(
    network: fs.IntegerNetwork,
    pruned: fs.IntegerNetwork,
    samples: fs.TickBatch,
    labels: np.ndarray,
    lanes: int,
    threads: int | None,
) -> dict[str, Any]:
    """Generate a core with so many lanes and verify it before and after pruning."""
    levels = pruned.meta["pruned_with_thresholds"]
    with tempfile.TemporaryDirectory() as folder:
        made = fs.hdl.generate(network, Path(folder) / "core", lanes=lanes, thresholds=levels)
        report = fs.hdl.verify(
            made.path, samples, labels=labels, thresholds=levels, stalls=None, threads=threads
        )
        plan = made.plan
    bound = mean_bound(pruned, plan, samples)
    return {
        "lanes": lanes,
        "columns": [layer.columns for layer in plan.layers],
        "samples": report.samples,
        "synapses_total": report.synapses_total,
        "synapses_live": report.synapses_live,
        "accuracy_before": report.accuracy_before,
        "accuracy_after": report.accuracy_after,
        "cycles_before": report.cycles_before,
        "cycles_after": report.cycles_after,
        "ratio": report.cycles_before / report.cycles_after,
        "bound_after": bound,
        "of_bound": report.cycles_after / bound,
        "mismatches": report.mismatches,
        "engine": report.engine,
    }


def mean_bound(network: fs.IntegerNetwork, plan: fs.hdl.CorePlan, samples: fs.TickBatch) -> float:
    """Return the mean over samples of what the busiest lane of any layer has to do."""
    run = network.simulate(samples, record=True)
    bounds = np.zeros((samples.n_samples, len(plan.layers)))
    for index, layer in enumerate(plan.layers):
        arrivals = samples if index == 0 else run.spikes(index - 1).batch
        lengths = np.zeros((layer.n_sources, len(layer.lanes)), np.int64)
        lists = network.layers[index].connectivity.to_lists()
        np.add.at(lengths, (lists.sources, lists.targets % len(layer.lanes)), 1)
        for sample in range(samples.n_samples):
            ticks, sources = arrivals.sample(sample)
            in_time = sources[ticks <= run.ticks[sample]]
            walks = np.maximum(lengths[in_time], 1).sum(axis=0)
            sweeps = (run.ticks[sample] + 1) * (layer.rows + 2)
            bounds[sample, index] = walks.max(initial=0) + sweeps
    return float(bounds.max(axis=1).mean())


def show(text: str) -> None:
    """Tell how it goes, beside the result."""
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
