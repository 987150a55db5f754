"""What an integer weight is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike import _core
from firstspike.two_phase.codes import LinearCode, TimeCode

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["first_worth", "fitting_scale", "round_weights", "scale_of_step"]


def first_worth(code: TimeCode, ticks: int) -> int:
    """Return what the integer kernel adds for a spike at tick 0, whose value is 1."""
    return code.program().value(0, ticks)


def scale_of_step(step: int, worth: int, ticks: int) -> float:
    r"""Return the scale at which a falling threshold of whole `step` has :math:`T` levels up to 1.

    With :math:`U = z\,v_0 / s` for a potential :math:`z` and levels :math:`k / T`, the step is
    :math:`v_0 / (s T)`.
    """
    return worth / (step * ticks)


def fitting_scale(
    weights: NDArray[Any], limit: float, *, worth: int, ticks: int, code: TimeCode | None
) -> float:
    """Return the scale of least squared error that the integer network can express.

    Parameters
    ----------
    weights : ndarray
        Weights of the layer.
    limit : float
        Largest integer weight.
    worth : int
        See `first_worth`, of the code of the layer's inputs.
    ticks : int
        Ticks per window.
    code : TimeCode or None
        Code of the layer's own spikes; None for the last layer.
    """
    best = float(_core.best_weight_scale(np.ascontiguousarray(weights).reshape(-1), limit))
    if not isinstance(code, LinearCode):
        return best
    steps = worth / (ticks * best)
    near = {max(1, int(np.floor(steps))), max(1, int(np.ceil(steps)))}
    scales = [scale_of_step(step, worth, ticks) for step in sorted(near)]
    losses = [float(np.sum((round_weights(weights, s, limit) - weights) ** 2)) for s in scales]
    return scales[int(np.argmin(losses))]


def round_weights(weights: NDArray[Any], scale: float, limit: float) -> NDArray[Any]:
    """Return the nearest weights that are whole multiples of `scale`, up to `limit` of them."""
    whole = np.clip(np.rint(weights / weights.dtype.type(scale)), -limit, limit)
    rounded: NDArray[Any] = (whole * weights.dtype.type(scale)).astype(weights.dtype)
    return rounded
