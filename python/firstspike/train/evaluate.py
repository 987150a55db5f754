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
    from firstspike.models import Network

__all__ = ["Evaluation", "decide", "evaluate"]


@dataclass(frozen=True)
class Evaluation:
    """Figures of a network on labelled samples.

    Parameters
    ----------
    accuracy : float
        Share of samples decided rightly; a sample without an output spike counts as wrong.
    silent_rate : float
        Share of samples without any output spike.
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
    times, counts = net.infer(spikes, tick=tick, threads=threads)
    neurons = sum(layer.n_out for layer in net.layers)
    return Evaluation(
        accuracy=float(np.mean(decide(times) == labels)),
        silent_rate=float(np.mean(~np.isfinite(times).any(axis=1))),
        spikes_per_neuron=sum(counts) / (len(labels) * neurons),
    )
