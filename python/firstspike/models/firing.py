"""How often a neuron may fire within one sample."""

from __future__ import annotations

from dataclasses import dataclass

from firstspike import _checks
from firstspike.errors import DomainError

__all__ = ["Many", "Once"]


@dataclass(frozen=True)
class Once:
    """Time to first spike: a neuron is dead after its first spike.

    Examples
    --------
    >>> import firstspike as fs
    >>> fs.LIF(2, 3, spikes=fs.Once()).spikes
    Once()
    """

    @property
    def limit(self) -> None:
        """No limit is needed."""
        return


@dataclass(frozen=True)
class Many:
    """The membrane is reset after a spike and goes on; the synaptic current is kept.

    Parameters
    ----------
    limit : int, default 100
        Most spikes that one neuron may emit in one sample. One more is an error: nothing is
        dropped silently.

    Raises
    ------
    DomainError
        If `limit` is not a whole number of at least 1.

    Examples
    --------
    >>> import firstspike as fs
    >>> fs.LIF(2, 3, spikes=fs.Many(limit=20)).spikes.limit
    20
    """

    limit: int = 100

    def __post_init__(self) -> None:
        if _checks.count("limit", self.limit) == 0:
            msg = "limit is 0, expected at least 1"
            raise DomainError(msg)
