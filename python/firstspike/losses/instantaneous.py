"""The cross-entropy of every moment, averaged over the trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError
from firstspike.losses._batch import check_labels, check_potentials
from firstspike.losses.voltage import softmax_cross_entropy

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from firstspike.models.observation import ReadoutSeed
    from firstspike.models.potentials import Potentials

__all__ = ["InstantaneousCrossEntropy"]


@dataclass(frozen=True, kw_only=True)
class InstantaneousCrossEntropy:
    r"""Average over the trial of the cross-entropy of a softmax over potentials.

    .. math::

        L = -\frac1T \int_0^T \ln \frac{e^{V_y(t)}}{\sum_m e^{V_m(t)}}\, dt
          \approx -\frac1n \sum_{j=0}^{n-1} \ln \frac{e^{V_y(t_j)}}{\sum_m e^{V_m(t_j)}},
        \qquad t_j = \frac{j + 1/2}{n}\, T

    averaged over the batch. This is the one loss without a closed form. The potentials at
    :math:`t_j` are exact, and so is the gradient of the sum; the sum differs from the integral
    by :math:`O(n^{-2})` (midpoint rule). A moment before anything arrives costs
    :math:`\ln n_\mathrm{out}` and moves nothing. Long silent tails push spikes later and later; the
    average voltage is the better loss for long trials.

    Parameters
    ----------
    points : int, default 100
        Number `n` of moments.

    Raises
    ------
    DomainError
        If `points` is not a whole number of at least 1.

    References
    ----------
    Nowotny, Turner & Knight, arXiv:2212.01232, who also show where it fails.

    Examples
    --------
    >>> import numpy as np
    >>> import firstspike as fs
    >>> layer = fs.LI(1, 2, duration=40e-3)
    >>> spikes = fs.SpikeBatch.from_lists([[(0.0, 0)]], n_sources=1)
    >>> potentials = fs.readouts.Potentials(layer, np.array([[1.0, 3.0]]), spikes)
    >>> for points in (10, 100, 1000):
    ...     print(f"{fs.losses.InstantaneousCrossEntropy(points=points)(potentials, [1])[0]:.7f}")
    0.5958326
    0.5966595
    0.5966681
    """

    points: int = 100

    def __post_init__(self) -> None:
        if _checks.count("points", self.points) < 1:
            msg = "points is 0, expected at least 1"
            raise DomainError(msg)

    def __call__(self, potentials: Potentials, labels: ArrayLike, /) -> tuple[float, ReadoutSeed]:
        """Evaluate one batch, see `ReadoutLoss`.

        Raises
        ------
        DomainError
            If a label is not an output.
        """
        check_potentials(potentials)
        moments = (np.arange(self.points) + 0.5) / self.points * potentials.layer.duration
        observation = potentials.voltages(moments)
        v = observation.values
        value, dL_dv = softmax_cross_entropy(v, check_labels(labels, v.shape[0], v.shape[2]))
        share = 1.0 / (max(1, len(v)) * self.points)
        return share * float(value.sum()), observation.seed(dL_dv * share)
