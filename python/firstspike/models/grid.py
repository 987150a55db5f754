"""When spikes may arrive."""

from __future__ import annotations

from dataclasses import dataclass

from firstspike import _checks

__all__ = ["TimeGrid"]


@dataclass(frozen=True)
class TimeGrid:
    """Deliver spikes at whole multiples of a step; thresholds are crossed in between.

    Every spike, of inputs and of neurons, arrives at the first instant of the grid that is not
    before it (after its delay). Dense streams of events fall into few groups this way, which
    is faster; spike times and gradients are off by the order of the step. `Network.backward`
    treats the rounding as if it were not there.

    The grid has a tolerance: whatever would arrive within :math:`2^{-20}` of a step after an
    instant does not wait for the next one but keeps its own time, as a spike that misses its
    instant by a rounding error must not lose a whole step. From :math:`2^{52}` steps on, where
    instants cannot be told apart any more, every spike keeps its own time.

    Parameters
    ----------
    step : float
        Seconds between two instants.

    Raises
    ------
    DomainError
        If `step` is not a finite number above 0.

    Examples
    --------
    >>> import firstspike as fs
    >>> net = fs.Network([fs.LIF(1, 1, init=fs.Normal(10.0, 0.0))], seed=0)
    >>> spikes = fs.SpikeBatch.from_lists([[(0.4e-3, 0)]], n_sources=1)
    >>> exact, late = (net.forward(spikes, grid=grid) for grid in (None, fs.TimeGrid(1e-3)))
    >>> bool(late.spikes().times[0] > exact.spikes().times[0] + 0.5e-3)
    True
    """

    step: float

    def __post_init__(self) -> None:
        _checks.positive("step", self.step, "s")
