"""Test accuracy of the recipes: in floating point, as integers, and pruned.

    python benchmarks/accuracy.py [--json] [--quick] [--task digits|yin_yang|mnist|fashion_mnist]
                                  [--seeds N] [--root FOLDER] [--threads N]

Every seed trains a network from scratch on the whole training set, measures it on the test set,
makes it sparse and rounded, turns it into integers, measures those, prunes, and measures again.
The integer figures come from the integer simulator. All are per cent; ``std`` is over the seeds.
MNIST and Fashion-MNIST are read from --root, else from where `firstspike.datasets` finds them.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import firstspike as fs
from firstspike.train import evaluate
from firstspike.train.recipes import RECIPES, recipe

#: Seeds of the published figures; one seed each with --quick.
SEEDS = {"digits": 5, "yin_yang": 5, "mnist": 3, "fashion_mnist": 3}
DEFAULT = ("digits", "yin_yang", "mnist")
QUICK = ("digits", "yin_yang")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    parser.add_argument("--quick", action="store_true", help="one seed, embedded data only")
    parser.add_argument("--task", choices=RECIPES, action="append", help="only this task")
    parser.add_argument("--seeds", type=int, help="number of seeds")
    parser.add_argument("--root", help="folder with the files of MNIST or Fashion-MNIST")
    parser.add_argument("--threads", type=int, help="number of threads; default: all cores")
    options = parser.parse_args()
    rows = []
    for task in options.task or (QUICK if options.quick else DEFAULT):
        seeds = options.seeds or (1 if options.quick else SEEDS[task])
        rows.append(measure(task, seeds, options.root, options.threads))
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    heads = ("task", "network", "seeds", "float", "integer", "pruned", "dropped", "ties", "silent")
    print("{:13} {:>11} {:>5} {:>14} {:>14} {:>14} {:>8} {:>6} {:>6}".format(*heads))
    for row in rows:
        print(
            f"{row['task']:13} {row['network']:>11} {row['seeds']:>5} "
            f"{spread(row['float']):>14} {spread(row['integer']):>14} {spread(row['pruned']):>14} "
            f"{row['dropped']['mean']:>8.1f} {row['tie_rate']['mean']:>6.2f} "
            f"{row['silent_rate']['mean']:>6.2f}"
        )
        print(f"    {row['command']}   ({row['seconds_per_seed']:.0f} s per seed)")


def measure(task: str, n_seeds: int, root: str | None, threads: int | None) -> dict[str, Any]:
    """Run one recipe with seeds 0 .. n_seeds - 1."""
    train, test = load(task, root)
    began = time.perf_counter()
    runs = []
    for seed in range(n_seeds):
        runs.append(one_run(task, train, test, seed, threads))
        show(f"{task} seed {seed}: {json.dumps(runs[-1])}")
    made = recipe(task)
    row: dict[str, Any] = {
        "task": task,
        "network": "-".join(str(n) for n in (made.layers[0].n_in, *(x.n_out for x in made.layers))),
        "weight_bits": made.weight_bits,
        "ticks": made.ticks,
        "seeds": n_seeds,
    }
    for name in runs[0]:
        values = np.array([run[name] for run in runs])
        row[name] = {
            "mean": float(values.mean()),
            "std": float(values.std(ddof=1)) if n_seeds > 1 else None,
            "values": values.tolist(),
        }
    row["seconds_per_seed"] = (time.perf_counter() - began) / n_seeds
    row["command"] = f"python benchmarks/accuracy.py --task {task} --seeds {n_seeds}"
    return row


def one_run(
    task: str, train: fs.datasets.Dataset, test: fs.datasets.Dataset, seed: int, threads: int | None
) -> dict[str, float]:
    """Train, adapt, quantise and prune one network; figures in per cent."""
    made = recipe(task)
    spikes = made.encoder(test.inputs)
    net = made.network(seed=seed)
    made.fit(net, train, seed=seed, threads=threads, progress=False)
    in_float = evaluate(net, spikes, test.labels, threads=threads)
    made.adapt(net, train, seed=seed, threads=threads, progress=False)
    network = made.quantize(net)
    pruned = made.prune(network)
    run = network.simulate(spikes, threads=threads)
    left = pruned.simulate(spikes, threads=threads)
    return {
        "float": 100 * in_float.accuracy,
        "integer": 100 * run.accuracy(test.labels),
        "pruned": 100 * left.accuracy(test.labels),
        "dropped": 100 * (1 - pruned.n_synapses / network.n_synapses),
        "tie_rate": 100 * left.tie_rate,
        "silent_rate": 100 * left.silent_rate,
        "decision_tick": float(left.ticks.mean()),
        "float_silent_rate": 100 * in_float.silent_rate,
        "float_spikes_per_neuron": in_float.spikes_per_neuron,
    }


def load(task: str, root: str | None) -> tuple[fs.datasets.Dataset, fs.datasets.Dataset]:
    """Load a data set, from `root` where it has files."""
    if task in ("digits", "yin_yang"):
        return fs.datasets.load(task)
    if root is None and "FIRSTSPIKE_DATA" not in os.environ:
        beside = Path(__file__).parents[2] / "shared" / "data" / task.replace("_", "-")
        root = str(beside) if beside.is_dir() else None
    return fs.datasets.load(task, root=root)


def spread(figure: dict[str, Any]) -> str:
    """Mean and standard deviation as text."""
    tail = "" if figure["std"] is None else f" ± {figure['std']:.2f}"
    return f"{figure['mean']:.2f}{tail}"


def show(text: str) -> None:
    """Tell progress on standard error."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
