"""How far pruning can go before it costs accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.prune.magnitude import prune
from firstspike.quant.calibrate import Calibration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from firstspike.events import SpikeBatch
    from firstspike.integer_network import IntegerNetwork

__all__ = ["largest_thresholds"]


def largest_thresholds(
    network: IntegerNetwork,
    spikes: SpikeBatch,
    labels: ArrayLike,
    *,
    tolerance: float = 0.005,
    floor: int | Sequence[int] = 0,
    threads: int | None = None,
) -> list[int]:
    """Find pruning thresholds, one per layer, that keep the accuracy on a calibration set.

    Starting from 1, which changes nothing, the threshold whose next step removes the most synapses
    is raised as long as the accuracy stays within `tolerance` of the unpruned network's; a layer
    whose next step costs too much keeps its threshold.

    Parameters
    ----------
    network : IntegerNetwork
        What is to be pruned.
    spikes : SpikeBatch
        Calibration samples, not from the test set.
    labels : array_like of int64, shape (n_samples,)
        Right output neuron of each sample.
    tolerance : float, default 0.005
        Accuracy that may be lost, as a share of the samples.
    floor : int or sequence of int, default 0
        Synapses that every neuron keeps at least, see `firstspike.prune.prune`.
    threads : int, optional
        Number of threads. The result does not depend on it.

    Returns
    -------
    list of int
        For ``fs.prune(network, threshold=..., floor=floor)``.

    Raises
    ------
    ShapeError
        If there is not exactly one label per sample, or no sample.
    DomainError
        If `tolerance` is not between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> import firstspike as fs
    >>> from firstspike.prune import largest_thresholds
    >>> layer = fs.IntegerLayer(
    ...     connectivity=fs.Dense([[30, 1], [2, 30]]),
    ...     program=fs.LifProgram(7, 6, 8, shift=3, guard=0),
    ...     threshold=fs.ConstThreshold([9, 9]),
    ... )
    >>> network = fs.IntegerNetwork(layers=[layer], ticks=16, tick_seconds=1e-3)
    >>> spikes = fs.SpikeBatch.from_dense([[0.0, np.inf], [np.inf, 0.0]])
    >>> largest_thresholds(network, spikes, [0, 1])
    [3]
    """
    calibration = Calibration.of(spikes, labels)
    loss = _checks.within("tolerance", tolerance, 0.0, 1.0)
    least = calibration.accuracy(network, threads) - loss
    magnitudes = [np.abs(x.connectivity.weights.astype(np.int64)) for x in network.layers]
    thresholds = [1] * len(magnitudes)
    open_layers = set(range(len(magnitudes)))
    while open_layers:
        steps = {index: _next(magnitudes[index], thresholds[index]) for index in open_layers}
        index = max(sorted(steps), key=lambda layer: steps[layer][1])
        raised, removed = steps[index]
        if removed == 0:
            break
        trial = [*thresholds[:index], raised, *thresholds[index + 1 :]]
        pruned = prune(network, threshold=trial, floor=floor)
        if calibration.accuracy(pruned, threads) >= least:
            thresholds = trial
        else:
            open_layers.remove(index)
    return thresholds


def _next(magnitudes: np.ndarray, threshold: int) -> tuple[int, int]:
    """Return the next threshold that removes anything more, and how much."""
    left = magnitudes[magnitudes >= threshold]
    if left.size == 0:
        return threshold, 0
    smallest = int(left.min())
    return smallest + 1, int((left == smallest).sum())
