"""A squared error to given spike times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.losses._batch import check_times

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["TargetTimes"]


@dataclass(frozen=True, kw_only=True)
class TargetTimes:
    r"""Squared error between first spike times and target times.

    .. math::

        L = \frac{1}{2 u^2} \sum_m \left(t_m - t^*_m\right)^2, \qquad
        t^*_y = t_\mathrm{right},\quad t^*_{m \ne y} = t_\mathrm{wrong}

    averaged over the batch. A silent output has no spike to move and contributes nothing; a silent
    label is the business of :class:`SilentHinge`.

    Parameters
    ----------
    right, wrong : float
        Target times of the label and of all other outputs, in seconds.
    unit : float
        :math:`u` in seconds: an error of this size counts as 1.

    Raises
    ------
    DomainError
        If a target is negative, `right` is not before `wrong`, or `unit` is not positive.

    References
    ----------
    The loss of jaxsnn's spike-time examples; Mostafa, "Supervised learning based on temporal coding
    in spiking neural networks", arXiv:1606.08165, for targets in general.

    Examples
    --------
    >>> import firstspike as fs
    >>> loss = fs.losses.TargetTimes(right=9e-3, wrong=11e-3)
    >>> value, dL_dt = loss([[8e-3, float("inf")]], [0])
    >>> round(value, 6), dL_dt.round(3).tolist()
    (0.5, [[-1000.0, 0.0]])
    """

    right: float
    wrong: float
    unit: float = 1e-3

    def __post_init__(self) -> None:
        _checks.within("right", self.right, 0.0)
        _checks.within("wrong", self.wrong, float(np.nextafter(self.right, np.inf)))
        _checks.positive("unit", self.unit, "s")

    def __call__(self, times: ArrayLike, labels: ArrayLike, /) -> tuple[float, NDArray[np.float64]]:
        """Evaluate one batch; arguments, results and errors as of `FirstSpikeCrossEntropy`."""
        matrix, chosen = check_times(times, labels)
        targets = np.full_like(matrix, self.wrong)
        targets[np.arange(chosen.size), chosen] = self.right
        error = np.where(np.isfinite(matrix), matrix - targets, 0.0) / self.unit
        share = 1.0 / max(1, chosen.size)
        return 0.5 * share * float(np.sum(error**2)), error * (share / self.unit)
