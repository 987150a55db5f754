"""What an optimiser is: frozen constants, and a state that the caller owns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from firstspike import _core

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firstspike.optim.schedules import Schedule

__all__ = ["Optimizer", "OptimizerState"]


@dataclass
class OptimizerState:
    """Everything an optimiser remembers, as plain arrays.

    Parameters
    ----------
    step : int
        Number of steps taken.
    moments : list of lists of ndarray
        For every parameter array, its moments, of the parameter's shape and dtype.
    """

    step: int
    moments: list[list[NDArray[Any]]]


class Optimizer(Protocol):
    """Constants of an update rule; `init` and `update` work on any list of arrays.

    Examples
    --------
    >>> import numpy as np
    >>> from firstspike.optim import SGD
    >>> optimizer, params = SGD(lr=0.1), [np.array([1.0, 2.0])]
    >>> state = optimizer.init(params)
    >>> optimizer.update(params, [np.array([1.0, -1.0])], state, lr=optimizer.lr)
    >>> params[0].tolist(), state.step
    ([0.9, 2.1], 1)
    """

    @property
    def lr(self) -> float:
        """Learning rate before the schedule's factor."""
        ...

    @property
    def schedule(self) -> Schedule:
        """Factor on the learning rate over time."""
        ...

    @property
    def clip_norm(self) -> float | None:
        """Largest norm of the whole gradient, or None."""
        ...

    def rule(self) -> _core.UpdateRule:
        """Return the update rule of the core."""
        ...

    def init(self, params: Sequence[NDArray[Any]]) -> OptimizerState:
        """Return the state before the first step."""
        ...

    def update(
        self,
        params: Sequence[NDArray[Any]],
        grads: Sequence[NDArray[Any]],
        state: OptimizerState,
        *,
        lr: float,
        decayed: Sequence[bool] | None = None,
    ) -> None:
        """Take one step: change `params` and `state` in place.

        Parameters
        ----------
        params, grads : sequence of ndarray
            Parameters and the derivatives of the loss.
        state : OptimizerState
            From `init`.
        lr : float
            Learning rate.
        decayed : sequence of bool, optional
            Which parameters a weight decay applies to; all if omitted. `firstspike.train` gives it
            only where something else than weights is learned.
        """
        ...


def init_state(rule: _core.UpdateRule, params: Sequence[NDArray[Any]]) -> OptimizerState:
    """Zero moments for every parameter array."""
    moments = [[np.zeros_like(array) for _ in range(rule.n_moments)] for array in params]
    return OptimizerState(step=0, moments=moments)


def apply_update(
    rules: Sequence[_core.UpdateRule],
    clip_norm: float | None,
    params: Sequence[NDArray[Any]],
    grads: Sequence[NDArray[Any]],
    state: OptimizerState,
    lr: float,
) -> None:
    """Clip, then step every array in place, by the kernels that fused training uses."""
    flat = [
        np.array(grad, dtype=array.dtype).reshape(-1)
        for array, grad in zip(params, grads, strict=True)
    ]
    if clip_norm is not None:
        _clip(flat, clip_norm)
    state.step += 1
    for rule, array, grad, moments in zip(rules, params, flat, state.moments, strict=True):
        vectors = [moment.reshape(-1) for moment in moments]
        rule.step(state.step, lr, array.reshape(-1), grad, vectors)


def _clip(flat: list[NDArray[Any]], clip_norm: float) -> None:
    """Clip all together; the core wants one precision, and times are double in any network."""
    if len({grad.dtype for grad in flat}) == 1:
        _core.clip_by_norm(flat, clip_norm)
        return
    doubles = [grad.astype(np.float64) for grad in flat]
    _core.clip_by_norm(doubles, clip_norm)
    for grad, double in zip(flat, doubles, strict=True):
        grad[...] = double
