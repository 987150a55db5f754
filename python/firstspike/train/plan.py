"""What constrains the weights during one epoch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

__all__ = ["Constraint", "EpochPlan", "LayerPlan", "plan_epoch"]


@dataclass(frozen=True, eq=False)
class LayerPlan:
    """What happens to the weights of one layer after every step of an epoch.

    Parameters
    ----------
    mask : ndarray of bool, shape (n_in, n_out), optional
        False where a weight is held at zero.
    shrink : float
        Proximal L1 step per unit of learning rate.
    scale : float, optional
        Weight of the integer 1; given, the network computes with rounded weights.
    limit : float
        Largest integer of a rounded weight.
    """

    mask: NDArray[np.bool_] | None = None
    shrink: float = 0.0
    scale: float | None = None
    limit: float = 0.0


@dataclass(frozen=True)
class EpochPlan:
    """Plans of all layers, and the tick of the network's clock.

    Parameters
    ----------
    layers : tuple of LayerPlan
        One per layer.
    tick : float, optional
        Seconds per tick; given, every spike time is rounded down to the clock.
    """

    layers: tuple[LayerPlan, ...]
    tick: float | None = None

    def with_layers(self, layers: Iterable[LayerPlan]) -> EpochPlan:
        """Return the same plan with other layers."""
        return replace(self, layers=tuple(layers))


class Constraint(Protocol):
    """A wish about the weights that training has to respect.

    Once per epoch, before its first batch, every constraint adds to the plan. It must be a pure
    function of its arguments: that is what lets a run resume from a checkpoint to the same bits.
    """

    def __call__(
        self, plan: EpochPlan, weights: Sequence[NDArray[Any]], epoch: int, epochs: int, /
    ) -> EpochPlan:
        """Return `plan` with this constraint added.

        Parameters
        ----------
        plan : EpochPlan
            What the constraints before this one asked for.
        weights : sequence of ndarray, shape (n_in, n_out)
            The trained weights of every layer, before any rounding.
        epoch, epochs : int
            Index of the coming epoch, counted from 0, and their number.
        """
        ...


def plan_epoch(
    constraints: Sequence[Constraint], weights: Sequence[NDArray[Any]], epoch: int, epochs: int
) -> EpochPlan:
    """Ask all constraints in turn; each sees the weights under the masks so far."""
    plan = EpochPlan(tuple(LayerPlan() for _ in weights))
    for constraint in constraints:
        seen = [
            array if layer.mask is None else np.where(layer.mask, array, array.dtype.type(0))
            for array, layer in zip(weights, plan.layers, strict=True)
        ]
        plan = constraint(plan, seen, epoch, epochs)
    return plan
