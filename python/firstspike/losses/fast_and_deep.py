"""The loss of Fast & Deep: a softmax over first spike times in units of the synapse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.losses.first_spike import FirstSpikeCrossEntropy

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["FastAndDeep"]


@dataclass(frozen=True, kw_only=True)
class FastAndDeep:
    r"""Cross-entropy of first spikes, with time in units of the synaptic time constant.

    .. math::

        L = \ln \sum_k e^{-t_k/(\xi \tau_\mathrm{syn})} + \frac{t_y}{\xi \tau_\mathrm{syn}}
            + \alpha\, e^{t_y/(\beta \tau_\mathrm{syn})}

    averaged over the batch. A silent output has probability zero and no derivative; a sample whose
    label is silent contributes nothing and is the business of :class:`SilentHinge`.

    Parameters
    ----------
    tau_syn : float
        Synaptic time constant of the output layer in seconds.
    xi : float
        Softness of the softmax, in synaptic time constants.
    alpha : float
        Weight of the early-spike term; 0 switches it off.
    beta : float
        Time scale of the early-spike term, in synaptic time constants.

    Raises
    ------
    DomainError
        If a scale is not positive or `alpha` is negative.

    References
    ----------
    Göltz et al., "Fast and energy-efficient neuromorphic deep learning with first-spike times",
    Nature Machine Intelligence 3 (2021), doi:10.1038/s42256-021-00388-x.

    Examples
    --------
    >>> import firstspike as fs
    >>> loss = fs.losses.FastAndDeep(tau_syn=5e-3, alpha=0.0)
    >>> value, dL_dt = loss([[2e-3, 2e-3]], [0])
    >>> round(value, 4), dL_dt.round(6).tolist()
    (0.6931, [[500.0, -500.0]])
    """

    tau_syn: float
    xi: float = 0.2
    alpha: float = 0.005
    beta: float = 1.0

    def __post_init__(self) -> None:
        for name, unit in (("tau_syn", "s"), ("xi", ""), ("beta", "")):
            _checks.positive(name, getattr(self, name), unit)
        _checks.within("alpha", self.alpha, 0.0)

    def __call__(self, times: ArrayLike, labels: ArrayLike, /) -> tuple[float, NDArray[np.float64]]:
        """Evaluate one batch, see `FirstSpikeCrossEntropy`, whose early term is smaller by α."""
        same_slope = FirstSpikeCrossEntropy(
            tau0=self.xi * self.tau_syn, alpha=self.alpha, tau1=self.beta * self.tau_syn
        )
        value, dL_dt = same_slope(times, labels)
        own = np.asarray(times)[np.arange(len(dL_dt)), np.asarray(labels, np.intp)]
        return value + self.alpha * float(np.isfinite(own).sum()) / max(1, own.size), dL_dt
