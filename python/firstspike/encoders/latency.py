"""Latency code: large values spike early, zeros not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.encoders.base import FEATURES, check_seconds
from firstspike.errors import DomainError
from firstspike.events import SpikeBatch

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Latency"]


@dataclass(frozen=True)
class Latency:
    """Encode ``x`` as one spike at ``t = t_min + (1 - x) (t_max - t_min)``.

    Values of at most `threshold` do not spike: an input that says nothing costs nothing.

    Parameters
    ----------
    t_max : float
        Time in seconds that a value just above zero would spike at.
    t_min : float, default 0
        Time in seconds of the value 1.
    threshold : float, default 0
        Largest value that stays silent, 0 to 1.

    Raises
    ------
    DomainError
        If the times are not ``0 <= t_min < t_max``, or `threshold` is outside [0, 1].

    References
    ----------
    S. Thorpe, A. Delorme, R. Van Rullen, "Spike-based strategies for rapid processing", Neural
    Networks 14 (2001), doi:10.1016/S0893-6080(01)00083-1.

    Examples
    --------
    >>> from firstspike.encoders import Latency
    >>> batch = Latency(t_max=20e-3)([[0.0, 1.0, 0.5]])
    >>> batch.times.tolist(), batch.sources.tolist()
    ([0.0, 0.01], [1, 2])
    """

    t_max: float
    t_min: float = 0.0
    threshold: float = 0.0

    def __post_init__(self) -> None:
        check_seconds("t_min", self.t_min)
        check_seconds("t_max", self.t_max, self.t_min)
        if self.t_max == self.t_min:
            msg = f"t_max is {self.t_max} s, expected more than t_min = {self.t_min} s"
            raise DomainError(msg)
        if not 0.0 <= self.threshold <= 1.0:
            msg = f"threshold is {self.threshold}, expected 0 to 1"
            raise DomainError(msg)

    def __call__(self, inputs: ArrayLike, /) -> SpikeBatch:
        """Encode `inputs`, shape (n_samples, n_features), entries in [0, 1]."""
        values = _checks.unit_matrix("inputs", inputs, FEATURES)
        times = self.t_min + (1.0 - values) * (self.t_max - self.t_min)
        return SpikeBatch.from_dense(np.where(values > self.threshold, times, np.inf))
