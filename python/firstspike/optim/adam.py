"""Adam with decoupled weight decay."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from firstspike import _checks, _core
from firstspike.optim.base import OptimizerState, apply_update, init_state
from firstspike.optim.schedules import Constant, Schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Adam"]


@dataclass(frozen=True, kw_only=True)
class Adam:
    r"""Adaptive moments.

    .. math::

        m &\leftarrow \beta_1 m + (1 - \beta_1) g, \qquad
        v \leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        w &\leftarrow w - \eta \left( \frac{m / (1 - \beta_1^t)}
            {\sqrt{v / (1 - \beta_2^t)} + \epsilon} + \lambda w \right)

    Parameters
    ----------
    lr : float
        Learning rate :math:`\eta`, before the schedule's factor.
    beta1, beta2 : float
        Decays of the moments, in [0, 1).
    eps : float
        Keeps the denominator away from zero.
    decay : float
        Decoupled weight decay :math:`\lambda`.
    schedule : Schedule
        Factor on the learning rate over time.
    clip_norm : float, optional
        Largest Euclidean norm of the gradient of all parameters together; a longer gradient is
        scaled down to it.

    Raises
    ------
    DomainError
        If a constant is out of its range.

    References
    ----------
    Kingma & Ba, "Adam: a method for stochastic optimization", arXiv:1412.6980; decoupled decay:
    Loshchilov & Hutter, arXiv:1711.05101.

    Examples
    --------
    >>> import numpy as np
    >>> import firstspike as fs
    >>> optimizer, params = fs.optim.Adam(lr=0.1), [np.array([1.0])]
    >>> state = optimizer.init(params)
    >>> optimizer.update(params, [np.array([42.0])], state, lr=optimizer.lr)
    >>> params[0].round(6).tolist()
    [0.9]
    """

    lr: float = 5e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    decay: float = 0.0
    schedule: Schedule = field(default_factory=Constant)
    clip_norm: float | None = None

    def __post_init__(self) -> None:
        _checks.positive("lr", self.lr)
        _checks.within("beta1", self.beta1, 0.0, 1.0 - 1e-12)
        _checks.within("beta2", self.beta2, 0.0, 1.0 - 1e-12)
        _checks.positive("eps", self.eps)
        _checks.within("decay", self.decay, 0.0)
        if self.clip_norm is not None:
            _checks.positive("clip_norm", self.clip_norm)

    def rule(self) -> _core.UpdateRule:
        """Return the update rule of the core."""
        return _core.UpdateRule.adam(self.beta1, self.beta2, self.eps, self.decay)

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
