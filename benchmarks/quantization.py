"""What integers cost: accuracy against weight bits and ticks, with and without calibration.

    python benchmarks/quantization.py [--json] [--quick]

Networks for digits are trained in floating point, briefly and without any adaptation to integers,
then quantised as they are. ``plain`` takes the scales with the least squared error, ``calibrated``
those that `firstspike.quantize` finds on training samples. Every figure is the mean over seeds on
the test set; the spread is the standard deviation over seeds.
"""

import argparse
import json
from typing import Any

import numpy as np

import firstspike as fs

BITS = (2, 3, 4, 6, 8)
ENCODER = fs.encoders.Latency(t_max=20e-3)
WINDOW = 30e-3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    parser.add_argument("--quick", action="store_true", help="one seed, two widths")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    seeds = range(1 if options.quick else options.seeds)
    nets = [trained(seed, options.threads, 10 if options.quick else 80) for seed in seeds]
    rows = [
        row(nets, bits, ticks, options.threads)
        for ticks in ((64,) if options.quick else (32, 64, 128))
        for bits in ((4, 6) if options.quick else BITS)
    ]
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    heads = ("seeds", "ticks", "bits", "float", "plain", "calibrated", "ties", "silent")
    print("{:>5} {:>6} {:>5} {:>8} {:>16} {:>16} {:>7} {:>7}".format(*heads))
    for r in rows:
        print(
            f"{r['seeds']:5} {r['ticks']:6} {r['weight_bits']:5} "
            f"{r['float']:8.4f} {r['plain']:8.4f} ±{r['plain_std']:.4f} "
            f"{r['calibrated']:8.4f} ±{r['calibrated_std']:.4f} "
            f"{r['tie_rate']:7.4f} {r['silent_rate']:7.4f}"
        )


def trained(seed: int, threads: int, epochs: int) -> fs.Network:
    """Return a float network for digits."""
    layers = [
        fs.LIF(64, 120, init=fs.Normal(0.3, 0.6)),
        fs.LIF(120, 10, init=fs.Normal(0.5, 0.8)),
    ]
    net = fs.Network(layers, seed=seed)
    fs.train(
        net,
        fs.datasets.load("digits")[0],
        encoder=ENCODER,
        loss=fs.losses.FirstSpikeCrossEntropy(tau0=2e-3),
        silent=fs.losses.SilentHinge(output=5.0),
        optimizer=fs.optim.Adam(lr=5e-3, schedule=fs.optim.Cosine()),
        epochs=epochs,
        seed=seed,
        slope_guard=0.03,
        threads=threads,
        progress=False,
    )
    return net


def row(nets: list[fs.Network], bits: int, ticks: int, threads: int) -> dict[str, Any]:
    """Quantise all networks one way and measure them."""
    train, test = fs.datasets.load("digits")
    spikes = ENCODER(test.inputs)
    known = (ENCODER(train.inputs), train.labels)
    window = {"ticks": ticks, "t_window": WINDOW, "weight_bits": bits}
    exact, plain, calibrated, ties, silent = [], [], [], [], []
    for net in nets:
        first, _ = net.infer(spikes, threads=threads)
        right = (first.argmin(axis=1) == test.labels) & np.isfinite(first).any(axis=1)
        exact.append(float(right.mean()))
        run = fs.quantize(net, **window).simulate(spikes, threads=threads)
        plain.append(run.accuracy(test.labels))
        ties.append(run.tie_rate)
        silent.append(run.silent_rate)
        better = fs.quantize(net, **window, calibration=known, threads=threads)
        calibrated.append(better.simulate(spikes, threads=threads).accuracy(test.labels))
    return {
        "seeds": len(nets),
        "ticks": ticks,
        "weight_bits": bits,
        "float": float(np.mean(exact)),
        "plain": float(np.mean(plain)),
        "plain_std": float(np.std(plain)),
        "calibrated": float(np.mean(calibrated)),
        "calibrated_std": float(np.std(calibrated)),
        "tie_rate": float(np.mean(ties)),
        "silent_rate": float(np.mean(silent)),
    }


if __name__ == "__main__":
    main()
