"""Accuracy of two-phase networks trained for the integers they become.

    python benchmarks/two_phase.py [--json] [--quick] [--task digits|mnist] [--seeds N]
                                   [--hidden N] [--root FOLDER] [--save FOLDER]

Every seed trains from scratch on the whole training set, the second half of the epochs on the clock
and with rounded weights, and is measured on the test set by the integer simulator. All settings
were chosen on the last 5,000 training images of MNIST. Figures are per cent; ``std`` is over the
seeds. *events* is the mean number of input spikes: pixels above the threshold of the encoder.

The smaller network of MNIST is the fast one on hardware: faint pixels do not spike, there are fewer
ticks and fewer neurons. What that costs is won back by training on every image in five places, as
it is and moved by one pixel up, down, left and right.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

import firstspike as fs
from firstspike.train import EpochRecord
from firstspike.two_phase import TWO_PHASE_RECIPES, TwoPhaseNetwork, TwoPhaseRecipe

SEEDS = {"digits": 5, "mnist": 3}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    parser.add_argument("--quick", action="store_true", help="one seed, embedded data only")
    parser.add_argument("--task", choices=SEEDS, action="append", help="only this task")
    parser.add_argument("--seeds", type=int, help="number of seeds")
    parser.add_argument("--hidden", type=int, help="only networks with so many hidden neurons")
    parser.add_argument("--root", help="folder with the files of MNIST")
    parser.add_argument("--save", type=Path, help="folder to keep the integer networks in")
    options = parser.parse_args()
    rows = []
    for task in options.task or (["digits"] if options.quick else list(SEEDS)):
        seeds = options.seeds or (1 if options.quick else SEEDS[task])
        data = load(task, options.root)
        rows += [
            measure(made, seeds, *data, options.save)
            for made in TWO_PHASE_RECIPES.values()
            if made.data == task and options.hidden in (None, hidden(made))
        ]
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    heads = ("task", "network", "code", "bits", "ticks", "seeds", "float", "integer")
    heads = (*heads, "spikes", "events")
    print("{:8} {:>11} {:>16} {:>4} {:>5} {:>5} {:>14} {:>14} {:>8} {:>7}".format(*heads))
    for row in rows:
        print(
            f"{row['task']:8} {row['network']:>11} {row['code']:>16} {row['weight_bits']:>4} "
            f"{row['ticks']:>5} {row['seeds']:>5} {spread(row['float']):>14} "
            f"{spread(row['integer']):>14} {row['spikes_per_neuron']['mean']:>8.2f} "
            f"{row['events']['mean']:>7.1f}"
        )


def hidden(made: TwoPhaseRecipe) -> int:
    """Return the number of hidden neurons."""
    return sum(made.sizes[1:-1])


def measure(
    made: TwoPhaseRecipe,
    n_seeds: int,
    data: fs.datasets.Dataset,
    test: fs.datasets.Dataset,
    folder: Path | None,
) -> dict[str, Any]:
    """Train by one recipe with seeds 0 .. n_seeds - 1."""
    runs = []
    for seed in range(n_seeds):
        runs.append(one_run(made, data, test, seed, folder))
        print(f"{made.task} seed {seed}: {json.dumps(runs[-1])}", file=sys.stderr, flush=True)
    row: dict[str, Any] = {
        "task": made.data,
        "recipe": made.task,
        "network": "-".join(map(str, made.sizes)),
        "code": f"1/{made.code.ticks_per_octave} octave" if made.code else "linear",
        "weight_bits": made.weight_bits,
        "ticks": made.ticks,
        "seeds": n_seeds,
    }
    for name in runs[0]:
        values = np.array([run[name] for run in runs])
        std = float(values.std(ddof=1)) if n_seeds > 1 else None
        row[name] = {"mean": float(values.mean()), "std": std, "values": values.tolist()}
    chosen = f"--task {made.data} --hidden {hidden(made)} --seeds {n_seeds}"
    row["command"] = f"python benchmarks/two_phase.py {chosen}"
    return row


def one_run(
    made: TwoPhaseRecipe,
    data: fs.datasets.Dataset,
    test: fs.datasets.Dataset,
    seed: int,
    folder: Path | None,
) -> dict[str, float]:
    """Train one network and turn it into integers; accuracies in per cent."""
    net = made.network(seed=seed)
    spikes = test.encode(made.encoder(net))
    before = []

    def last_float(record: EpochRecord, net: TwoPhaseNetwork) -> None:
        if record.epoch == made.epochs // 2 - 1:
            before.append(net.accuracy(spikes, test.labels))

    history = made.fit(net, data, seed=seed, callbacks=[last_float], progress=False)
    network = made.integer(net, seed=seed)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        network.save(folder / f"{made.task}-{seed}.safetensors")
    run = network.simulate(spikes)
    return {
        "float": 100 * before[0],
        "integer": 100 * run.accuracy(test.labels),
        "tie_rate": 100 * run.tie_rate,
        "zero_weights": 100 * history.last.sparsity,
        "spikes_per_neuron": history.last.spikes_per_neuron,
        "events": float(np.diff(spikes.offsets).mean()),
    }


def load(task: str, root: str | None) -> tuple[fs.datasets.Dataset, fs.datasets.Dataset]:
    """Load a data set, from `root` where it has files."""
    if task == "mnist" and root is None and "FIRSTSPIKE_DATA" not in os.environ:
        beside = Path(__file__).parents[2] / "shared" / "data" / task
        root = str(beside) if beside.is_dir() else None
    return fs.datasets.load(task, root=root) if task == "mnist" else fs.datasets.load(task)


def spread(figure: dict[str, Any]) -> str:
    """Mean and standard deviation as text."""
    tail = "" if figure["std"] is None else f" ± {figure['std']:.2f}"
    return f"{figure['mean']:.2f}{tail}"


if __name__ == "__main__":
    main()
