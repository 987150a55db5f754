"""How well a network decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from firstspike.events import SpikeBatch
    from firstspike.models import Network, Tape

__all__ = ["Evaluation", "decide", "decisions", "evaluate", "predict", "silent"]

#: Samples that are run and recorded at a time.
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


def predict(
    net: Network,
    spikes: SpikeBatch,
    *,
    until: float | None = None,
    tick: float | None = None,
    threads: int | None = None,
) -> NDArray[np.int64]:
    """Decide every sample, see `evaluate`.

    Returns
    -------
    ndarray of int64, shape (n_samples,)
        Index of an output; -1 where none spikes.

    Examples
    --------
    >>> import firstspike as fs
    >>> from firstspike.train import predict
    >>> net = fs.Network([fs.LIF(1, 2, init=fs.Normal(10.0, 0.0))], seed=0)
    >>> predict(net, fs.SpikeBatch.from_lists([[(0.0, 0)], []], n_sources=1)).tolist()
    [0, -1]
    """
    if _plain(net, until):
        return decide(net.infer(spikes, tick=tick, threads=threads)[0])
    found = [decisions(tape) for tape, _ in _tapes(net, spikes, until, tick, threads)]
    return np.concatenate([np.zeros(0, np.int64), *found])


def evaluate(
    net: Network,
    spikes: SpikeBatch,
    labels: ArrayLike,
    *,
    until: float | None = None,
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
    until : float, optional
        End of a trial in seconds, see `Network.forward`.
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
    neurons = len(labels) * sum(layer.n_out for layer in net.spiking)
    if _plain(net, until):
        times, counts = net.infer(spikes, tick=tick, threads=threads)
        return Evaluation(
            accuracy=float(np.mean(decide(times) == labels)),
            silent_rate=float(np.mean(~np.isfinite(times).any(axis=1))),
            spikes_per_neuron=sum(counts) / neurons,
        )
    correct = quiet = n_spikes = 0
    for tape, chunk in _tapes(net, spikes, until, tick, threads):
        correct += int(np.sum(decisions(tape) == labels[chunk]))
        quiet += int(np.sum(np.isinf(tape.first_spike_times()).all(axis=1)))
        n_spikes += sum(tape.spikes(layer).n_spikes for layer in range(len(net.spiking)))
    return Evaluation(
        accuracy=correct / len(labels),
        silent_rate=quiet / len(labels),
        spikes_per_neuron=n_spikes / neurons,
    )


def _plain(net: Network, until: float | None) -> bool:
    """Tell whether the network can be run without a tape."""
    return net.readout is None and not net.extras and until is None


def _tapes(
    net: Network,
    spikes: SpikeBatch,
    until: float | None,
    tick: float | None,
    threads: int | None,
) -> Iterator[tuple[Tape, slice]]:
    for first in range(0, spikes.n_samples, SAMPLES_PER_TAPE):
        chunk = slice(first, first + SAMPLES_PER_TAPE)
        yield net.forward(spikes[chunk], until=until, tick=tick, threads=threads), chunk
