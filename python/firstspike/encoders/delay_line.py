"""A delay line: every source again, a while later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.encoders.base import check_seconds, check_spikes
from firstspike.errors import DomainError
from firstspike.events import SpikeBatch

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DelayLine"]


@dataclass(frozen=True)
class DelayLine:
    r"""Repeat every source, each copy delayed by one step more than the one before.

    Copy :math:`k = 0 \dots n - 1` of source :math:`s` of :math:`S` is source
    :math:`s + k S`, and spikes at :math:`t + k\,\Delta`. What happened at different times is
    then before the network at one time, which a network without delays of its own cannot get
    otherwise. Compared with one copy, weights should start `copies` times smaller.

    Parameters
    ----------
    copies : int
        Number of copies :math:`n`, the undelayed one included.
    step : float
        Delay :math:`\Delta` from one copy to the next in seconds.

    Raises
    ------
    DomainError
        If `copies` is below 1, or `step` negative or not finite.

    References
    ----------
    T. Nowotny, J. P. Turner, J. C. Knight, "Loss shaping enhances exact gradient learning with
    Eventprop in spiking neural networks", doi:10.1088/2634-4386/ada852.

    Examples
    --------
    >>> import firstspike as fs
    >>> batch = fs.SpikeBatch.from_lists([[(0.25, 0), (0.5, 1)]], n_sources=2)
    >>> later = fs.encoders.DelayLine(copies=2, step=0.5)(batch)
    >>> later.times.tolist(), later.sources.tolist()
    ([0.25, 0.5, 0.75, 1.0], [0, 1, 2, 3])
    """

    copies: int
    step: float

    def __post_init__(self) -> None:
        if _checks.count("copies", self.copies) == 0:
            msg = "copies is 0, expected at least 1: the undelayed one"
            raise DomainError(msg)
        check_seconds("step", self.step)

    def __call__(self, inputs: SpikeBatch, /) -> SpikeBatch:
        """Add the delayed copies; there are `copies` times as many sources and spikes."""
        batch = check_spikes(inputs)
        if batch.n_sources * self.copies >= 2**32:
            msg = (
                f"copies is {self.copies} for {batch.n_sources} sources, expected less than 2^32 "
                "sources in all"
            )
            raise DomainError(msg)
        copy: NDArray[np.int64] = np.repeat(np.arange(self.copies), batch.n_spikes)
        with np.errstate(over="ignore"):  # infinite times are refused below
            times = np.tile(batch.times, self.copies) + copy * self.step
        return SpikeBatch.from_events(
            np.tile(batch.samples, self.copies),
            times,
            np.tile(batch.sources, self.copies).astype(np.int64) + copy * batch.n_sources,
            n_samples=batch.n_samples,
            n_sources=batch.n_sources * self.copies,
        )
