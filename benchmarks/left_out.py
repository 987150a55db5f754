"""Accuracy on speakers and patients that a network has never met.

    python benchmarks/left_out.py [--json] [--task fsdd|ecg_beats] [--seeds N] [--quick]
                                  [--root FOLDER] [--threads N]

One speaker (patient) after the other is left out of the training part; the network is trained on
the others by the recipe of the task, and measured on the one left out. The test part is not
involved. Accuracy is in per cent; ``std`` is over the speakers, each the mean of its seeds. Rows of
``confusion`` are the right classes, its columns the decided ones, the last column "undecided".
Data are read from --root, else from where `firstspike.datasets` finds them.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import firstspike as fs
from firstspike.datasets import Dataset
from firstspike.train import FloatRecipe, decide
from firstspike.train.recipes import float_recipe

GROUPS = {"fsdd": "speaker", "ecg_beats": "record"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    parser.add_argument("--quick", action="store_true", help="one epoch: does it run at all?")
    parser.add_argument("--task", choices=GROUPS, action="append", help="only this task")
    parser.add_argument("--seeds", type=int, default=1, help="number of seeds")
    parser.add_argument("--root", help="folder with the data sets")
    parser.add_argument("--threads", type=int, help="number of threads; default: all cores")
    options = parser.parse_args()
    rows = [measure(task, options) for task in options.task or list(GROUPS)]
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        print(f"{row['task']:10} {row['network']:>12}  {row['mean']:.2f} ± {row['std']:.2f} %")
        for name, value in row["values"].items():
            print(f"    without {row['group']} {name}: {value:.2f} %")
        print(f"    {row['command']}   ({row['cpu_seconds_per_run']:.0f} s of CPU per run)")


def measure(task: str, options: argparse.Namespace) -> dict[str, Any]:
    """Leave out one value of the group after the other."""
    made, group = float_recipe(task), GROUPS[task]
    data = load(task, options.root).encoded(made.encoder)
    began = time.process_time()
    n_classes = len(data.classes)
    confusion = np.zeros((n_classes, n_classes + 1), dtype=int)
    values: dict[str, float] = {}
    for value, rest, own in data.folds(group):
        right = []
        for seed in range(options.seeds):
            decided = decisions(made, rest, own, seed, options)
            np.add.at(confusion, (own.labels, decided), 1)
            right.append(100 * float(np.mean(decided == own.labels)))
        values[str(value)] = float(np.mean(right))
        print(f"{task} without {value}: {values[str(value)]:.2f} %", file=sys.stderr, flush=True)
    runs = options.seeds * len(values)
    return {
        "task": task,
        "group": group,
        "network": "-".join(str(n) for n in (data.n_features, *(x.n_out for x in made.layers))),
        "samples": len(data),
        "events_per_sample": data.inputs.n_spikes / len(data),
        "seeds": options.seeds,
        "mean": float(np.mean(list(values.values()))),
        "std": float(np.std(list(values.values()), ddof=1)),
        "values": values,
        "classes": data.classes,
        "confusion": confusion.tolist(),
        "cpu_seconds_per_run": (time.process_time() - began) / runs,
        "command": f"python benchmarks/left_out.py --task {task} --seeds {options.seeds}"
        + (" --quick" if options.quick else ""),
    }


def decisions(
    made: FloatRecipe, train: Dataset, test: Dataset, seed: int, options: argparse.Namespace
) -> np.ndarray:
    """Train one network from scratch and let it decide; -1 where nothing spiked."""
    net = made.network(seed=seed)
    stage = replace(made.float_stage, epochs=1) if options.quick else made.float_stage
    stage.run(net, train, seed=seed, threads=options.threads, progress=False)
    return decide(net.infer(test.inputs, threads=options.threads)[0])


def load(task: str, root: str | None) -> Dataset:
    """Read a training part from `root`, else from beside the project, else as by default."""
    if root is None and "FIRSTSPIKE_DATA" not in os.environ:
        beside = Path(__file__).parents[2] / "shared" / "data"
        root = str(beside) if beside.is_dir() else None
    return fs.datasets.load(task, root=root)[0]


if __name__ == "__main__":
    main()
