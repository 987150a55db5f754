"""Removing whole hidden neurons while training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError, ShapeError
from firstspike.train.sparsity import cubic_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firstspike.train.plan import EpochPlan

__all__ = ["NeuronPruning"]


@dataclass(frozen=True, kw_only=True)
class NeuronPruning:
    r"""Remove hidden neurons little by little, with all synapses from and to them.

    Where a neuron needs all of its few inputs, single synapses are the wrong thing to prune. At the
    start of epoch :math:`e` the share of removed neurons of every hidden layer becomes that of
    :class:`GradualPruning`; those with the smallest
    :math:`\lVert w_\mathrm{in} \rVert \cdot \lVert w_\mathrm{out} \rVert` go first.

    Parameters
    ----------
    share : float
        Final share of removed neurons of every hidden layer, in [0, 1).
    start, end : int
        Epochs between which the share grows.

    Raises
    ------
    DomainError
        If a share or an epoch is out of range.

    References
    ----------
    Li, Kadav, Durdanovic, Samet & Graf, "Pruning filters for efficient ConvNets",
    arXiv:1608.08710 (norms as the measure of a unit); the schedule: arXiv:1710.01878.

    Examples
    --------
    >>> import numpy as np
    >>> from firstspike.train import EpochPlan, LayerPlan, NeuronPruning
    >>> pruning = NeuronPruning(share=0.5, start=0, end=1)
    >>> weights = [np.array([[1.0, 2.0]]), np.array([[1.0], [3.0]])]
    >>> plan = pruning(EpochPlan((LayerPlan(), LayerPlan())), weights, 1, 2)
    >>> [layer.mask.tolist() for layer in plan.layers]
    [[[False, True]], [[False], [True]]]
    """

    share: float
    start: int
    end: int

    def __post_init__(self) -> None:
        _checks.within("share", self.share, 0.0, 1.0 - 1e-9)
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
        if len(weights) < 2:
            msg = "the network has a single layer, expected hidden neurons to remove"
            raise ShapeError(msg)
        share = cubic_share(epoch, self.share, self.start, self.end)
        masks = [np.ones(array.shape, dtype=bool) for array in weights]
        for index, (below, above) in enumerate(pairwise(weights)):
            score = np.linalg.norm(below, axis=0) * np.linalg.norm(above, axis=1)
            gone = np.argsort(score, kind="stable")[: round(share * score.size)]
            masks[index][:, gone] = False
            masks[index + 1][gone] = False
        if share == 0:
            return plan
        pairs = zip(plan.layers, masks, strict=True)
        return plan.with_layers(
            replace(layer, mask=mask if layer.mask is None else mask & layer.mask)
            for layer, mask in pairs
        )
