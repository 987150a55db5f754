"""Test accuracy of the recipes: in floating point, and for hardware as integers and pruned.

    python benchmarks/accuracy.py [--json] [--quick] [--task TASK ...] [--seeds N] [--float]
                                  [--root FOLDER] [--workers N] [--keep FOLDER]

Every seed trains a network from scratch on the whole training set and measures it on the test set:
``mean`` and ``std`` over the seeds, per cent. Where the recipe leads to hardware, the network is
then made sparse and rounded, turned into integers and measured, pruned and measured again, by the
integer simulator; --float leaves that out. Seeds run side by side, one thread each. With --keep,
finished runs are kept in that folder and not repeated. Real data are read from --root, else from
where `firstspike.datasets` finds them; tasks without their data are left out, which is said.
"""

import argparse
import json
import os
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import firstspike as fs
from firstspike.errors import DataNotFoundError
from firstspike.train import FloatRecipe, Processes, Recipe, SweepTable, evaluate, predict
from firstspike.train.recipes import FLOAT_RECIPES, float_recipe

#: Seeds of the published figures.
SEEDS = {"yin_yang": 10, "digits": 5, "digits_ramp": 5, "fsdd": 5, "fsdd_recurrent": 5}
SEEDS_ELSEWHERE = 3
#: What --quick trains, with one seed each.
QUICK = ("digits", "yin_yang", "pen_digits")
#: Tasks whose classes are so unequal that one number hides the errors.
CONFUSION = ("ecg_beats", "n_mnist")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    parser.add_argument("--quick", action="store_true", help="one seed of the small ones")
    parser.add_argument("--task", choices=FLOAT_RECIPES, action="append", help="only this task")
    parser.add_argument("--seeds", type=count, help="number of seeds")
    parser.add_argument("--float", action="store_true", dest="only_float", help="no integers")
    parser.add_argument("--root", help="folder with the data")
    parser.add_argument("--workers", type=int, help="runs side by side; default: one per core")
    parser.add_argument("--keep", help="folder for finished runs")
    options = parser.parse_args()
    rows = []
    for task in options.task or (QUICK if options.quick else FLOAT_RECIPES):
        seeds = options.seeds or (1 if options.quick else SEEDS.get(task, SEEDS_ELSEWHERE))
        try:
            rows.append(measure(task, seeds, options))
        except DataNotFoundError as error:
            show(f"{task} is left out: {error}")
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        print(line(row))
        print(f"    {row['command']}   ({row['seconds_per_seed']:.0f} s per seed)")
        if "confusion" in row:
            print("    confusion, rows are the true classes, all seeds together:")
            print(
                "\n".join(f"    {' '.join(f'{n:6d}' for n in true)}" for true in row["confusion"])
            )


def count(text: str) -> int:
    """Read a number of seeds; without any there is nothing to measure."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        msg = f"{text!r}, expected a whole number, at least 1"
        raise argparse.ArgumentTypeError(msg)
    return number


def measure(task: str, n_seeds: int, options: argparse.Namespace) -> dict[str, Any]:
    """Run one recipe with seeds 0 .. n_seeds - 1."""
    root = folder(task, options.root)
    load(task, root)  # missing data are told before any run begins
    made = float_recipe(task)
    whole = isinstance(made, Recipe) and not options.only_float
    if options.keep is not None:
        Path(options.keep).mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    table = fs.sweep(
        one_run,
        seeds=range(n_seeds),
        grid={"task": [task], "root": [root], "whole": [whole]},
        pool=Processes(options.workers),
        path=None if options.keep is None else Path(options.keep) / f"{task}.json",
    )
    for failed in (run for run in table.rows if run.error is not None):
        show(f"{task} seed {failed.seed} failed: {failed.error}")
    return summary(made, table, time.perf_counter() - began, options)


def summary(
    made: FloatRecipe, table: SweepTable, seconds: float, options: argparse.Namespace
) -> dict[str, Any]:
    """Return one row: task, network, seeds, mean, std, command, and everything else measured."""
    done = [run.figures for run in table.rows if run.figures is not None]
    if not done:
        raise SystemExit(f"no run of {made.task} has finished; see the errors above")
    row: dict[str, Any] = {
        "task": made.task,
        "network": "-".join(str(n) for n in (made.layers[0].n_in, *(x.n_out for x in made.layers))),
        "seeds": len(done),
        **spread([run["float"] for run in done]),
        "command": command(made.task, len(table.rows), options),
        "seconds_per_seed": float(np.mean([run.seconds for run in table.rows])),
        "wall_seconds": seconds,
    }
    if isinstance(made, Recipe):
        row |= {"weight_bits": made.weight_bits, "ticks": made.ticks}
    for name in (name for name in done[0] if not name.startswith("confusion")):
        row[name] = spread([run[name] for run in done])
    if "confusion_0_0" in done[0]:
        classes = round(len([name for name in done[0] if name.startswith("confusion")]) ** 0.5)
        row["confusion"] = [
            [int(sum(run[f"confusion_{true}_{told}"] for run in done)) for told in range(classes)]
            for true in range(classes)
        ]
    return row


def command(task: str, n_seeds: int, options: argparse.Namespace) -> str:
    """Say what measures a row again, with every option that decides what is measured."""
    words = ["python", "benchmarks/accuracy.py", "--task", task, "--seeds", str(n_seeds)]
    words += ["--float"] if options.only_float else []
    words += ["--root", options.root] if options.root is not None else []
    return shlex.join(words)


def one_run(
    *, seed: int, threads: int, task: str, root: str | None, whole: bool
) -> dict[str, float]:
    """Train one network; adapt, quantise and prune it where it is meant for hardware."""
    made = float_recipe(task)
    train, test = load(task, root)
    spikes = test.encode(made.encoder)
    net = made.network(seed=seed)
    made.fit(net, train, seed=seed, threads=threads, progress=False)
    until = made.float_stage.until
    in_float = evaluate(net, spikes, test.labels, until=until, threads=threads)
    figures = {
        "float": 100 * in_float.accuracy,
        "float_silent_rate": 100 * in_float.silent_rate,
        "float_spikes_per_neuron": in_float.spikes_per_neuron,
    }
    if task in CONFUSION:
        told = predict(net, spikes, until=until, threads=threads)
        figures |= confusion(test.labels, told, len(test.classes))
    if isinstance(made, Recipe) and whole:
        figures |= in_integers(made, net, train, test, spikes, seed, threads)
    show(f"{task} seed {seed}: {json.dumps(figures)}")
    return figures


def in_integers(
    made: Recipe,
    net: fs.Network,
    train: fs.datasets.Dataset[Any],
    test: fs.datasets.Dataset[Any],
    spikes: fs.SpikeBatch,
    seed: int,
    threads: int,
) -> dict[str, float]:
    """Adapt, quantise and prune; figures in per cent."""
    made.adapt(net, train, seed=seed, threads=threads, progress=False)
    network = made.quantize(net)
    pruned = made.prune(network)
    run = network.simulate(spikes, threads=threads)
    left = pruned.simulate(spikes, threads=threads)
    return {
        "integer": 100 * run.accuracy(test.labels),
        "pruned": 100 * left.accuracy(test.labels),
        "dropped": 100 * (1 - pruned.n_synapses / network.n_synapses),
        "tie_rate": 100 * left.tie_rate,
        "silent_rate": 100 * left.silent_rate,
        "decision_tick": float(left.ticks.mean()),
    }


def confusion(
    labels: NDArray[np.int64], told: NDArray[np.int64], n_classes: int
) -> dict[str, float]:
    """Count decisions by true and told class; a silent network is told the first class."""
    pairs = np.bincount(labels * n_classes + np.maximum(told, 0), minlength=n_classes**2)
    names = (f"confusion_{true}_{as_}" for true in range(n_classes) for as_ in range(n_classes))
    return dict(zip(names, pairs.astype(float).tolist(), strict=True))


def load(task: str, root: str | None) -> tuple[Any, Any]:
    """Load the data of a task."""
    data = float_recipe(task).data
    return fs.datasets.load(data) if root is None else fs.datasets.load(data, root=root)


def folder(task: str, root: str | None) -> str | None:
    """Say where the files of a task are; None where it has none or they are found by name."""
    data = float_recipe(task).data
    if data in ("digits", "yin_yang"):
        return None
    if root is None and "FIRSTSPIKE_DATA" not in os.environ:
        beside = Path(__file__).parents[2] / "shared" / "data"
        root = str(beside) if beside.is_dir() else None
    if root is not None and data in ("mnist", "fashion_mnist"):
        inside = Path(root) / data.replace("_", "-")
        root = str(inside) if inside.is_dir() else root
    return root


def spread(values: list[float]) -> dict[str, Any]:
    """Mean, sample standard deviation, and the values themselves."""
    std = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return {"mean": float(np.mean(values)), "std": std, "values": values}


def line(row: dict[str, Any]) -> str:
    """Return the main figures of a row as text."""
    text = f"{row['task']:16} {row['network']:>12} {row['seeds']:>3} seeds  float {short(row)}"
    if "integer" in row:
        text += f"  integer {short(row['integer'])}  pruned {short(row['pruned'])}"
        text += f"  dropped {row['dropped']['mean']:.1f}  ties {row['tie_rate']['mean']:.2f}"
    return text


def short(figure: dict[str, Any]) -> str:
    """Return mean and standard deviation as text."""
    tail = "" if figure["std"] is None else f" ± {figure['std']:.2f}"
    return f"{figure['mean']:.2f}{tail}"


def show(text: str) -> None:
    """Tell progress on standard error."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
