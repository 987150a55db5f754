"""How well a network decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.errors import ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from firstspike.events import SpikeBatch
    from firstspike.models import Network, Tape

__all__ = ["Evaluation", "decide", "decisions", "evaluate", "silent"]

#: Samples that a network with a readout runs at a time.
SAMPLES_PER_TAPE = 500


@dataclass(frozen=True)
class Evaluation:
    """Figures of a network on labelled samples.

    Parameters
    ----------
    accuracy : float
        Share of samples decided rightly; a sample without an output spike counts as wrong.
    silent_rate : float
        Share of samples without any output spike, or where no spike reaches the readout.
    spikes_per_neuron : float
        Mean number of spikes of a neuron in one sample, all layers together.
    """

    accuracy: float
    silent_rate: float
    spikes_per_neuron: float


def decide(times: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index of the earliest output of each sample, the lower where times are equal; -1 if none.

    Examples
    --------
    >>> import numpy as np
    >>> from firstspike.train import decide
    >>> decide(np.array([[3.0, 1.0, 1.0], [np.inf, np.inf, np.inf]])).tolist()
    [1, -1]
    """
    return np.where(np.isfinite(times).any(axis=1), np.argmin(times, axis=1), -1)


def decisions(tape: Tape) -> NDArray[np.int64]:
    """Index of the output that a network decides for, by its readout or else by `decide`."""
    return decide(tape.first_spike_times()) if tape.readout is None else tape.readout.decisions()


def silent(tape: Tape, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which samples have a silent label output, or no spike that reaches the readout."""
    times = tape.first_spike_times()
    if tape.readout is None:
        return np.isinf(times[np.arange(len(labels)), labels])
    return np.asarray(np.isinf(times).all(axis=1))


def evaluate(
    net: Network,
    spikes: SpikeBatch,
    labels: ArrayLike,
    *,
    tick: float | None = None,
    threads: int | None = None,
) -> Evaluation:
    """Run a network on labelled samples and count.

    Parameters
    ----------
    net : Network
        The network.
    spikes : SpikeBatch
        Encoded samples.
    labels : array_like of int, shape (n_samples,)
        Right outputs.
    tick : float, optional
        Seconds per tick of a clock that input and hidden spikes are rounded down to.
    threads : int, optional
        Number of threads; all cores if omitted.

    Raises
    ------
    ShapeError
        If there is not one label per sample, or no sample at all.

    Examples
    --------
    >>> import firstspike as fs
    >>> from firstspike.train import evaluate
    >>> data, _ = fs.datasets.load("digits")
    >>> net = fs.Network([fs.LIF(64, 30), fs.LIF(30, 10)], seed=0)
    >>> spikes = fs.encoders.Latency(t_max=20e-3)(data.inputs)
    >>> 0.0 <= evaluate(net, spikes, data.labels).accuracy <= 1.0
    True
    """
    labels = _checks.int_vector("labels", labels, np.int64)
    if len(labels) != spikes.n_samples or not len(labels):
        msg = (
            f"labels has {len(labels)} entries, expected one for each of {spikes.n_samples} samples"
        )
        raise ShapeError(msg)
    neurons = sum(layer.n_out for layer in net.spiking)
    if net.readout is not None:
        return _evaluate_readout(net, spikes, labels, tick, threads, neurons)
    times, counts = net.infer(spikes, tick=tick, threads=threads)
    return Evaluation(
        accuracy=float(np.mean(decide(times) == labels)),
        silent_rate=float(np.mean(~np.isfinite(times).any(axis=1))),
        spikes_per_neuron=sum(counts) / (len(labels) * neurons),
    )


def _evaluate_readout(
    net: Network,
    spikes: SpikeBatch,
    labels: NDArray[np.int64],
    tick: float | None,
    threads: int | None,
    neurons: int,
) -> Evaluation:
    """Count on tapes, chunk by chunk: a readout needs to know all spikes."""
    correct = quiet = n_spikes = 0
    for first in range(0, len(labels), SAMPLES_PER_TAPE):
        chunk = slice(first, first + SAMPLES_PER_TAPE)
        tape = net.forward(spikes[chunk], tick=tick, threads=threads)
        correct += int(np.sum(decisions(tape) == labels[chunk]))
        quiet += int(np.sum(silent(tape, labels[chunk])))
        n_spikes += sum(tape.spikes(layer).n_spikes for layer in range(len(net.spiking)))
    return Evaluation(
        accuracy=correct / len(labels),
        silent_rate=quiet / len(labels),
        spikes_per_neuron=n_spikes / (len(labels) * neurons),
    )
