"""A squared error that sees differences between spike times only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.losses._batch import check_times

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["RelativeSpikeTimes"]


@dataclass(frozen=True, kw_only=True)
class RelativeSpikeTimes:
    r"""Shift-invariant squared error: every wrong output should spike `gap` after the right one.

    .. math::

        L = \frac{1}{2 u^2} \sum_{m \ne y} \left(t_m - t_y - \Delta\right)^2

    averaged over the batch. Adding one number to all times changes nothing. A silent wrong output
    is as late as can be and contributes nothing; neither does a sample whose label is silent, which
    is the business of :class:`SilentHinge`.

    Parameters
    ----------
    gap : float
        :math:`\Delta` in seconds.
    unit : float
        :math:`u` in seconds: an error of this size counts as 1.

    Raises
    ------
    DomainError
        If a number is not positive.

    References
    ----------
    Göltz et al., "DelGrad: exact event-based gradients for training delays and weights on spiking
    neuromorphic hardware", arXiv:2404.19165.

    Examples
    --------
    >>> import firstspike as fs
    >>> loss = fs.losses.RelativeSpikeTimes(gap=1e-3)
    >>> value, dL_dt = loss([[2e-3, 5e-3]], [0])     # the wrong one is 2 ms later than it should be
    >>> round(value, 6), dL_dt.round(3).tolist()
    (2.0, [[-2000.0, 2000.0]])
    """

    gap: float
    unit: float = 1e-3

    def __post_init__(self) -> None:
        _checks.positive("gap", self.gap, "s")
        _checks.positive("unit", self.unit, "s")

    def __call__(self, times: ArrayLike, labels: ArrayLike, /) -> tuple[float, NDArray[np.float64]]:
        """Evaluate one batch; arguments, results and errors as of `FirstSpikeCrossEntropy`."""
        matrix, chosen = check_times(times, labels)
        rows = np.arange(chosen.size)
        own = matrix[rows, chosen][:, None]
        counts = np.isfinite(matrix) & np.isfinite(own)
        counts[rows, chosen] = False
        error = np.zeros_like(matrix)
        np.subtract(matrix, own, out=error, where=counts)
        error[counts] = (error[counts] - self.gap) / self.unit
        share = 1.0 / max(1, chosen.size)
        dL_dt = error * (share / self.unit)
        dL_dt[rows, chosen] = -dL_dt.sum(axis=1)
        return 0.5 * share * float(np.sum(error**2)), dL_dt
