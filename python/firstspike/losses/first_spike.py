"""Cross-entropy of a softmax over first spike times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks, _core
from firstspike.losses._batch import check_labels, refuse_potentials

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["FirstSpikeCrossEntropy"]


@dataclass(frozen=True, kw_only=True)
class FirstSpikeCrossEntropy:
    r"""Time-to-first-spike cross-entropy with a reward for early labels.

    .. math::

        L = -\ln \frac{e^{-t_y/\tau_0}}{\sum_k e^{-t_k/\tau_0}}
            + \alpha \left(e^{t_y/\tau_1} - 1\right)

    averaged over the batch. The second term grows with the label's spike time :math:`t_y`, so
    descent moves labels to earlier times. A silent output has probability zero and no
    derivative; a sample whose label is silent contributes nothing here and is the business of
    :class:`SilentHinge`.

    Parameters
    ----------
    tau0 : float
        Softness of the softmax in seconds.
    alpha : float
        Weight of the early-spike term; 0 switches it off.
    tau1 : float
        Time scale of the early-spike term in seconds.

    Raises
    ------
    DomainError
        If a time scale is not positive or ``alpha`` is negative.

    References
    ----------
    Wunderlich & Pehle, "Event-based backpropagation can compute exact gradients for spiking
    neural networks", Scientific Reports 11 (2021), doi:10.1038/s41598-021-91786-z. The sign of
    the early-spike term is that of the authors' program.

    Examples
    --------
    >>> import firstspike as fs
    >>> loss = fs.losses.FirstSpikeCrossEntropy(tau0=1e-3, alpha=0.0)
    >>> value, dL_dt = loss([[2e-3, 2e-3], [1e-3, float("inf")]], [0, 0])
    >>> round(value, 4), dL_dt.round(6).tolist()
    (0.3466, [[250.0, -250.0], [0.0, 0.0]])
    """

    tau0: float = 0.5e-3
    alpha: float = 0.003
    tau1: float = 6.4e-3

    def __post_init__(self) -> None:
        _checks.positive("tau0", self.tau0, "s")
        _checks.positive("tau1", self.tau1, "s")
        _checks.within("alpha", self.alpha, 0.0)

    def __call__(self, times: ArrayLike, labels: ArrayLike, /) -> tuple[float, NDArray[np.float64]]:
        """Evaluate one batch.

        Parameters
        ----------
        times : array_like of float64, shape (n_samples, n_out)
            First spike times in seconds, ``inf`` where an output is silent.
        labels : array_like of int, shape (n_samples,)
            Index of the right output of each sample.

        Returns
        -------
        loss : float
            Mean over the batch.
        dL_dt : ndarray of float64, shape (n_samples, n_out)
            Derivative of that mean, per second.

        Raises
        ------
        ShapeError
            If ``times`` is not two-dimensional or has another number of rows than ``labels``.
        DomainError
            If a time is NaN or a label is not an output.
        """
        refuse_potentials(times)
        matrix = _checks.real_matrix("times", times, "(n_samples, n_out)")
        return _core.first_spike_cross_entropy(
            matrix,
            check_labels(labels, *matrix.shape).astype(np.uint32),
            self.tau0,
            self.alpha,
            self.tau1,
        )
