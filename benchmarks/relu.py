"""What spikes cost an ordinary network: accuracy of a float MLP and of its two-phase integers.

    python benchmarks/relu.py [--json] [--quick] [--task digits|mnist] [--seeds N]

Multilayer perceptrons are trained by scikit-learn, without any adaptation to integers, and turned
into integer networks by `firstspike.from_relu`. Weights below 8 bits get scales that are searched
on training samples. Every figure is the mean over seeds on the whole test set, the spread their
standard deviation.
"""

import argparse
import json
import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

import firstspike as fs

HIDDEN = {"digits": (64, 32), "mnist": (128,)}
EPOCHS = {"digits": 200, "mnist": 10}
PROGRAMS = {
    "ramp": fs.RampProgram(),
    "table, half octaves": fs.TableProgram.of_base(2),
    "table, octaves": fs.TableProgram.of_base(1),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    parser.add_argument("--quick", action="store_true", help="digits, one seed, two rows")
    parser.add_argument("--task", choices=HIDDEN, action="append", help="only this task")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    calibration = 300 if options.quick else 2000  # training samples
    tasks = ["digits"] if options.quick else options.task or list(HIDDEN)
    cells = [
        (program, ticks, bits)
        for program, ticks, bits in (
            ("ramp", 15, 8),
            ("ramp", 31, 8),
            ("ramp", 7, 8),
            ("ramp", 15, 6),
            ("ramp", 15, 4),
            ("table, half octaves", 15, 8),
            ("table, half octaves", 7, 8),
            ("table, octaves", 7, 8),
        )
        if not options.quick or (ticks, bits) == (15, 8)
    ]
    rows: list[dict[str, Any]] = []
    for task in tasks:
        with threadpool_limits(limits=options.threads):
            nets = [trained(task, seed) for seed in range(1 if options.quick else options.seeds)]
        known = fs.datasets.load(task)[0][:calibration]
        rows += [measure(task, nets, *cell, known, options.threads) for cell in cells]
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    heads = ("network", "program", "ticks", "bits", "float", "integer", "points", "spikes", "ties")
    print("{:13} {:19} {:>5} {:>4} {:>16} {:>16} {:>7} {:>7} {:>7}".format(*heads))
    for r in rows:
        print(
            f"{r['network']:13} {r['program']:19} {r['ticks']:5} {r['weight_bits']:4} "
            f"{r['float']:8.4f} ±{r['float_std']:.4f} {r['integer']:8.4f} ±{r['integer_std']:.4f} "
            f"{r['points']:+7.2f} {r['spikes_per_sample']:7.1f} {r['tie_rate']:7.4f}"
        )


def trained(task: str, seed: int) -> MLPClassifier:
    """Return a perceptron as scikit-learn trains it."""
    train, _ = fs.datasets.load(task)
    net = MLPClassifier(HIDDEN[task], max_iter=EPOCHS[task], alpha=1e-4, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return net.fit(train.inputs.astype(np.float32), train.labels)


def measure(
    task: str,
    nets: list[MLPClassifier],
    program: str,
    ticks: int,
    bits: int,
    known: fs.datasets.Dataset,
    threads: int,
) -> dict[str, Any]:
    """Turn all networks into integers one way."""
    _, test = fs.datasets.load(task)
    labels = known.labels if bits < 8 else None
    exact, found, spikes, ties, silent = [], [], [], [], []
    for net in nets:
        exact.append(float((net.predict(test.inputs.astype(np.float32)) == test.labels).mean()))
        q = fs.from_relu(
            net.coefs_, net.intercepts_, inputs=known.inputs, labels=labels, ticks=ticks,
            weight_bits=bits, program=PROGRAMS[program], threads=threads,
        )  # fmt: skip
        encoder = fs.encoders.from_description(q.meta["encoder"])
        run = q.simulate(encoder(test.inputs), threads=threads)
        found.append(run.accuracy(test.labels))
        spikes.append(run.counters.spikes.sum() / run.n_samples)
        ties.append(run.tie_rate)
        silent.append(run.silent_rate)
    sizes = (test.inputs.shape[1], *HIDDEN[task], nets[0].n_outputs_)
    return {
        "network": "-".join(str(n) for n in sizes),
        "task": task,
        "program": program,
        "ticks": ticks,
        "weight_bits": bits,
        "seeds": len(nets),
        "float": float(np.mean(exact)),
        "float_std": float(np.std(exact)),
        "integer": float(np.mean(found)),
        "integer_std": float(np.std(found)),
        "points": 100.0 * float(np.mean(found) - np.mean(exact)),
        "spikes_per_sample": float(np.mean(spikes)),
        "tie_rate": float(np.mean(ties)),
        "silent_rate": float(np.mean(silent)),
        "membrane_bits": [width.membrane_bits for width in q.widths()],
    }


if __name__ == "__main__":
    main()
