"""Speed of exact training: microseconds per sample, against the floor, jaxsnn and snnTorch.

    python benchmarks/training.py [--json] [--quick] [--jaxsnn-python PYTHON]
                                  [--snntorch-python PYTHON]

Single precision, every neuron fires at most once. ``forward + backward`` is Network.forward and
Network.backward on one batch, from spikes to gradients; ``training step`` is fs.train in Rust, with
loss, optimiser and progress checks. ``initial`` is the network before, ``trained`` after a few
epochs. All figures are the minimum of several repeats.

The floor is what the arithmetic and the second-level cache traffic of these very spike counts take
on one 4 GHz core with AVX-512, at 32 operations and 32 bytes per cycle, whichever is longer: per
neuron and stretch between arrivals 14 + 4 operations (forward, backward), per synaptic arrival
1 + 1 + 5 (add weight, add gradient, input derivative; the latter not in the first layer), per
spike 220, and 12 bytes per synaptic arrival. No machine reaches it.

jaxsnn (https://pypi.org/project/jaxsnn) gets the same Yin-Yang networks and inputs, event budgets
as small as the data allow, and one thread. Its spike times are compared with ours before its speed.

snnTorch (https://pypi.org/project/snntorch) gets the MNIST network in 64 time steps with surrogate
gradients, and one thread: a different computation with the same purpose, a step of training.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import firstspike as fs
from firstspike.errors import FirstspikeError
from firstspike.train import History

HERE = Path(__file__).resolve().parent
OPERATIONS_PER_US = BYTES_PER_US = 32 * 4000.0
TAU_MEM = 20e-3


@dataclass(frozen=True)
class Case:
    """A network and what it learns."""

    task: str
    net: fs.Network
    dataset: fs.datasets.Dataset
    encoder: fs.encoders.Encoder
    data: str
    batch_size: int

    @property
    def shape(self) -> str:
        """Widths of all layers."""
        return "-".join(str(n) for n in (self.net.n_in, *(x.n_out for x in self.net.layers)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    parser.add_argument("--quick", action="store_true", help="fewer samples and repeats")
    parser.add_argument(
        "--jaxsnn-python",
        default=sys.executable if importlib.util.find_spec("jaxsnn") else None,
        help="a Python that has jaxsnn, if this one does not",
    )
    parser.add_argument(
        "--snntorch-python",
        default=sys.executable if importlib.util.find_spec("snntorch") else None,
        help="a Python that has snntorch and torch, if this one does not",
    )
    options = parser.parse_args()
    repeats = 3 if options.quick else 15
    rows = []
    for case in (yin_yang(), mnist(quick=options.quick)):
        for state in ("initial", "trained"):
            if state == "trained":
                learn(case, epochs=2 if options.quick else 10, threads=1)
            rows += measure(case, state, repeats, options.jaxsnn_python, options.snntorch_python)
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        show(rows)


def yin_yang() -> Case:
    """Return Yin-Yang on 5-120-3 with a time constant ratio of 2."""
    layers = [
        fs.LIF(5, 120, tau_mem=TAU_MEM, tau_syn=10e-3, init=fs.Normal(1.5, 0.78)),
        fs.LIF(120, 3, tau_mem=TAU_MEM, tau_syn=10e-3, init=fs.Normal(0.93, 0.1)),
    ]
    encoder = fs.encoders.Bias(fs.encoders.Linear(t_max=30e-3))
    dataset = fs.datasets.yin_yang("train")
    return Case("yin_yang", fs.Network(layers, seed=0), dataset, encoder, "real", 32)


def mnist(*, quick: bool) -> Case:
    """Return MNIST on 784-350-10 with a ratio of 4; random images where there is no data."""
    n = 500 if quick else 5000
    root = Path(os.environ.get("FIRSTSPIKE_DATA") or HERE.parents[1] / "shared" / "data")
    try:
        if not root.is_dir():
            raise FirstspikeError
        dataset, data = fs.datasets.mnist("train", root=root)[:n], "real"
    except FirstspikeError:
        rng = np.random.default_rng(0)
        inputs = np.ceil(rng.random((n, 784)) * 255) / 255 * (rng.random((n, 784)) < 0.19)
        labels = rng.integers(0, 10, n)
        dataset = fs.datasets.Dataset("random", inputs, labels, tuple("0123456789"))
        data = "synthetic"
    layers = [
        fs.LIF(784, 350, tau_mem=TAU_MEM, tau_syn=5e-3, init=fs.Normal(0.078, 0.045)),
        fs.LIF(350, 10, tau_mem=TAU_MEM, tau_syn=5e-3, init=fs.Normal(0.2, 0.37)),
    ]
    encoder = fs.encoders.Latency(t_max=20e-3)
    return Case("mnist", fs.Network(layers, seed=0), dataset, encoder, data, 50)


def learn(case: Case, *, epochs: int, threads: int) -> History:
    """Train in place and return the history."""
    return fs.train(
        case.net,
        case.dataset,
        encoder=case.encoder,
        optimizer=fs.optim.Adam(lr=5e-3 if case.task == "yin_yang" else 2e-3),
        epochs=epochs,
        batch_size=case.batch_size,
        seed=0,
        slope_guard=0.05,
        threads=threads,
        progress=False,
    )


def measure(
    case: Case,
    state: str,
    repeats: int,
    jaxsnn_python: str | None,
    snntorch_python: str | None,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of one network in one state."""
    spikes = case.encoder(case.dataset.inputs[:250])
    tape = case.net.forward(spikes)
    floor = floor_us(case.net, tape)
    dL_dt = np.random.default_rng(0).normal(size=tape.first_spike_times().shape)
    jaxsnn = None
    if jaxsnn_python and case.task == "yin_yang":
        jaxsnn = jaxsnn_us(jaxsnn_python, case, tape, repeats)
    one = None
    for threads in (1, 2):

        def forward(threads: int = threads) -> fs.Tape:
            return case.net.forward(spikes, threads=threads)

        def backward(threads: int = threads) -> fs.Gradients:
            return case.net.backward(tape, dL_dt, input_times=False, threads=threads)

        halves = [best(repeats, half) / spikes.n_samples * 1e6 for half in (forward, backward)]
        us = sum(halves)
        one = one or us
        yield row(case, state, "forward + backward", threads, us, floor) | {
            "forward_us": halves[0],
            "backward_us": halves[1],
            "spikes_per_sample": [
                tape.spikes(layer).n_spikes / spikes.n_samples
                for layer in range(len(case.net.layers))
            ],
            "speedup": one / us,
            "jaxsnn_us": jaxsnn if threads == 1 else None,
            "ratio_to_jaxsnn": jaxsnn / us if jaxsnn and threads == 1 else None,
        }
    snntorch = None
    if snntorch_python and case.task == "mnist":
        snntorch = snntorch_us(snntorch_python, case, repeats)
    one = None
    for threads in (1, 2):
        kept = [array.copy() for array in (*case.net.weights, *case.net.thresholds)]
        part = replace(case, dataset=case.dataset[:2500])  # long enough for what begins an epoch
        history = learn(part, epochs=2 * repeats, threads=threads)
        us = min(record.seconds for record in history.epochs) / len(part.dataset) * 1e6
        one = one or us
        for array, old in zip((*case.net.weights, *case.net.thresholds), kept, strict=True):
            array[...] = old
        yield row(case, state, "training step", threads, us, floor) | {
            "speedup": one / us,
            "snntorch_us": snntorch if threads == 1 else None,
            "ratio_to_snntorch": snntorch / us if snntorch and threads == 1 else None,
        }


def row(case: Case, state: str, work: str, threads: int, us: float, floor: float) -> dict[str, Any]:
    """Return what every row has."""
    return {
        "task": case.task,
        "network": case.shape,
        "data": case.data,
        "state": state,
        "work": work,
        "batch": 250 if work == "forward + backward" else case.batch_size,
        "threads": threads,
        "us_per_sample": us,
        "floor_us": floor,
        "ratio_to_floor": us / floor,
    }


def floor_us(net: fs.Network, tape: fs.Tape) -> float:
    """Return the floor described above, in microseconds per sample on one core."""
    operations = traffic = 0.0
    arrivals = tape.inputs
    for index, layer in enumerate(net.layers):
        spikes = tape.spikes(index)
        sample = np.repeat(np.arange(arrivals.n_samples), np.diff(arrivals.offsets))
        stretches = len(np.unique(np.stack([sample, arrivals.times]), axis=1).T)
        per_arrival = 2 if index == 0 else 7
        operations += layer.n_out * (18 * stretches + per_arrival * arrivals.n_spikes)
        operations += 220 * spikes.n_spikes
        traffic += 12 * layer.n_out * arrivals.n_spikes
        arrivals = spikes
    return max(operations / OPERATIONS_PER_US, traffic / BYTES_PER_US) / tape.n_samples


def best(repeats: int, work: Callable[[], Any]) -> float:
    """Return the fewest seconds."""
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def jaxsnn_us(python: str, case: Case, tape: fs.Tape, repeats: int) -> float:
    """Return jaxsnn's time per sample, after a look at its spike times."""
    spikes = case.encoder(case.dataset.inputs[:1024])
    hidden = case.net.forward(spikes).spikes(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.npz"
        np.savez(
            path,
            times=spikes.to_dense().astype(np.float32),
            labels=case.dataset.labels[:1024],
            w0=case.net.weights[0],
            w1=case.net.weights[1],
            tau_mem=case.net.layers[0].tau_mem,
            tau_syn=case.net.layers[0].tau_syn,
            t_max=10 * TAU_MEM,
            most_hidden_spikes=np.diff(hidden.offsets).max(),
        )
        command = [python, str(HERE / "jaxsnn_yin_yang.py"), str(path), "64,256,1024"]
        run = subprocess.run(
            [*command, str(min(repeats, 5))], capture_output=True, text=True, check=False
        )
    if run.returncode != 0:
        raise SystemExit(f"jaxsnn did not run:\n{run.stderr}")
    result = json.loads(run.stdout.splitlines()[-1])
    theirs, ours = np.array(result["first_spikes"]), tape.first_spike_times()[:64]
    check_same_spikes(theirs, ours)
    return result["us_per_sample"]


def snntorch_us(python: str, case: Case, repeats: int) -> float:
    """Return snnTorch's time per sample for a step of training in 64 time steps."""
    spikes = case.encoder(case.dataset.inputs[:512])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.npz"
        np.savez(
            path,
            times=spikes.to_dense().astype(np.float32),
            labels=case.dataset.labels[:512].astype(np.int64),
            w0=case.net.weights[0],
            w1=case.net.weights[1],
            tau_mem=case.net.layers[0].tau_mem,
            tau_syn=case.net.layers[0].tau_syn,
            t_max=2 * TAU_MEM,
        )
        command = [python, str(HERE / "snntorch_mnist.py"), str(path), "50,128,512"]
        run = subprocess.run(
            [*command, str(min(repeats, 5))], capture_output=True, text=True, check=False
        )
    if run.returncode != 0:
        raise SystemExit(f"snnTorch did not run:\n{run.stderr}")
    return json.loads(run.stdout.splitlines()[-1])["us_per_sample"]


def check_same_spikes(theirs: NDArray[np.float64], ours: NDArray[np.float64]) -> None:
    """Refuse a comparison of different computations."""
    both = np.isfinite(theirs) & np.isfinite(ours)
    if (np.isfinite(theirs) == np.isfinite(ours)).mean() < 0.99:
        raise SystemExit("jaxsnn finds other spikes than firstspike")
    if np.quantile(np.abs(theirs[both] - ours[both]), 0.99) > 1e-6:
        raise SystemExit("jaxsnn finds other spike times than firstspike")


def show(rows: list[dict[str, Any]]) -> None:
    """Print a table."""
    heads = ("task", "network", "data", "state", "work", "threads")
    print("{:9} {:11} {:9} {:8} {:19} {:>7}".format(*heads), end="")
    heads = ("us/sample", "floor us", "x floor", "speed-up", "other us", "x other")
    print("{:>10} {:>9} {:>8} {:>9} {:>10} {:>9}".format(*heads))
    for row in rows:
        print(
            "{task:9} {network:11} {data:9} {state:8} {work:19} {threads:7}".format(**row), end=""
        )
        print("{us_per_sample:10.2f} {floor_us:9.2f} {ratio_to_floor:8.1f}".format(**row), end="")
        print(f" {row['speedup']:9.2f}", end="")
        if row.get("jaxsnn_us"):
            print(" {jaxsnn_us:10.1f} {ratio_to_jaxsnn:9.1f} jaxsnn".format(**row), end="")
        if row.get("snntorch_us"):
            print(" {snntorch_us:10.1f} {ratio_to_snntorch:9.1f} snnTorch".format(**row), end="")
        print()


if __name__ == "__main__":
    main()
