"""Training for sparsity, so that pruning on the chip pays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firstspike.train.plan import EpochPlan

__all__ = ["GradualPruning", "ProximalL1", "cubic_share", "magnitude_mask"]


def magnitude_mask(weights: NDArray[Any], sparsity: float) -> NDArray[np.bool_]:
    """Keep the largest weights: False for the `sparsity` share of smallest magnitude.

    Where magnitudes are equal, the weight with the lower flat index goes first.

    Examples
    --------
    >>> import numpy as np
    >>> from firstspike.train import magnitude_mask
    >>> magnitude_mask(np.array([[0.1, -2.0], [0.5, -0.2]]), 0.5).tolist()
    [[False, True], [True, False]]
    """
    n_pruned = round(sparsity * weights.size)
    mask = np.ones(weights.size, dtype=bool)
    mask[np.argsort(np.abs(weights).reshape(-1), kind="stable")[:n_pruned]] = False
    return mask.reshape(weights.shape)


def cubic_share(epoch: int, final: float, start: int, end: int) -> float:
    """Share of what is to be pruned that is pruned during `epoch`; see `GradualPruning`."""
    progress = min(max((epoch - start) / (end - start), 0.0), 1.0)
    return final * (1.0 - (1.0 - progress) ** 3)


@dataclass(frozen=True, kw_only=True)
class GradualPruning:
    r"""Remove the smallest weights little by little while training goes on.

    At the start of epoch :math:`e` the share of pruned weights of every layer becomes

    .. math::

        s(e) = s_f \left( 1 - \left( 1 - \frac{e - e_0}{e_1 - e_0} \right)^3 \right),

    0 before `start` and :math:`s_f` from `end` on. A pruned weight stays zero.

    Parameters
    ----------
    sparsity : float or tuple of float
        Final share :math:`s_f` of pruned weights, for every layer or for each; in [0, 1).
    start, end : int
        Epochs :math:`e_0 < e_1` between which the share grows.

    Raises
    ------
    DomainError
        If a share or an epoch is out of range.

    References
    ----------
    Zhu & Gupta, "To prune, or not to prune: exploring the efficacy of pruning for model
    compression", arXiv:1710.01878.

    Examples
    --------
    >>> from firstspike.train import GradualPruning
    >>> GradualPruning(sparsity=(0.9, 0.5), start=10, end=20).sparsity
    (0.9, 0.5)
    """

    sparsity: float | tuple[float, ...]
    start: int
    end: int

    def __post_init__(self) -> None:
        shares = self.sparsity if isinstance(self.sparsity, tuple) else (self.sparsity,)
        for share in shares:
            _checks.within("sparsity", share, 0.0, 1.0 - 1e-9)
        if _checks.count("start", self.start) >= _checks.count("end", self.end):
            msg = f"start is {self.start}, expected an epoch before end = {self.end}"
            raise DomainError(msg)

    def __call__(
        self,
        plan: EpochPlan,
        weights: Sequence[NDArray[Any]],
        epoch: int,
        epochs: int,  # noqa: ARG002
        /,
    ) -> EpochPlan:
        """Add the masks of `epoch` to the plan."""
        finals = self.sparsity
        if not isinstance(finals, tuple):
            finals = (finals,) * len(weights)
        if len(finals) != len(weights):
            msg = f"sparsity has {len(finals)} shares, expected one per layer: {len(weights)}"
            raise ShapeError(msg)
        layers = []
        for layer, array, final in zip(plan.layers, weights, finals, strict=True):
            share = cubic_share(epoch, final, self.start, self.end)
            mask = magnitude_mask(array, share) if share > 0 else None
            if mask is not None and layer.mask is not None:
                mask &= layer.mask
            layers.append(layer if mask is None else replace(layer, mask=mask))
        return plan.with_layers(layers)


@dataclass(frozen=True)
class ProximalL1:
    r"""Pull every weight towards zero by the same amount per step.

    The proximal step of the penalty :math:`\lambda \sum |w|`:
    :math:`w \leftarrow \mathrm{sign}(w) \max(0, |w| - \eta \lambda)` after every optimiser step
    with learning rate :math:`\eta`. Unlike a gradient step it reaches exact zeros.

    Parameters
    ----------
    strength : float or tuple of float
        :math:`\lambda`, for every layer or for each; 0 switches it off.

    Raises
    ------
    DomainError
        If a strength is negative.

    References
    ----------
    Parikh & Boyd, "Proximal algorithms" (2014), doi:10.1561/2400000003.

    Examples
    --------
    >>> from firstspike.train import ProximalL1
    >>> ProximalL1(1e-3)
    ProximalL1(strength=0.001)
    """

    strength: float | tuple[float, ...]

    def __post_init__(self) -> None:
        strengths = self.strength if isinstance(self.strength, tuple) else (self.strength,)
        for strength in strengths:
            _checks.within("strength", strength, 0.0)

    def __call__(
        self,
        plan: EpochPlan,
        weights: Sequence[NDArray[Any]],
        epoch: int,  # noqa: ARG002
        epochs: int,  # noqa: ARG002
        /,
    ) -> EpochPlan:
        """Add the pull to the plan."""
        strengths = self.strength
        if not isinstance(strengths, tuple):
            strengths = (strengths,) * len(weights)
        if len(strengths) != len(weights):
            msg = f"strength has {len(strengths)} entries, expected one per layer: {len(weights)}"
            raise ShapeError(msg)
        pairs = zip(plan.layers, strengths, strict=True)
        return plan.with_layers([replace(layer, shrink=layer.shrink + s) for layer, s in pairs])
