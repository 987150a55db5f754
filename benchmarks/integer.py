"""Speed of the integer simulator: images per second, against numpy and plain Python.

    python benchmarks/integer.py [--json] [--quick] [--task digits|mnist]

Every row simulates the same integer network on the same inputs, one thread, processor time, the
minimum of several repeats. ``numpy`` is a dense simulation of the whole batch, tick by tick, with
the same decisions (checked); ``reference`` is the Python-integer model of the tests, on a few
samples. Inputs are the real data where they are found, else random ones of the same statistics; the
table says which.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

import firstspike as fs
from firstspike.errors import FirstspikeError

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import reference_integer as reference

SHAPES = {"digits": (64, 120, 10), "mnist": (784, 350, 10)}
TICKS = 64
ACTIVE = {"digits": 0.51, "mnist": 0.19}  # share of the pixels above zero


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    parser.add_argument("--quick", action="store_true", help="fewer samples and repeats")
    parser.add_argument("--task", choices=SHAPES, action="append", help="only this shape")
    options = parser.parse_args()
    rows = [
        row
        for task in options.task or SHAPES
        for pruned in (False, True)
        for row in measure(task, pruned=pruned, quick=options.quick)
    ]
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    heads = ("network", "inputs", "early exit", "images/s", "us/image", "x numpy", "x reference")
    print("{:26} {:10} {:10} {:>10} {:>9} {:>8} {:>11}".format(*heads))
    for row in rows:
        print(
            f"{row['network']:26} {row['inputs']:10} {row['early_exit']!s:10} "
            f"{row['images_per_second']:10.0f} {row['us_per_image']:9.2f} "
            f"{row['ratio_to_numpy']:8.1f} {row['ratio_to_reference']:11.0f}"
        )


def measure(task: str, *, pruned: bool, quick: bool) -> Iterator[dict[str, Any]]:
    """Yield the rows with and without early exit for one network."""
    rng = np.random.default_rng(0)
    images, inputs = load(task, rng, 200 if quick else 1000)
    network = build(task)
    if pruned:
        network = fs.prune(network, sparsity=0.8)
    batch = network.to_ticks(fs.encoders.Latency(t_max=20e-3)(images))
    label = "-".join(str(n) for n in SHAPES[task]) + (", 80 % pruned" if pruned else "")
    for early_exit in (True, False):
        run = network.simulate(batch, early_exit=early_exit, threads=1)
        seconds = best_of(3 if quick else 7, network, batch, early_exit=early_exit)
        with threadpool_limits(limits=1):
            numpy_seconds, decisions = dense_numpy(network, batch, early_exit=early_exit)
        if not np.array_equal(decisions, run.decisions):
            raise AssertionError("numpy and Rust disagree")
        yield {
            "network": label,
            "inputs": inputs,
            "ticks": TICKS,
            "threads": 1,
            "early_exit": early_exit,
            "samples": batch.n_samples,
            "images_per_second": batch.n_samples / seconds,
            "us_per_image": 1e6 * seconds / batch.n_samples,
            "ratio_to_numpy": numpy_seconds / seconds,
            "ratio_to_reference": reference_seconds(network, batch, early_exit=early_exit)
            * batch.n_samples
            / seconds,
            "spikes_per_image": float(run.counters.spikes.sum() / batch.n_samples),
            "synaptic_adds_per_image": float(run.counters.synaptic_adds.sum() / batch.n_samples),
            "ticks_run_per_image": float(run.counters.ticks_run.mean()),
        }


def load(task: str, rng: np.random.Generator, n: int) -> tuple[NDArray[np.float64], str]:
    """Return real images in [0, 1], or random ones with as many bright pixels."""
    try:
        return fs.datasets.load(task)[1].inputs[:n], "real"
    except FirstspikeError:
        images = rng.random((n, SHAPES[task][0]))
        return images * (rng.random(images.shape) < ACTIVE[task]), "synthetic"


def build(task: str) -> fs.IntegerNetwork:
    """Return a network with random weights in which many neurons fire."""
    n_in, n_hidden, n_out = SHAPES[task]
    drive = 12.0 / (n_in * ACTIVE[task])
    layers = [
        fs.LIF(n_in, n_hidden, init=fs.Normal(drive, 4 * drive)),
        fs.LIF(n_hidden, n_out, init=fs.Normal(0.05, 0.4)),
    ]
    return fs.quantize(fs.Network(layers, seed=0), ticks=TICKS, t_window=40e-3, weight_bits=6)


def best_of(
    repeats: int, network: fs.IntegerNetwork, batch: fs.TickBatch, *, early_exit: bool
) -> float:
    """Return the fewest seconds for the whole batch."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        network.simulate(batch, early_exit=early_exit, threads=1)
        seconds.append(time.process_time() - start)
    return min(seconds)


def dense_numpy(
    network: fs.IntegerNetwork, batch: fs.TickBatch, *, early_exit: bool
) -> tuple[float, NDArray[np.int64]]:
    """Simulate all samples at once, tick by tick; return seconds and decisions."""
    start = time.process_time()
    n = batch.n_samples
    weights = [x.connectivity.to_dense().weights.astype(np.float32) for x in network.layers]
    thresholds = [x.threshold.values for x in network.layers]
    sample = np.repeat(np.arange(n), np.diff(batch.offsets))
    membranes = [np.zeros((n, x.n_targets), np.int64) for x in network.layers]
    currents = [np.zeros((n, x.n_targets), np.int64) for x in network.layers]
    alive = [np.ones((n, x.n_targets), bool) for x in network.layers]
    decisions, decided = np.zeros(n, np.int64), np.zeros(n, bool)
    for tick in range(network.ticks):
        spiking = np.zeros((n, network.n_sources), np.float32)
        now = batch.ticks == tick
        spiking[sample[now], batch.sources[now]] = 1.0
        for index, layer in enumerate(network.layers):
            p, u, i = layer.program, membranes[index], currents[index]
            half = 1 << (p.shift - 1)
            i += (spiking @ weights[index]).astype(np.int64) << p.guard
            u[:] = (p.decay_mem * u + p.drive * i + half) >> p.shift
            i[:] = (p.decay_syn * i + half) >> p.shift
            fires = alive[index] & (u >= thresholds[index])
            alive[index] &= ~fires
            spiking = fires.astype(np.float32)
        margins = np.where(fires, membranes[-1] - thresholds[-1], -(2**40))
        new = fires.any(axis=1) & ~decided
        decisions[new] = margins[new].argmax(axis=1)
        decided |= new
        if early_exit and decided.all():
            break
    margins = membranes[-1] - thresholds[-1]
    decisions[~decided] = margins[~decided].argmax(axis=1)
    return time.process_time() - start, decisions


def reference_seconds(
    network: fs.IntegerNetwork, batch: fs.TickBatch, *, early_exit: bool, n: int = 3
) -> float:
    """Return seconds per sample of the Python-integer model."""
    layers = reference.read(network)
    samples = [
        list(zip(*(part.tolist() for part in batch.sample(s)), strict=True)) for s in range(n)
    ]
    start = time.process_time()
    for inputs in samples:
        reference.run(layers, network.ticks, inputs, early_exit)
    return (time.process_time() - start) / n


if __name__ == "__main__":
    main()
