"""Level-crossing code: a spike whenever a signal passes a level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.encoders.base import check_sequences
from firstspike.encoders.crossings import crossing_spikes
from firstspike.encoders.transforms import Compress
from firstspike.errors import DomainError

if TYPE_CHECKING:
    from firstspike.events import SpikeBatch
    from firstspike.sequences import Sequences

__all__ = ["LevelCrossing"]


@dataclass(frozen=True, kw_only=True)
class LevelCrossing:
    r"""Encode every passage of a signal through one of several levels as a spike.

    The levels are :math:`\theta_l = \mathrm{low} + l\,(\mathrm{high} - \mathrm{low}) / (L - 1)`
    for :math:`l = 0 \dots L - 1`. Channel :math:`c` of :math:`C` has two sources per level: source
    :math:`2 l C + c` spikes when the signal rises to :math:`\theta_l`, source
    :math:`(2 l + 1) C + c` when it falls below :math:`\theta_l - h`. Between two rows the signal
    is a straight line, so spikes are not bound to the rows; what changes slowly costs few spikes,
    what stands still none.

    Before its first row a signal is at `rest`: the levels between there and its first value are
    passed at time 0, so that the spikes also tell where it starts.

    Parameters
    ----------
    low, high : float
        Lowest and highest level, in units of the signal.
    levels : int
        Number of levels :math:`L`.
    hysteresis : float, default 0
        How far a signal must fall below a level to have left it; noise smaller than this costs
        no spike.
    rest : float, default 0
        Value before the first row.
    speed : float, default 1
        Seconds of signal per second of spikes. Networks are small and quick to train when their
        time constants, not the signal's, set the pace.

    Raises
    ------
    DomainError
        If the levels do not rise, there are fewer than 2, `hysteresis` is negative, or `speed` is
        not positive.

    References
    ----------
    M. Miśkowicz, "Send-on-delta concept: an event-based data reporting strategy", Sensors 6
    (2006), doi:10.3390/s6010049.

    Examples
    --------
    >>> from firstspike import Sequences
    >>> from firstspike.encoders import LevelCrossing
    >>> ramp = Sequences.from_list([[[0.0], [1.0], [0.0]]], rate=1.0)
    >>> spikes = LevelCrossing(low=0.25, high=0.75, levels=2)(ramp)
    >>> spikes.times.tolist(), spikes.sources.tolist()
    ([0.25, 0.75, 1.25, 1.75], [0, 2, 3, 1])
    """

    low: float
    high: float
    levels: int
    hysteresis: float = 0.0
    rest: float = 0.0
    speed: float = 1.0

    def __post_init__(self) -> None:
        low, high = _checks.number("low", self.low), _checks.number("high", self.high)
        if not (np.isfinite(low) and np.isfinite(high) and low < high):
            msg = f"low is {self.low} and high {self.high}, expected finite numbers, low below high"
            raise DomainError(msg)
        if _checks.count("levels", self.levels) < 2:
            msg = f"levels is {self.levels}, expected at least 2"
            raise DomainError(msg)
        _checks.within("hysteresis", self.hysteresis, 0.0)
        _checks.within("rest", self.rest, -np.inf)
        _checks.positive("speed", self.speed)

    def __call__(self, inputs: Sequences, /) -> SpikeBatch:
        """Encode signals of any number of channels; there are `2 levels` sources for each."""
        signals = check_sequences(inputs)
        thresholds = np.linspace(self.low, self.high, self.levels)
        spikes = crossing_spikes(signals, thresholds, self.hysteresis, self.rest)
        return Compress(self.speed)(spikes)
