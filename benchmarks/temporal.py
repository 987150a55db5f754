"""Sound, events and signals: accuracy of networks whose neurons all spike at most once.

    python benchmarks/temporal.py [--json] [--task fsdd|n_mnist|ecg_beats|japanese_vowels]
                                  [--split published|groups|choose] [--seeds N] [--quick]
                                  [--root FOLDER] [--threads N]

`published` trains on the training part and tests on the test part. `groups` leaves out one speaker
or patient after the other and tests on what was left out; only training samples take part.
`choose` is what the settings were chosen with: part of the training samples is held out, and no
test sample is involved. Accuracy is in per cent, ``std`` is over the seeds, rows of ``confusion``
are the right classes, its columns the decided ones, the last column "undecided". Data are read
from --root, else from where `firstspike.datasets` finds them.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import firstspike as fs
from firstspike.datasets import Dataset
from firstspike.encoders import (
    Chain,
    Cochlea,
    Compress,
    DelayLine,
    Encoder,
    FirstSpikes,
    LevelCrossing,
    Normalize,
    Window,
)
from firstspike.train import ImageShift, InputDropout, TimeDilation, TimeJitter, decide

Parts = tuple[str, Dataset, Dataset]


@dataclass(frozen=True)
class Setting:
    """How one task is encoded and trained, and how its settings were chosen."""

    encoder: Encoder
    hidden: int
    epochs: int
    tau: tuple[float, float]
    choose: Callable[[Dataset], tuple[Dataset, Dataset]]
    group: str | None = None
    lr: float = 4e-3
    batch_size: int = 32
    augment: tuple[Any, ...] = (TimeJitter(0.5e-3), InputDropout(0.1))


def late_takes(train: Dataset) -> tuple[Dataset, Dataset]:
    """Divide into takes 10 to 49, and takes 5 to 9."""
    late = train.groups["take"] >= 10
    return train[late], train[~late]


def one_in_five(train: Dataset) -> tuple[Dataset, Dataset]:
    """Divide into four fifths of every class, and one fifth."""
    return train.split(0.2, seed=0)


def one_patient(train: Dataset) -> tuple[Dataset, Dataset]:
    """Divide into all patients but record 119, and that one."""
    return train.leave_out("record", 119)


SETTINGS = {
    "fsdd": Setting(
        encoder=Chain((Cochlea(), DelayLine(copies=5, step=10e-3))),
        hidden=256,
        epochs=30,
        tau=(20e-3, 5e-3),
        choose=late_takes,
        group="speaker",
        augment=(TimeJitter(0.5e-3), InputDropout(0.1), TimeDilation(1.15)),
    ),
    "n_mnist": Setting(
        encoder=Chain((Window(0.0, 0.31), FirstSpikes(), Compress(15.0))),
        hidden=300,
        epochs=40,
        tau=(10e-3, 20e-3),
        choose=one_in_five,
        lr=5e-3,
        augment=(
            TimeJitter(0.5e-3),
            InputDropout(0.1),
            ImageShift(most=1, width=34, height=34, planes=2),
        ),
    ),
    "ecg_beats": Setting(
        encoder=Chain(
            (
                Normalize(),
                LevelCrossing(low=-0.9, high=0.9, levels=20, hysteresis=0.03, speed=20.0),
                DelayLine(copies=4, step=5e-3),
            )
        ),
        hidden=60,
        epochs=5,
        tau=(10e-3, 20e-3),
        choose=one_patient,
        group="record",
        lr=5e-3,
    ),
    "japanese_vowels": Setting(
        encoder=LevelCrossing(low=-1.4, high=1.6, levels=20, hysteresis=0.03, speed=5.0),
        hidden=150,
        epochs=60,
        tau=(10e-3, 20e-3),
        choose=one_in_five,
        lr=5e-3,
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    parser.add_argument("--quick", action="store_true", help="one epoch: does it run at all?")
    parser.add_argument("--task", choices=SETTINGS, action="append", help="only this task")
    parser.add_argument("--split", choices=("published", "groups", "choose"), default="published")
    parser.add_argument("--seeds", type=int, default=1, help="number of seeds")
    parser.add_argument("--root", help="folder with the data sets")
    parser.add_argument("--threads", type=int, help="number of threads; default: all cores")
    options = parser.parse_args()
    rows = []
    for task in options.task or list(SETTINGS):
        made = SETTINGS[task]
        train, test = (part.encoded(made.encoder) for part in load(task, options.root))
        divided = parts(options.split, made, train, test)
        rows.extend(measure(task, made, part, options) for part in divided)
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        tail = "" if row["std"] is None else f" ± {row['std']:.2f}"
        print(
            f"{row['task']:16} {row['test']:>10} {row['network']:>12} {row['seeds']} seeds  "
            f"{row['mean']:.2f}{tail} %"
        )
        print(f"    {row['command']}   ({row['cpu_seconds_per_run']:.0f} s of CPU per run)")


def parts(split: str, made: Setting, train: Dataset, test: Dataset) -> Iterator[Parts]:
    """Divide into training and test samples, with a name for each division."""
    if split == "published":
        yield "test", train, test
    elif split == "choose":
        yield "held out", *made.choose(train)
    elif made.group is not None:
        for value, rest, own in train.folds(made.group):
            yield str(value), rest, own


def measure(task: str, made: Setting, part: Parts, options: argparse.Namespace) -> dict[str, Any]:
    """Train with every seed and count mistakes."""
    name, train, test = part
    n_classes = len(train.classes)
    confusion = np.zeros((n_classes, n_classes + 1), dtype=int)
    accuracies, spikes = [], []
    began = time.process_time()
    for seed in range(options.seeds):
        epochs = 1 if options.quick else made.epochs
        net = trained(made, train, seed, epochs, options.threads)
        times, counts = net.infer(test.inputs, threads=options.threads)
        decided = decide(times)  # -1, that is the last column, where nothing spiked
        np.add.at(confusion, (test.labels, decided), 1)
        accuracies.append(100 * float(np.mean(decided == test.labels)))
        spikes.append(sum(counts) / len(test) / (made.hidden + n_classes))
        print(f"{task} {name} seed {seed}: {accuracies[-1]:.2f} %", file=sys.stderr, flush=True)
    return {
        "task": task,
        "test": name,
        "network": f"{train.n_features}-{made.hidden}-{n_classes}",
        "train_samples": len(train),
        "test_samples": len(test),
        "events_per_sample": train.inputs.n_spikes / len(train),
        "seeds": options.seeds,
        "mean": float(np.mean(accuracies)),
        "std": float(np.std(accuracies, ddof=1)) if options.seeds > 1 else None,
        "values": accuracies,
        "spikes_per_neuron": float(np.mean(spikes)),
        "classes": train.classes,
        "confusion": confusion.tolist(),
        "cpu_seconds_per_run": (time.process_time() - began) / options.seeds,
        "command": f"python benchmarks/temporal.py --task {task} --split {options.split} "
        f"--seeds {options.seeds}" + (" --quick" if options.quick else ""),
    }


def trained(
    made: Setting, train: Dataset, seed: int, epochs: int, threads: int | None
) -> fs.Network:
    """Train one network from scratch."""
    tau = {"tau_mem": made.tau[0], "tau_syn": made.tau[1]}
    layers = [
        fs.LIF(train.n_features, made.hidden, **tau),
        fs.LIF(made.hidden, len(train.classes), **tau),
    ]
    net = fs.Network(layers, seed=seed)
    fs.train(
        net,
        train,
        loss=fs.losses.FirstSpikeCrossEntropy(tau0=1e-3, alpha=0.003, tau1=20e-3),
        silent=fs.losses.SilentHinge(output=50.0, hidden=1.0),
        optimizer=fs.optim.Adam(lr=made.lr, schedule=fs.optim.Cosine()),
        augment=made.augment,
        batch_size=made.batch_size,
        epochs=epochs,
        seed=seed,
        slope_guard=0.1,
        threads=threads,
        progress=False,
    )
    return net


def load(task: str, root: str | None) -> tuple[Dataset, Dataset]:
    """Read a data set from `root`, else from beside the project, else as by default."""
    if root is None and "FIRSTSPIKE_DATA" not in os.environ:
        beside = Path(__file__).parents[2] / "shared" / "data"
        root = str(beside) if beside.is_dir() else None
    return fs.datasets.load(task, root=root)


if __name__ == "__main__":
    main()
