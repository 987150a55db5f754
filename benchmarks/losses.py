"""Every loss on the same task, and what a readout costs.

    python benchmarks/losses.py [--json] [--quick] [--seeds N] [--epochs N] [--threads N]
    python benchmarks/losses.py --mnist maximum|exponential [--root FOLDER] [--json] ...

Trains digits with 64-100-10 networks that differ in nothing but the loss and what decides: spiking
outputs for losses on spike times, leaky integrators for losses on potentials. The settings are one
guess for all, so the rows say that every loss learns, not which is best. Test accuracy in per cent,
``std`` over the seeds. Then prints the time per sample, forwards and backwards, of readouts of
three shapes, one thread.

With --mnist: a 784-350-10 network whose readout decides by its highest potential, as that of
Wunderlich & Pehle (2021), or by the exponentially weighted average, with their time constants,
initial weights and dropout, but larger batches and fewer epochs: one seed, 10 epochs of batches
of 50.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import firstspike as fs
from firstspike.losses import Loss
from firstspike.readouts import (
    Average,
    Exponential,
    Flat,
    Linear,
    Maximum,
    Potentials,
    Reads,
    Sigmoid,
)
from firstspike.train import InputDropout, evaluate

DURATION = 60e-3
READS = {"maximum": Maximum(), "exponential": Average(Exponential())}
WINDOWS = (Flat(), Exponential(), Linear(), Sigmoid())
#: Inputs, spikes per sample, outputs, seconds.
SHAPES = {
    "Yin-Yang": (120, 25, 3, 60e-3),
    "MNIST": (350, 200, 10, 60e-3),
    "SHD": (256, 2000, 20, 1.0),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    parser.add_argument("--quick", action="store_true", help="one seed, one epoch")
    parser.add_argument("--seeds", type=int, help="number of seeds; default 3")
    parser.add_argument("--epochs", type=int, help="default 30")
    parser.add_argument("--threads", type=int, default=1, help="default 1")
    parser.add_argument("--mnist", choices=READS, help="MNIST instead, read like this")
    parser.add_argument("--root", help="folder with the files of MNIST")
    options = parser.parse_args()
    if options.mnist:
        found = mnist(options)
        print(
            json.dumps(found, indent=2)
            if options.json
            else f"{found['mean']:.2f} ± {found['std']:.2f}"
        )
        return
    seeds = options.seeds or (1 if options.quick else 3)
    epochs = options.epochs or (1 if options.quick else 30)
    accuracy = [row(*case, seeds, epochs, options.threads) for case in cases()]
    speed = [cost(task, reads) for task in SHAPES for reads in (Maximum(), *map(Average, WINDOWS))]
    if options.json:
        print(json.dumps({"accuracy": accuracy, "speed": speed}, indent=2))
        return
    print(f"{'loss':46} {'decides':10} {'accuracy':>14} {'silent':>7}")
    for entry in accuracy:
        figure = f"{entry['mean']:.2f} ± {entry['std']:.2f}"
        print(f"{entry['loss']:46} {entry['decides']:10} {figure:>14} {entry['silent_rate']:7.2f}")
    print(f"\n{'readout of':10} {'reads':46} {'forward us':>11} {'backward us':>12}")
    for entry in speed:
        print(
            f"{entry['task']:10} {entry['reads']:46} {entry['forward_us']:11.1f} "
            f"{entry['backward_us']:12.1f}"
        )


def cases() -> list[tuple[str, Loss, Reads | None]]:
    """Return name, loss, and what the readout reads; None where first spikes decide."""
    count = fs.losses.SpikeCountRegulariser(target=1.0)
    spiking = [
        fs.losses.FirstSpikeCrossEntropy(),
        fs.losses.FastAndDeep(tau_syn=5e-3),
        fs.losses.RelativeSpikeTimes(gap=2e-3),
        fs.losses.TargetTimes(right=8e-3, wrong=12e-3),
    ]
    found: list[tuple[str, Loss, Reads | None]] = [
        (type(loss).__name__, loss, None) for loss in spiking
    ]
    both = fs.losses.Sum([spiking[0], count])
    found.append(("FirstSpikeCrossEntropy + SpikeCountRegulariser", both, None))
    maximum = fs.losses.MaxVoltageCrossEntropy()
    found.append((type(maximum).__name__, maximum, Maximum()))
    for window in WINDOWS:
        loss = fs.losses.AverageVoltageCrossEntropy(window=window)
        name = f"{type(loss).__name__} ({type(window).__name__})"
        found.append((name, loss, Average(window)))
    moments = fs.losses.InstantaneousCrossEntropy(points=100)
    found.append((type(moments).__name__, moments, Average()))
    return found


def row(
    name: str, loss: Loss, reads: Reads | None, seeds: int, epochs: int, threads: int
) -> dict[str, Any]:
    train, test = fs.datasets.load("digits")
    encoder = fs.encoders.Latency(t_max=20e-3)
    scores, silent = [], []
    for seed in range(seeds):
        if reads is None:
            layers: list[Any] = [fs.LIF(64, 100), fs.LIF(100, 10)]
        else:
            layers = [fs.LIF(64, 100), fs.LI(100, 10, duration=DURATION, reads=reads)]
        net = fs.Network(layers, seed=seed)
        fs.train(
            net,
            train,
            encoder=encoder,
            loss=loss,
            optimizer=fs.optim.Adam(lr=3e-3, schedule=fs.optim.Cosine()),
            epochs=epochs,
            seed=seed,
            slope_guard=0.1,
            threads=threads,
            progress=False,
        )
        found = evaluate(net, encoder(test.inputs), test.labels, threads=threads)
        scores.append(100 * found.accuracy)
        silent.append(100 * found.silent_rate)
    return {
        "task": "digits",
        "network": "64-100-10",
        "loss": name,
        "decides": "spikes" if reads is None else type(reads).__name__,
        "seeds": seeds,
        "epochs": epochs,
        "mean": float(np.mean(scores)),
        "std": float(np.std(scores)),
        "silent_rate": float(np.mean(silent)),
        "command": "python benchmarks/losses.py",
    }


def mnist(options: argparse.Namespace) -> dict[str, Any]:
    seeds, epochs, threads = options.seeds or 1, options.epochs or 10, options.threads
    train, test = fs.datasets.load("mnist", root=options.root)
    encoder = fs.encoders.Latency(t_max=20e-3)
    scores = []
    for seed in range(seeds):
        hidden = fs.LIF(784, 350, spikes=fs.Many(), init=fs.Normal(0.078, 0.045))
        readout = fs.LI(
            350, 10, duration=DURATION, reads=READS[options.mnist], init=fs.Normal(0.2, 0.37)
        )
        net = fs.Network([hidden, readout], seed=seed)
        fs.train(
            net,
            train,
            encoder=encoder,
            optimizer=fs.optim.Adam(lr=2e-3, schedule=fs.optim.Cosine()),
            augment=[InputDropout(0.2)],
            epochs=epochs,
            batch_size=50,
            seed=seed,
            slope_guard=0.05,
            threads=threads,
            progress=False,
        )
        found = evaluate(net, encoder(test.inputs), test.labels, threads=threads)
        scores.append(100 * found.accuracy)
        print(f"seed {seed}: {scores[-1]:.2f}", file=sys.stderr, flush=True)
    return {
        "task": "mnist",
        "network": "784-350-10",
        "reads": options.mnist,
        "seeds": seeds,
        "epochs": epochs,
        "mean": float(np.mean(scores)),
        "std": float(np.std(scores)),
        "command": f"python benchmarks/losses.py --mnist {options.mnist} --epochs {epochs}",
    }


def cost(task: str, reads: Reads, n_samples: int = 50) -> dict[str, Any]:
    n_in, n_spikes, n_out, duration = SHAPES[task]
    rng = np.random.default_rng(0)
    index = np.repeat(np.arange(n_samples), n_spikes)
    times = rng.uniform(0, 0.6 * duration, index.size)
    sources = rng.integers(0, n_in, index.size)
    spikes = fs.SpikeBatch.from_events(index, times, sources, n_samples=n_samples, n_sources=n_in)
    layer = fs.LI(n_in, n_out, duration=duration, reads=reads)
    potentials = Potentials(layer, rng.normal(0, 0.3, (n_in, n_out)), spikes)
    seed = reads.of(potentials).seed(rng.normal(size=(n_samples, n_out)))
    return {
        "task": task,
        "shape": f"{n_spikes} spikes, {n_in}-{n_out}",
        "reads": str(reads),
        "forward_us": fastest(lambda: reads.of(potentials)) / n_samples,
        "backward_us": fastest(lambda: potentials.gradients(seed, taus=False)) / n_samples,
    }


def fastest(call: Callable[[], object], repeats: int = 10) -> float:
    """Return microseconds of processor time, the least of several runs."""
    found = []
    for _ in range(repeats):
        began = time.process_time()
        call()
        found.append(time.process_time() - began)
    return 1e6 * min(found)


if __name__ == "__main__":
    main()
