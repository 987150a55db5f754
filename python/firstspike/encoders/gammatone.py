r"""Envelopes of a sound behind a bank of gammatone filters.

A gammatone of fourth order, :math:`t^3 e^{-2\pi b t} \cos(2\pi f t)`, is the real part of four
complex one-pole filters in a row, all with the pole
:math:`p = e^{(-2\pi b + 2\pi i f) / r}` at sampling rate :math:`r`:

.. math::

    H(z) = \frac{2\,(1 - |p|)^4}{(1 - p\,z^{-1})^4},
    \qquad b = 1.019 \cdot 24.7\,(4.37 \cdot 10^{-3} f + 1)

so the modulus of the complex output is the envelope, and no Hilbert transform is needed. The
numerator makes a tone at the centre frequency come out with its own amplitude as envelope.

R. D. Patterson et al. (1987); M. Slaney, "An efficient implementation of the
Patterson-Holdsworth auditory filter bank", Apple technical report 35 (1993).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["centres", "envelopes"]

ORDER = 4
PRE_EMPHASIS = 0.97


def centres(bands: int, low: float, high: float) -> NDArray[np.float64]:
    """Centre frequencies in hertz, equally spaced on the scale of equivalent bandwidths.

    Examples
    --------
    >>> from firstspike.encoders.gammatone import centres
    >>> centres(3, 100.0, 3600.0).round().tolist()
    [100.0, 893.0, 3600.0]
    """
    lowest, highest = (21.4 * math.log10(1.0 + 0.00437 * end) for end in (low, high))
    scale = np.linspace(lowest, highest, bands)
    frequencies: NDArray[np.float64] = (10.0 ** (scale / 21.4) - 1.0) / 0.00437
    return frequencies


def envelopes(
    sound: NDArray[np.floating[Any]],
    rate: float,
    *,
    bands: int,
    low: float,
    high: float,
    smoothing: float,
    step: int,
) -> NDArray[np.float64]:
    """Envelopes of every band, read at every `step`-th sample.

    Parameters
    ----------
    sound : ndarray, shape (n_samples,)
        One recording.
    rate : float
        Samples per second.
    bands, low, high
        See `centres`.
    smoothing : float
        Time constant in seconds of a one-pole low-pass on the envelopes; 0 for none.
    step : int
        Samples between two readings; what is left over at the end is not read.

    Returns
    -------
    ndarray of float64, shape (n_samples // step, bands)
    """
    readings = np.empty((sound.size // step, bands))
    if not len(readings):
        return readings
    from scipy.signal import lfilter  # half a second of import time, so only when needed

    emphasised = lfilter([1.0, -PRE_EMPHASIS], [1.0], sound.astype(np.float64))
    keep = 0.0 if smoothing == 0.0 else np.exp(-1.0 / (smoothing * rate))
    for band, centre in enumerate(centres(bands, low, high)):
        width = 1.019 * 24.7 * (4.37e-3 * centre + 1.0)
        pole = np.exp(2.0 * np.pi * (-width + 1j * centre) / rate)
        gain = 2.0 * (1.0 - abs(pole)) ** ORDER
        envelope = np.abs(lfilter([gain], np.poly([pole] * ORDER), emphasised))
        smooth = lfilter([1.0 - keep], [1.0, -keep], envelope)
        readings[:, band] = smooth[step - 1 :: step]
    return readings
