"""A model of the inner ear: sound to spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.encoders.base import check_seconds, check_sequences
from firstspike.encoders.crossings import crossing_spikes
from firstspike.encoders.gammatone import envelopes
from firstspike.encoders.transforms import Compress, FromFirst
from firstspike.errors import DomainError, ShapeError
from firstspike.sequences import Sequences

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firstspike.events import SpikeBatch

__all__ = ["Cochlea"]

SILENCE_DB = -200.0  # below every level


@dataclass(frozen=True, kw_only=True)
class Cochlea:
    r"""Encode sound as level crossings of the loudness in several frequency bands.

    1. *Bands.* `bands` gammatone filters of fourth order (see
       `firstspike.encoders.gammatone`), whose centres lie from `low` to `high` at equal distances
       on the scale :math:`E(f) = 21.4 \log_{10}(1 + 0.00437 f)` of equivalent rectangular
       bandwidths, after the pre-emphasis :math:`x_n - 0.97\, x_{n-1}`.
    2. *Loudness.* The envelope of each band, smoothed over `smoothing` seconds and read every
       `hop` seconds, in decibels below the recording's peak over all bands:
       :math:`D_b = 20 \log_{10}(e_b / \max e)`.
    3. *Spikes.* Levels at :math:`-R\,(L - l)/L` dB for :math:`l = 0 \dots L - 1`, with
       :math:`R` = `dynamic_range` and :math:`L` = `levels`. Source :math:`2 l B + b` spikes when
       band :math:`b` of :math:`B` gets as loud as level :math:`l`, source :math:`(2 l + 1) B + b`
       when it has become quieter by `hysteresis` dB. Neighbouring bands are neighbouring sources,
       so `firstspike.train.ChannelShift` disturbs the pitch.
    4. *Time.* Counted from the recording's first spike, and divided by `speed`.

    Loudness is relative to the recording's own peak, so the whole recording must be known. A
    recording without any sound has no spike.

    Parameters
    ----------
    bands : int, default 24
        Number of frequency bands.
    low, high : float, default 100 and 3600
        Centres of the lowest and the highest band in hertz; `high` at most half the sampling rate.
    levels : int, default 8
        Levels per band.
    dynamic_range : float, default 40
        Decibels from the lowest level to the peak.
    hysteresis : float, default 2
        Decibels that a band must fall below a level to have left it.
    smoothing : float, default 8e-3
        Time constant of the envelope in seconds.
    hop : float, default 4e-3
        Seconds between two readings of the envelope; at least one sample.
    speed : float, default 10
        Seconds of sound per second of spikes.

    Raises
    ------
    DomainError
        If a parameter is out of range.

    References
    ----------
    R. D. Patterson, I. Nimmo-Smith, J. Holdsworth, P. Rice, "An efficient auditory filterbank
    based on the gammatone function" (1987); B. R. Glasberg, B. C. J. Moore, "Derivation of
    auditory filter shapes from notched-noise data", doi:10.1016/0378-5955(90)90170-T.

    Examples
    --------
    >>> import numpy as np
    >>> from firstspike import Sequences
    >>> from firstspike.encoders import Cochlea
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(800) / 8000)[:, None]
    >>> spikes = Cochlea(bands=8)(Sequences.from_list([tone], rate=8000.0))
    >>> spikes.n_sources, bool(spikes.times[0] == 0.0), bool(spikes.times.max() < 10e-3)
    (128, True, True)
    """

    bands: int = 24
    low: float = 100.0
    high: float = 3600.0
    levels: int = 8
    dynamic_range: float = 40.0
    hysteresis: float = 2.0
    smoothing: float = 8e-3
    hop: float = 4e-3
    speed: float = 10.0

    def __post_init__(self) -> None:
        for name in ("bands", "levels"):
            if _checks.count(name, getattr(self, name)) == 0:
                msg = f"{name} is 0, expected at least 1"
                raise DomainError(msg)
        for name, unit in (("low", "Hz"), ("high", "Hz"), ("dynamic_range", "dB"), ("hop", "s")):
            _checks.positive(name, getattr(self, name), unit)
        if self.low >= self.high and self.bands > 1:
            msg = f"low is {self.low} Hz and high {self.high} Hz, expected low below high"
            raise DomainError(msg)
        _checks.within("hysteresis", self.hysteresis, 0.0)
        check_seconds("smoothing", self.smoothing)
        _checks.positive("speed", self.speed)

    @property
    def thresholds(self) -> NDArray[np.float64]:
        """Levels in decibels below the peak, shape (levels,), ascending."""
        share: NDArray[np.float64] = np.arange(self.levels, 0, -1) / self.levels
        return -self.dynamic_range * share

    def __call__(self, inputs: Sequences, /) -> SpikeBatch:
        """Encode recordings of one channel each into ``2 bands levels`` sources."""
        audio = check_sequences(inputs)
        if audio.n_channels != 1:
            msg = f"inputs have {audio.n_channels} channels, expected recordings of one channel"
            raise ShapeError(msg)
        if self.high > audio.rate / 2:
            msg = f"high is {self.high} Hz, expected at most half the sampling rate, " + str(
                audio.rate / 2
            )
            raise DomainError(msg)
        step = max(1, round(self.hop * audio.rate))
        loudness = Sequences.from_list(
            [self._loudness(audio.sample(n)[:, 0], audio.rate, step) for n in range(len(audio))]
            or [np.zeros((0, self.bands))],
            rate=audio.rate / step,
        )[: len(audio)]
        spikes = crossing_spikes(loudness, self.thresholds, self.hysteresis, SILENCE_DB)
        return Compress(self.speed)(FromFirst()(spikes))

    def _loudness(self, sound: NDArray[np.floating], rate: float, step: int) -> NDArray[np.float64]:
        """Decibels below the peak, shape (readings, bands)."""
        loud = envelopes(
            sound,
            rate,
            bands=self.bands,
            low=self.low,
            high=self.high,
            smoothing=self.smoothing,
            step=step,
        )
        peak = loud.max(initial=0.0)
        if peak == 0.0:
            return np.full(loud.shape, SILENCE_DB)
        faintest = 10.0 ** (SILENCE_DB / 20.0)
        decibels: NDArray[np.float64] = 20.0 * np.log10(np.maximum(loud / peak, faintest))
        return decibels
