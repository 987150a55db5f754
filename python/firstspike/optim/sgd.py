"""Stochastic gradient descent with momentum."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from firstspike import _checks, _core
from firstspike.optim.base import OptimizerState, apply_update, init_state
from firstspike.optim.schedules import Constant, Schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["SGD"]


@dataclass(frozen=True, kw_only=True)
class SGD:
    r"""Gradient descent with momentum.

    .. math::

        u \leftarrow \mu u + g, \qquad w \leftarrow w - \eta (u + \lambda w)

    Parameters
    ----------
    lr : float
        Learning rate :math:`\eta`, before the schedule's factor.
    momentum : float
        Share :math:`\mu` of the velocity that is kept, in [0, 1).
    decay : float
        Weight decay :math:`\lambda`.
    schedule : Schedule
        Factor on the learning rate over time.
    clip_norm : float, optional
        Largest Euclidean norm of the gradient of all parameters together.

    Raises
    ------
    DomainError
        If a constant is out of its range.

    References
    ----------
    Polyak, "Some methods of speeding up the convergence of iteration methods" (1964),
    doi:10.1016/0041-5553(64)90137-5.

    Examples
    --------
    >>> import numpy as np
    >>> import firstspike as fs
    >>> optimizer, params = fs.optim.SGD(lr=0.1, momentum=0.5), [np.array([1.0])]
    >>> state = optimizer.init(params)
    >>> for _ in range(2):
    ...     optimizer.update(params, [np.array([1.0])], state, lr=optimizer.lr)
    >>> params[0].round(6).tolist()
    [0.75]
    """

    lr: float = 1e-2
    momentum: float = 0.0
    decay: float = 0.0
    schedule: Schedule = field(default_factory=Constant)
    clip_norm: float | None = None

    def __post_init__(self) -> None:
        _checks.positive("lr", self.lr)
        _checks.within("momentum", self.momentum, 0.0, 1.0 - 1e-12)
        _checks.within("decay", self.decay, 0.0)
        if self.clip_norm is not None:
            _checks.positive("clip_norm", self.clip_norm)

    def rule(self) -> _core.UpdateRule:
        """Return the update rule of the core."""
        return _core.UpdateRule.sgd(self.momentum, self.decay)

    def init(self, params: Sequence[NDArray[Any]]) -> OptimizerState:
        """Return zero moments for every array of `params`."""
        return init_state(self.rule(), params)

    def update(
        self,
        params: Sequence[NDArray[Any]],
        grads: Sequence[NDArray[Any]],
        state: OptimizerState,
        *,
        lr: float,
        decayed: Sequence[bool] | None = None,
    ) -> None:
        """Take one step: change `params` (contiguous, f32 or f64) and `state` in place."""
        own, still = self.rule(), replace(self, decay=0.0).rule()
        chosen = [True] * len(params) if decayed is None else decayed
        rules = [own if decay else still for decay in chosen]
        apply_update(rules, self.clip_norm, params, grads, state, lr)
