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
import math
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import firstspike as fs
from firstspike.optim import Adam, Cosine
from firstspike.train import EpochRecord, QuantizedTraining
from firstspike.two_phase import ExponentialCode, TwoPhaseNetwork, to_integer, train


@dataclass(frozen=True)
class Setting:
    """What is trained."""

    hidden: tuple[int, ...]
    weight_bits: int
    ticks: int
    code: ExponentialCode | None
    epochs: int
    batch_size: int
    dropout: float
    input_dropout: float
    #: Largest pixel that does not spike.
    threshold: float = 0.0
    #: Train on moved images, too.
    moved: bool = False


OCTAVES = ExponentialCode(1)
HALVES = ExponentialCode(2)
SETTINGS = {
    "digits": [
        Setting((64,), 4, 15, None, 60, 32, 0.1, 0.0),
        Setting((64,), 4, 8, OCTAVES, 60, 32, 0.1, 0.0),
    ],
    "mnist": [
        Setting((200,), 4, 15, None, 40, 128, 0.3, 0.2),
        Setting((200,), 4, 8, HALVES, 40, 128, 0.3, 0.2),
        Setting((128,), 4, 8, None, 16, 128, 0.1, 0.1, threshold=0.5, moved=True),
    ],
}
SEEDS = {"digits": 5, "mnist": 3}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    parser.add_argument("--quick", action="store_true", help="one seed, embedded data only")
    parser.add_argument("--task", choices=SETTINGS, action="append", help="only this task")
    parser.add_argument("--seeds", type=int, help="number of seeds")
    parser.add_argument("--hidden", type=int, help="only networks with so many hidden neurons")
    parser.add_argument("--root", help="folder with the files of MNIST")
    parser.add_argument("--save", type=Path, help="folder to keep the integer networks in")
    options = parser.parse_args()
    rows = []
    for task in options.task or (["digits"] if options.quick else list(SETTINGS)):
        seeds = options.seeds or (1 if options.quick else SEEDS[task])
        data = load(task, options.root)
        settings = [made for made in SETTINGS[task] if options.hidden in (None, sum(made.hidden))]
        rows += [measure(task, made, seeds, *data, options.save) for made in settings]
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


def measure(
    task: str,
    made: Setting,
    n_seeds: int,
    data: fs.datasets.Dataset,
    test: fs.datasets.Dataset,
    folder: Path | None,
) -> dict[str, Any]:
    """Train one setting with seeds 0 .. n_seeds - 1."""
    sizes = [data.n_features, *made.hidden, len(data.classes)]
    runs = []
    for seed in range(n_seeds):
        net = TwoPhaseNetwork(sizes, ticks=made.ticks, code=made.code, seed=seed)
        runs.append(one_run(net, made, data, test, seed, folder))
        print(f"{task} seed {seed}: {json.dumps(runs[-1])}", file=sys.stderr, flush=True)
    row: dict[str, Any] = {
        "task": task,
        "network": "-".join(map(str, sizes)),
        "code": f"1/{made.code.ticks_per_octave} octave" if made.code else "linear",
        "weight_bits": made.weight_bits,
        "ticks": made.ticks,
        "seeds": n_seeds,
    }
    for name in runs[0]:
        values = np.array([run[name] for run in runs])
        std = float(values.std(ddof=1)) if n_seeds > 1 else None
        row[name] = {"mean": float(values.mean()), "std": std, "values": values.tolist()}
    chosen = f"--task {task} --hidden {sum(made.hidden)} --seeds {n_seeds}"
    row["command"] = f"python benchmarks/two_phase.py {chosen}"
    return row


def one_run(
    net: TwoPhaseNetwork,
    made: Setting,
    data: fs.datasets.Dataset,
    test: fs.datasets.Dataset,
    seed: int,
    folder: Path | None,
) -> dict[str, float]:
    """Train one network and turn it into integers; accuracies in per cent."""
    encoder = fs.encoders.Latency(t_max=net.window, threshold=made.threshold)
    half = made.epochs // 2
    spikes, before = encoder(test.inputs), []

    def last_float(record: EpochRecord, net: TwoPhaseNetwork) -> None:
        if record.epoch == half - 1:
            before.append(net.accuracy(spikes, test.labels))

    history = train(
        net,
        moved(data) if made.moved else data,
        encoder=encoder,
        optimizer=Adam(lr=3e-3 if len(data) < 5000 else 2e-3, schedule=Cosine()),
        epochs=made.epochs,
        batch_size=made.batch_size,
        seed=seed,
        dropout=made.dropout,
        input_dropout=made.input_dropout,
        relaxation=5,
        constraints=[QuantizedTraining(weight_bits=made.weight_bits, tick=net.tick, start=half)],
        callbacks=[last_float],
        progress=False,
    )
    network = to_integer(net, weight_bits=made.weight_bits)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        code = type(net.code).__name__.removesuffix("Code").lower()
        network.save(folder / f"{data.name}-{code}-{sum(made.hidden)}-{seed}.safetensors")
    run = network.simulate(spikes)
    return {
        "float": 100 * before[0],
        "integer": 100 * run.accuracy(test.labels),
        "tie_rate": 100 * run.tie_rate,
        "zero_weights": 100 * history.last.sparsity,
        "spikes_per_neuron": history.last.spikes_per_neuron,
        "events": float(np.diff(spikes.offsets).mean()),
    }


def moved(data: fs.datasets.Dataset) -> fs.datasets.Dataset:
    """Return every square image as it is, and moved by one pixel up, down, left and right."""
    side = math.isqrt(data.n_features)
    images = data.inputs.reshape(-1, side, side)
    around = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    places = [(1, 1), (2, 1), (0, 1), (1, 2), (1, 0)]
    parts = [around[:, y : y + side, x : x + side].reshape(data.inputs.shape) for y, x in places]
    return replace(data, inputs=np.concatenate(parts), labels=np.tile(data.labels, len(parts)))


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
