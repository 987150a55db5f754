"""What a slope guard does to gradients and to training.

    python benchmarks/slope_guard.py [--json] [--seeds N]

Digits, a third of the training samples held out, 64-120-10, 30 epochs of Adam at 5e-3, the same for
every guard; mean and standard deviation over seeds. ``accuracy`` is that on the held-out samples,
with each guard in training. The rest is about the network trained without a guard and gradients by
all its weights of random combinations of first output spikes, one per held-out sample:
``touched_percent`` is the share of spikes whose slope the guard raises, ``largest`` the largest
norm over samples in units of the median norm without a guard, ``spread`` the standard deviation of
norms in that unit, and ``cosine`` that of the angle between their sum and the one without a guard.
"""

import argparse
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

import firstspike as fs
from firstspike.train import evaluate

GUARDS = (None, 0.02, 0.05, 0.1, 0.2, 0.5)
ENCODER = fs.encoders.Latency(t_max=20e-3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=30)
    options = parser.parse_args()
    found = rows(options.seeds, options.epochs)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    names = [name for name in found[0] if not name.endswith("_std") and name != "seeds"]
    print("  ".join(f"{name:>14}" for name in names))
    for row in found:
        cells = [
            f"{row[name]:.4g} +- {row[name + '_std']:.2g}" if name + "_std" in row else row[name]
            for name in names
        ]
        print("  ".join(f"{cell!s:>14}" for cell in cells))


def rows(n_seeds: int, epochs: int) -> list[dict[str, Any]]:
    """Measure every guard with every seed."""
    measured: dict[float | None, list[dict[str, float]]] = {guard: [] for guard in GUARDS}
    for seed in range(n_seeds):
        train, held = fs.datasets.load("digits")[0].split(1 / 3, seed=seed)
        nets = {guard: learn(train, guard, seed, epochs) for guard in GUARDS}
        exact = norms_and_sum(nets[None], held, None)
        for guard, net in nets.items():
            score = {"accuracy": accuracy(net, held)}
            measured[guard].append(score | compare(nets[None], held, guard, exact))
    return [
        {"slope_guard": guard, "seeds": n_seeds} | summary(figures)
        for guard, figures in measured.items()
    ]


def learn(
    train: fs.datasets.Dataset[Any], guard: float | None, seed: int, epochs: int
) -> fs.Network:
    """Train one network."""
    net = fs.Network([fs.LIF(64, 120), fs.LIF(120, 10)], seed=seed)
    optimizer = fs.optim.Adam(lr=5e-3)
    fs.train(
        net,
        train,
        encoder=ENCODER,
        optimizer=optimizer,
        epochs=epochs,
        slope_guard=guard,
        seed=seed,
        progress=False,
    )
    return net


def accuracy(net: fs.Network, held: fs.datasets.Dataset[Any]) -> float:
    """Return the share of right decisions in per cent."""
    return 100 * evaluate(net, ENCODER(held.inputs), held.labels).accuracy


Gradients = tuple[NDArray[np.float64], NDArray[np.float64]]


def norms_and_sum(
    net: fs.Network, held: fs.datasets.Dataset[Any], guard: float | None
) -> Gradients:
    """Return the norm of every sample's gradient by all weights, and the sum of them all."""
    spikes, norms, total = ENCODER(held.inputs), [], np.zeros(1)
    seeds = np.random.default_rng(0).normal(size=(spikes.n_samples, net.n_out))
    for sample in range(spikes.n_samples):
        tape = net.forward(spikes[[sample]], threads=1)
        grads = net.backward(tape, seeds[[sample]], slope_guard=guard, threads=1)
        flat = np.concatenate([array.ravel() for array in grads.weights]).astype(np.float64)
        norms.append(np.linalg.norm(flat))
        total = total + flat
    return np.array(norms), np.asarray(total)


def compare(
    net: fs.Network, held: fs.datasets.Dataset[Any], guard: float | None, exact: Gradients
) -> dict[str, float]:
    """Compare gradients under a guard with those without."""
    tape = net.forward(ENCODER(held.inputs))
    slopes = np.concatenate([tape.slopes(layer) for layer in (0, 1)])
    norms, total = norms_and_sum(net, held, guard)
    unit = float(np.median(exact[0]))
    cosine = total @ exact[1] / (np.linalg.norm(total) * np.linalg.norm(exact[1]))
    return {
        "touched_percent": 100 * float(np.mean(slopes < (guard or 0.0))),
        "largest": float(norms.max()) / unit,
        "spread": float(norms.std()) / unit,
        "cosine": float(cosine),
    }


def summary(figures: list[dict[str, float]]) -> dict[str, float]:
    """Return mean and standard deviation over seeds."""
    found = {}
    for name in figures[0]:
        values = [each[name] for each in figures]
        found[name] = float(np.mean(values))
        found[f"{name}_std"] = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return found


if __name__ == "__main__":
    main()
