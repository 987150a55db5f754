"""The two passes of a two-phase network, as functions of arrays alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Rounding", "Trace", "backward", "cross_entropy", "forward"]


@dataclass(frozen=True, eq=False)
class Rounding:
    """The values of a code on a clock, as a rounding of potentials.

    Parameters
    ----------
    values, levels : ndarray, shape (ticks,)
        As `TimeCode` gives them.
    """

    values: NDArray[np.float64]
    levels: NDArray[np.float64]

    def ticks(self, potentials: NDArray[Any]) -> NDArray[np.intp]:
        """Return the tick at which each potential fires; the number of ticks if it does not."""
        return len(self.levels) - np.searchsorted(self.levels[::-1], potentials, side="right")

    def __call__(self, potentials: NDArray[Any]) -> NDArray[Any]:
        """Return the value of the spike that each potential fires, 0 for none."""
        return np.append(self.values, 0.0).astype(potentials.dtype)[self.ticks(potentials)]


@dataclass(frozen=True, eq=False)
class Trace:
    """What the backward pass needs: inputs of every layer, and where the activation is not flat."""

    inputs: list[NDArray[Any]]
    open: list[NDArray[np.bool_]]
    scores: NDArray[Any]


def forward(
    x: NDArray[Any],
    weights: Sequence[NDArray[Any]],
    biases: Sequence[NDArray[Any]],
    roundings: Sequence[Rounding | None],
    gates: Sequence[NDArray[Any] | None],
) -> Trace:
    r"""Compute :math:`x_l = \rho_l(x_{l-1} W_l + b_l)` and the scores of the last layer.

    Parameters
    ----------
    x : ndarray, shape (n_samples, n_in)
        Values in [0, 1].
    weights, biases : sequence of ndarray
        Of every layer.
    roundings : sequence, one per hidden layer
        None for values in continuous time, :math:`\rho(z) = \min(\max(z, 0), 1)`.
    gates : sequence, one per hidden layer
        Factors on its values (dropout), or None.
    """
    inputs, gaps = [x], []
    for w, b, rounding, gate in zip(weights[:-1], biases[:-1], roundings, gates, strict=True):
        z = inputs[-1] @ w + b
        lowest = 0.0 if rounding is None else float(rounding.levels[-1])
        gaps.append((z > lowest) & (z < 1.0))
        value = np.clip(z, 0.0, 1.0) if rounding is None else rounding(z)
        inputs.append(value if gate is None else value * gate)
    return Trace(inputs, gaps, inputs[-1] @ weights[-1] + biases[-1])


def backward(
    trace: Trace,
    weights: Sequence[NDArray[Any]],
    gates: Sequence[NDArray[Any] | None],
    error: NDArray[Any],
) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
    r"""Return dL/dW and dL/db of every layer, given dL/dscores.

    Rounding is passed straight through. With continuous values this is the exact gradient of the
    spike times: for :math:`t = (2 - x)\,T_w` after the start of the listening window,
    :math:`\partial t_i / \partial t_j = W_{ji}` between neurons that fire.
    """
    dw, db = [], []
    for layer in range(len(weights) - 1, -1, -1):
        dw.append(trace.inputs[layer].T @ error)
        db.append(error.sum(axis=0))
        if layer:
            error = (error @ weights[layer].T) * trace.open[layer - 1]
            gate = gates[layer - 1]
            error = error if gate is None else error * gate
    return dw[::-1], db[::-1]


def cross_entropy(scores: NDArray[Any], labels: NDArray[np.int64]) -> tuple[float, NDArray[Any]]:
    r"""Return the mean of :math:`-\log\mathrm{softmax}(s)_y` and its derivative.

    Examples
    --------
    >>> import numpy as np
    >>> loss, error = cross_entropy(np.zeros((1, 2)), np.array([0]))
    >>> round(loss, 4), error.tolist()
    (0.6931, [[-0.5, 0.5]])
    """
    rows = np.arange(len(labels))
    shifted = scores - scores.max(axis=1, keepdims=True)
    total = np.exp(shifted).sum(axis=1, keepdims=True)
    loss = float(np.mean(np.log(total[:, 0]) - shifted[rows, labels], dtype=np.float64))
    error = np.exp(shifted) / total
    error[rows, labels] -= 1
    return loss, error / np.asarray(len(labels), scores.dtype)
