"""Threshold-compare pruning: what the core does in place, done on the host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError, ShapeError

if TYPE_CHECKING:
    from firstspike.integer_network import IntegerLayer, IntegerNetwork

__all__ = ["prune"]


def prune(
    network: IntegerNetwork,
    *,
    threshold: int | Sequence[int] | None = None,
    sparsity: float | Sequence[float] | None = None,
    floor: int | Sequence[int] = 0,
) -> IntegerNetwork:
    """Remove every synapse with ``|w| < threshold``, down to a floor of synapses per neuron.

    Synapses go in ascending order of source, and none whose neuron has only `floor` of them left:
    exactly what the core does on command. Weights that stay, thresholds, biases and constants do
    not change; the order of the synapses does not either. A dense layer becomes a layer of lists.

    Parameters
    ----------
    network : IntegerNetwork
        What to prune.
    threshold : int or sequence of int, optional
        Of all layers or of each; 0 removes nothing, 1 exactly the synapses that do nothing.
    sparsity : float or sequence of float, optional
        Instead of a threshold: the share of the synapses of each layer that has to go, 0 to 1. The
        smallest threshold that would remove at least as many without a floor is taken; since a
        threshold cannot tell equal weights apart, more may go.
    floor : int or sequence of int, default 0
        Synapses that every neuron keeps at least, of all layers or of each; a neuron that has fewer
        keeps them all.

    Returns
    -------
    IntegerNetwork
        The pruned network; its `meta` says with which thresholds and floors.

    Raises
    ------
    DomainError
        If not exactly one of `threshold` and `sparsity` is given, or one is out of range.
    ShapeError
        If a sequence has not one entry per layer.

    Examples
    --------
    >>> import firstspike as fs
    >>> layer = fs.IntegerLayer(
    ...     connectivity=fs.Dense([[3, 0, -1], [0, -2, 1]]),
    ...     program=fs.LifProgram(7, 6, 8, shift=3, guard=0),
    ...     threshold=fs.ConstThreshold([2, 2, 2]),
    ... )
    >>> network = fs.IntegerNetwork(layers=[layer], ticks=16, tick_seconds=1e-3)
    >>> fs.prune(network, threshold=2).layers[0].connectivity.weights.tolist()
    [3, -2]
    >>> fs.prune(network, sparsity=0.3).n_synapses
    4
    >>> fs.prune(network, threshold=100, floor=1).layers[0].connectivity.weights.tolist()
    [0, -2, 1]
    """
    if (threshold is None) == (sparsity is None):
        msg = f"threshold is {threshold} and sparsity is {sparsity}, expected exactly one of them"
        raise DomainError(msg)
    n_layers = len(network.layers)
    if threshold is not None:
        values = _per_layer("threshold", threshold, n_layers)
        thresholds = [_checks.count("threshold", value) for value in values]
    else:
        shares = _per_layer("sparsity", sparsity, n_layers)
        thresholds = [
            _threshold_for(layer, _checks.within("sparsity", share, 0.0, 1.0))
            for layer, share in zip(network.layers, shares, strict=True)
        ]
    floors = [_checks.count("floor", value) for value in _per_layer("floor", floor, n_layers)]
    layers = tuple(
        replace(layer, connectivity=layer.connectivity.to_lists(min_magnitude=value, floor=least))
        for layer, value, least in zip(network.layers, thresholds, floors, strict=True)
    )
    meta = dict(network.meta) | {"pruned_with_thresholds": thresholds}
    if any(floors):
        meta["pruned_with_floors"] = floors
    return replace(network, layers=layers, meta=meta)


def _threshold_for(layer: IntegerLayer, share: float) -> int:
    """Return the smallest threshold that removes at least this share of the synapses."""
    magnitudes = np.sort(np.abs(layer.connectivity.weights.astype(np.int64)), axis=None)
    n_removed = int(np.ceil(share * magnitudes.size - 1e-9))
    return int(magnitudes[n_removed - 1]) + 1 if n_removed > 0 else 0


def _per_layer(name: str, value: Any, n_layers: int) -> list[Any]:  # noqa: ANN401
    values = list(value) if isinstance(value, Sequence) else [value] * n_layers
    if len(values) != n_layers:
        msg = f"{name} has {len(values)} entries, expected one per layer, that is {n_layers}"
        raise ShapeError(msg)
    return values
