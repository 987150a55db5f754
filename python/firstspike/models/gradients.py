"""Derivatives of a loss with respect to everything in a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Gradients"]


@dataclass(frozen=True, eq=False)
class Gradients:
    """What `Network.backward` returns; arrays have the dtype of the network.

    Attributes
    ----------
    weights : sequence of ndarray, shape (n_in, n_out)
        dL/dw of each layer, summed over the batch.
    thresholds : sequence of ndarray, shape (n_out,)
        dL/dθ of each layer, summed over the batch.
    spike_times : sequence of ndarray, shape (n_spikes,)
        Total derivative dL/dt, per second, of every spike of each layer: how the loss answers if
        that spike alone were moved and everything after it reacted. In the order of
        ``tape.spikes(layer).times``.
    input_times : ndarray, shape (n_spikes,), or None
        dL/dt, per second, of every input spike; None if not asked for.

    Examples
    --------
    >>> import numpy as np
    >>> import firstspike as fs
    >>> net = fs.Network([fs.LIF(1, 1, init=fs.Normal(10.0, 0.0))], seed=0)
    >>> tape = net.forward(fs.SpikeBatch.from_lists([[(1e-3, 0)]], n_sources=1))
    >>> grads = net.backward(tape, np.ones((1, 1)))
    >>> bool(grads.weights[0][0, 0] < 0)           # a stronger synapse fires earlier
    True
    >>> round(float(grads.input_times[0]), 5)      # a later input delays the output by as much
    1.0
    """

    weights: Sequence[NDArray[Any]]
    thresholds: Sequence[NDArray[Any]]
    spike_times: Sequence[NDArray[Any]]
    input_times: NDArray[Any] | None
