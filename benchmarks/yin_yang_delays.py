"""Yin-Yang 4(+bias)-30-3 with learned delays: two networks, composed by hand.

    python benchmarks/yin_yang_delays.py [--json] [--seeds N] [--epochs N] [--fixed] [--choose]
                                         [--workers N] [--keep FILE]

Every synapse has a delay of its own, and descent moves it: a synapse becomes a source, its delay
moves that source's spike, and ``grads.input_times`` is the derivative. Between the layers the same
derivative goes on as the seed of the layer below, so the gradient of the whole is exact. --fixed
leaves all delays at zero; --choose measures on 5000 other points instead of the test set, as the
settings were chosen.
"""

import argparse
import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import firstspike as fs
from firstspike.train import Processes, decide

HIDDEN, BATCH, EPOCHS = 30, 50, 60
TAU_MEM, TAU_SYN = 10e-3, 5e-3
ENCODER = fs.encoders.Bias(fs.encoders.Linear(t_max=10e-3))
LOSS = fs.losses.FirstSpikeCrossEntropy(tau0=1e-3, alpha=0.003)
HINGE = fs.losses.SilentHinge(output=10.0)
#: Weights, and delays in units of the synaptic time constant.
OPTIMIZER = fs.optim.Adam(lr=5e-3, schedule=fs.optim.Cosine())
Array = NDArray[np.float64]


@dataclass
class Delayed:
    """A layer whose every synapse delays: weights and delays in units of TAU_SYN, (n_in, n_out)."""

    weights: Array
    delays: Array
    threads: int

    def __post_init__(self) -> None:
        n_in, n_out = self.weights.shape
        layer = fs.LIF(n_in * n_out, n_out, tau_mem=TAU_MEM, tau_syn=TAU_SYN)
        self.net = fs.Network([layer], seed=0, dtype=np.float64)
        self.own = np.tile(np.eye(n_out, dtype=bool), (n_in, 1))  # source (i, j) reaches j only

    def forward(self, times: Array) -> fs.Tape:
        """Run on first spike times, shape (n_samples, n_in)."""
        self.net.weights[0] = np.where(self.own, self.weights.reshape(-1, 1), 0.0)
        arrivals = times[:, :, None] + TAU_SYN * self.delays
        self.spikes = fs.SpikeBatch.from_dense(arrivals.reshape(len(times), -1))
        return self.net.forward(self.spikes, threads=self.threads)

    def backward(
        self, tape: fs.Tape, dL_dt: Array, dL_dvmax: dict[int, Array] | None = None
    ) -> tuple[Array, Array, Array]:
        """Return derivatives of weights, of delays, and of the times that came in."""
        grads = self.net.backward(tape, dL_dt, dL_dvmax, slope_guard=0.05, threads=self.threads)
        n_in, n_out = self.weights.shape
        moved = np.zeros((self.spikes.n_samples, n_in * n_out))
        moved[self.spikes.samples, self.spikes.sources] = grads.input_times
        moved = moved.reshape(-1, n_in, n_out)
        weights = grads.weights[0][self.own].reshape(n_in, n_out)
        return weights, TAU_SYN * moved.sum(axis=0), moved.sum(axis=2)


def one_run(*, seed: int, threads: int, epochs: int, fixed: bool, choose: bool) -> dict[str, float]:
    """Train one network; figures in per cent."""
    rng = np.random.default_rng(seed)
    train, test = fs.datasets.load("yin_yang")
    if choose:
        test = fs.datasets.generate_yin_yang(5000, seed=41)
    layers = [
        Delayed(rng.normal(1.5, 0.8, (5, HIDDEN)), np.zeros((5, HIDDEN)), threads),
        Delayed(rng.normal(0.5, 0.8, (HIDDEN, 3)), np.zeros((HIDDEN, 3)), threads),
    ]
    learned = [layers[0].weights, layers[1].weights]
    learned += [] if fixed else [layers[0].delays, layers[1].delays]
    state = OPTIMIZER.init(learned)
    times = ENCODER(train.inputs).to_dense()
    steps = len(times) // BATCH
    for epoch in range(epochs):
        order = rng.permutation(len(times))
        for step in range(steps):
            chosen = order[step * BATCH : (step + 1) * BATCH]
            grads = gradients(layers, times[chosen], train.labels[chosen])
            progress = fs.optim.Progress(epoch + step / steps, epochs)
            rate = OPTIMIZER.lr * OPTIMIZER.schedule(progress)
            OPTIMIZER.update(learned, grads[: len(learned)], state, lr=rate)
            for layer in layers:
                np.maximum(layer.delays, 0.0, out=layer.delays)
    return {
        "accuracy": accuracy(layers, ENCODER(test.inputs).to_dense(), test.labels),
        "train": accuracy(layers, times, train.labels),
        "mean_delay_ms": 1e3 * TAU_SYN * float(layers[0].delays.mean()),
    }


def gradients(layers: list[Delayed], times: Array, labels: NDArray[np.int64]) -> list[Array]:
    """Return derivatives of weights and then of delays, layer by layer."""
    below = layers[0].forward(times)
    above = layers[1].forward(below.first_spike_times())
    _, derivatives = fs.losses.evaluate(fs.losses.Sum([LOSS, HINGE]), above, labels)
    w1, d1, dL_dt = layers[1].backward(above, derivatives.dL_dt, derivatives.dL_dvmax)
    w0, d0, _ = layers[0].backward(below, dL_dt)
    return [w0, w1, d0, d1]


def accuracy(layers: list[Delayed], times: Array, labels: NDArray[np.int64]) -> float:
    """Per cent of samples decided rightly."""
    for layer in layers:
        times = layer.forward(times).first_spike_times()
    return 100 * float(np.mean(decide(times) == labels))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--fixed", action="store_true", help="delays stay at zero")
    parser.add_argument("--choose", action="store_true", help="measure on points held out")
    parser.add_argument("--workers", type=int, help="runs side by side; default: one per core")
    parser.add_argument("--keep", help="file for finished runs")
    options = parser.parse_args()
    grid = {"epochs": [options.epochs], "fixed": [options.fixed], "choose": [options.choose]}
    table = fs.sweep(
        one_run,
        seeds=range(options.seeds),
        grid=grid,
        pool=Processes(options.workers),
        path=options.keep,
    )
    done = [run.figures for run in table.rows if run.figures is not None]
    values = [run["accuracy"] for run in done]
    row = {
        "task": "yin_yang with " + ("no delays" if options.fixed else "learned delays"),
        "network": f"5-{HIDDEN}-3",
        "seeds": len(values),
        "mean": float(np.mean(values)),
        "std": float(np.std(values, ddof=1)) if len(values) > 1 else None,
        "values": values,
        "train": [run["train"] for run in done],
        "mean_delay_ms": [run["mean_delay_ms"] for run in done],
        "command": f"python benchmarks/yin_yang_delays.py --seeds {options.seeds}"
        + (" --fixed" if options.fixed else ""),
    }
    print(json.dumps([row], indent=2) if options.json else str(table))


if __name__ == "__main__":
    main()
