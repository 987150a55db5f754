"""Networks and data that the speed of training is measured on, and what bounds it from below."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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
    #: Samples per step: those of the recipe, and others to measure.
    batch_sizes: tuple[int, ...]

    @property
    def shape(self) -> str:
        """Widths of all layers."""
        return "-".join(str(n) for n in (self.net.n_in, *(x.n_out for x in self.net.layers)))


def yin_yang(*, quick: bool) -> Case:
    """Return Yin-Yang on 5-120-3 with a time constant ratio of 2."""
    layers = [
        fs.LIF(5, 120, tau_mem=TAU_MEM, tau_syn=10e-3, init=fs.Normal(1.5, 0.78)),
        fs.LIF(120, 3, tau_mem=TAU_MEM, tau_syn=10e-3, init=fs.Normal(0.93, 0.1)),
    ]
    encoder = fs.encoders.Bias(fs.encoders.Linear(t_max=30e-3))
    dataset = fs.datasets.yin_yang("train")
    dataset = dataset[:1000] if quick else dataset
    return Case("yin_yang", fs.Network(layers, seed=0), dataset, encoder, "real", (32,))


def mnist(*, quick: bool) -> Case:
    """Return MNIST on 784-350-10 with a ratio of 4; random images where there is no data.

    Epochs of 10,000 samples are long enough for what begins and ends one, some 4 ms.
    """
    n = 500 if quick else 10_000
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
    return Case("mnist", fs.Network(layers, seed=0), dataset, encoder, data, (100, 50, 200, 512))


CASES = {"yin_yang": yin_yang, "mnist": mnist}


def learn(case: Case, *, epochs: int, threads: int, batch_size: int | None = None) -> History:
    """Train in place and return the history."""
    return fs.train(
        case.net,
        case.dataset,
        encoder=case.encoder,
        optimizer=fs.optim.Adam(lr=5e-3 if case.task == "yin_yang" else 2e-3),
        epochs=epochs,
        batch_size=batch_size or case.batch_sizes[0],
        seed=0,
        slope_guard=0.05,
        threads=threads,
        progress=False,
    )


def floor_us(net: fs.Network, tape: fs.Tape) -> float:
    """Return what arithmetic or traffic alone take, in microseconds per sample on one core.

    On 4 GHz with AVX-512, at 32 operations and 32 bytes of the second-level cache per cycle,
    whichever is longer: per neuron and stretch between arrivals 14 + 4 operations (forward,
    backward), per synaptic arrival 1 + 1 + 5 (add weight, add gradient, input derivative; the
    latter not in the first layer), per spike 220, and 12 bytes per synaptic arrival.
    """
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
