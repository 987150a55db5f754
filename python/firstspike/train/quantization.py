"""Training with the weights and the clock that the hardware will have."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from firstspike import _checks, _core

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firstspike.train.plan import EpochPlan

__all__ = ["QuantizedTraining"]


@dataclass(frozen=True, kw_only=True)
class QuantizedTraining:
    r"""From `start` on, compute with rounded weights and spike times.

    The network sees

    .. math::

        \hat w = s \cdot \mathrm{clip}\left(\mathrm{round}(w / s), -(2^{b-1}-1), 2^{b-1}-1\right)

    with rounding half to even and one scale :math:`s` per layer, the one with the least squared
    error among 64 candidates, found anew at the start of every epoch. Its spike times, inputs and
    outputs of every layer, are rounded down to the clock. Gradients are those at the rounded
    values and move the full-precision weights (straight-through estimator). When training ends,
    the network holds the rounded weights.

    Parameters
    ----------
    weight_bits : int, optional
        Width :math:`b` of a signed symmetric weight, 2 to 8; None leaves weights as they are.
    tick : float, optional
        Seconds per tick of the clock; None leaves times as they are.
    start : int
        First epoch with rounding.

    Raises
    ------
    DomainError
        If `weight_bits` is not 2 to 8, or `tick` is not positive.

    References
    ----------
    Bengio, Léonard & Courville, "Estimating or propagating gradients through stochastic neurons
    for conditional computation", arXiv:1308.3432.

    Examples
    --------
    >>> from firstspike.train import QuantizedTraining
    >>> QuantizedTraining(weight_bits=6, tick=20e-3 / 64, start=30).weight_bits
    6
    """

    weight_bits: int | None = None
    tick: float | None = None
    start: int = 0

    def __post_init__(self) -> None:
        if self.weight_bits is not None:
            _core.largest_weight(_checks.count("weight_bits", self.weight_bits))
        if self.tick is not None:
            _checks.positive("tick", self.tick, "s")
        _checks.count("start", self.start)

    def __call__(
        self,
        plan: EpochPlan,
        weights: Sequence[NDArray[Any]],
        epoch: int,
        epochs: int,  # noqa: ARG002
        /,
    ) -> EpochPlan:
        """Add scales and the clock to the plan."""
        if epoch < self.start:
            return plan
        if self.tick is not None:
            plan = replace(plan, tick=self.tick)
        if self.weight_bits is None:
            return plan
        limit = _core.largest_weight(self.weight_bits)
        scales = [_core.best_weight_scale(array.reshape(-1), limit) for array in weights]
        pairs = zip(plan.layers, scales, strict=True)
        return plan.with_layers([replace(layer, scale=s, limit=limit) for layer, s in pairs])
