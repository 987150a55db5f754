"""How long spikes travel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firstspike import _checks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["AxonDelays", "SynapseDelays"]


@dataclass(frozen=True)
class SynapseDelays:
    """A delay of its own for every synapse, drawn uniformly between two values, in seconds.

    Parameters
    ----------
    low : float, default 0
        Shortest delay to start with, in seconds.
    high : float, optional
        Longest delay to start with; `low` by default, so that all delays are equal.

    Raises
    ------
    DomainError
        If a delay is negative or not finite, or `high` is below `low`.

    References
    ----------
    Göltz et al., "DelGrad: exact event-based gradients for training delays and weights on spiking
    neuromorphic hardware", arXiv:2404.19165.

    Examples
    --------
    >>> import firstspike as fs
    >>> net = fs.Network([fs.LIF(3, 5, delays=fs.SynapseDelays(0.0, 10e-3))], seed=0)
    >>> net.delays[0].shape
    (3, 5)
    """

    low: float = 0.0
    high: float | None = None

    def __post_init__(self) -> None:
        _check(self)

    def draw(self, n_in: int, n_out: int, rng: np.random.Generator, /) -> NDArray[np.float64]:
        """Return delays in seconds, shape (n_in, n_out)."""
        return rng.uniform(self.low, self.low if self.high is None else self.high, (n_in, n_out))


@dataclass(frozen=True)
class AxonDelays:
    """One delay per source, shared by all its synapses; parameters as `SynapseDelays`.

    Examples
    --------
    >>> import firstspike as fs
    >>> net = fs.Network([fs.LIF(3, 5, delays=fs.AxonDelays(2e-3))], seed=0)
    >>> net.delays[0].tolist()
    [0.002, 0.002, 0.002]
    """

    low: float = 0.0
    high: float | None = None

    def __post_init__(self) -> None:
        _check(self)

    def draw(self, n_in: int, n_out: int, rng: np.random.Generator, /) -> NDArray[np.float64]:  # noqa: ARG002
        """Return delays in seconds, shape (n_in,)."""
        return rng.uniform(self.low, self.low if self.high is None else self.high, n_in)


def _check(delays: SynapseDelays | AxonDelays) -> None:
    _checks.within("low", delays.low, 0.0)
    if delays.high is not None:
        _checks.within("high", delays.high, delays.low)
