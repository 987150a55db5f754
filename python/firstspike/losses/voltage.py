"""Cross-entropies of what a readout's potentials reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from firstspike.errors import DomainError
from firstspike.losses._batch import check_labels, check_potentials
from firstspike.models.reads import Average, Maximum, Reads
from firstspike.models.windows import Flat, Window

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from firstspike.models.observation import ReadoutSeed
    from firstspike.models.potentials import Potentials

__all__ = ["AverageVoltageCrossEntropy", "MaxVoltageCrossEntropy", "softmax_cross_entropy"]


@dataclass(frozen=True, kw_only=True)
class MaxVoltageCrossEntropy:
    r"""Cross-entropy of a softmax over highest potentials.

    .. math::

        L = -\ln \frac{e^{z_y}}{\sum_m e^{z_m}}, \qquad z_m = \max_{0 \le t \le T} V_m(t)

    averaged over the batch. The maximum is exact: inside an interval, at an arrival that cuts a
    rise off, or at the end of the trial. An integrator that never rises above its start has
    :math:`z = 0`, takes part in the softmax and has no derivative.

    The readout must decide by the same: ``LI(..., reads=readouts.Maximum())``, the default.

    References
    ----------
    Wunderlich & Pehle, doi:10.1038/s41598-021-91786-z.

    Examples
    --------
    >>> import numpy as np
    >>> import firstspike as fs
    >>> layer = fs.LI(1, 2, duration=40e-3)
    >>> spikes = fs.SpikeBatch.from_lists([[(0.0, 0)]], n_sources=1)
    >>> potentials = fs.readouts.Potentials(layer, np.array([[1.0, 3.0]]), spikes)
    >>> value, seed = fs.losses.MaxVoltageCrossEntropy()(potentials, [1])
    >>> round(value, 4), potentials.gradients(seed).weights.round(4).tolist()
    (0.548, [[0.0664, -0.0664]])
    """

    def __call__(self, potentials: Potentials, labels: ArrayLike, /) -> tuple[float, ReadoutSeed]:
        """Evaluate one batch, see `ReadoutLoss`.

        Raises
        ------
        DomainError
            If a label is not an output, or the readout decides by something else.
        """
        return _cross_entropy(Maximum(), potentials, labels)


@dataclass(frozen=True, kw_only=True)
class AverageVoltageCrossEntropy:
    r"""Cross-entropy of a softmax over weighted averages of the potentials.

    .. math::

        L = -\ln \frac{e^{z_y}}{\sum_m e^{z_m}}, \qquad
        z_m = \frac1T \int_0^T g(t)\, V_m(t)\, dt

    averaged over the batch, with `g` the window: 1 (``Flat``), :math:`e^{-t/\tau}`
    (``Exponential``), :math:`1 - t/T` (``Linear``) or a falling ``Sigmoid``. A weight that falls
    gives early hidden spikes a larger say. Nothing is simulated: `z` is a closed form of the
    spikes that arrive. An integrator that nothing reaches has :math:`z = 0`, takes part in the
    softmax and has no derivative.

    The readout must decide by the same: ``LI(..., reads=readouts.Average(window))``.

    Parameters
    ----------
    window : Flat, Exponential, Linear or Sigmoid
        The weight `g`.

    Raises
    ------
    DomainError
        If `window` is something else.

    References
    ----------
    Nowotny, Turner & Knight, "Loss shaping enhances exact gradient learning with Eventprop in
    spiking neural networks", arXiv:2212.01232.

    Examples
    --------
    >>> import numpy as np
    >>> import firstspike as fs
    >>> window = fs.readouts.Exponential()
    >>> layer = fs.LI(1, 2, duration=40e-3, reads=fs.readouts.Average(window))
    >>> spikes = fs.SpikeBatch.from_lists([[(0.0, 0)]], n_sources=1)
    >>> potentials = fs.readouts.Potentials(layer, np.array([[1.0, 3.0]]), spikes)
    >>> value, seed = fs.losses.AverageVoltageCrossEntropy(window=window)(potentials, [1])
    >>> round(value, 4), potentials.gradients(seed).weights.round(4).tolist()
    (0.6269, [[0.0319, -0.0319]])
    """

    window: Window = field(default_factory=Flat)

    def __post_init__(self) -> None:
        Average(self.window)  # refuses what is no window

    def __call__(self, potentials: Potentials, labels: ArrayLike, /) -> tuple[float, ReadoutSeed]:
        """Evaluate one batch; as `MaxVoltageCrossEntropy`."""
        return _cross_entropy(Average(self.window), potentials, labels)


def softmax_cross_entropy(
    z: NDArray[np.float64], labels: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Loss per sample, and its derivative; samples first, outputs last, anything between."""
    picked = labels.reshape(-1, *(1 for _ in z.shape[1:]))
    shifted = z - z.max(axis=-1, keepdims=True)
    dL_dz = np.exp(shifted)
    total = dL_dz.sum(axis=-1, keepdims=True)
    dL_dz /= total
    own = np.broadcast_to(picked, (*z.shape[:-1], 1))
    value = np.log(total) - np.take_along_axis(shifted, own, axis=-1)
    right = np.take_along_axis(dL_dz, own, axis=-1) - 1.0
    np.put_along_axis(dL_dz, own, right, axis=-1)
    return value[..., 0], dL_dz


def _cross_entropy(
    reads: Reads, potentials: Potentials, labels: ArrayLike
) -> tuple[float, ReadoutSeed]:
    check_potentials(potentials)
    if potentials.layer.reads != reads:
        msg = (
            f"the loss is on {reads} but the readout decides by {potentials.layer.reads}, expected "
            f"the same; make it with LI(..., reads={reads})"
        )
        raise DomainError(msg)
    observation = reads.of(potentials)
    z = observation.values
    value, dL_dz = softmax_cross_entropy(z, check_labels(labels, *z.shape))
    share = 1.0 / max(1, len(z))
    return share * float(value.sum()), observation.seed(dL_dz * share)
