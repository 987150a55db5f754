"""What a layer of leaky integrate-and-fire neurons is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firstspike import _checks
from firstspike.errors import DomainError
from firstspike.models.firing import Many, Once
from firstspike.models.initializers import FanIn, Initializer

if TYPE_CHECKING:
    from firstspike._core import LifSpec

__all__ = ["LIF"]


@dataclass(frozen=True)
class LIF:
    r"""A fully connected layer of current-based LIF neurons with exponential synapses.

    .. math::

        \tau_\mathrm{mem} \dot V = -V + I, \qquad
        \tau_\mathrm{syn} \dot I = -I, \qquad
        I \leftarrow I + w \text{ on arrival}, \qquad
        V \leftarrow 0 \text{ when } V \ge \theta

    Parameters
    ----------
    n_in, n_out : int
        Number of input channels and of neurons.
    tau_mem, tau_syn : float
        Time constants in seconds. Any ratio from 0.001 to 1000 is exact; whole ratios and 1/2 are
        fastest.
    threshold : float
        Where thresholds start; each neuron has its own afterwards.
    spikes : Once or Many
        Whether a neuron may fire again.
    init : Initializer
        Where weights start.

    Raises
    ------
    DomainError
        If a size, time constant or threshold is not positive.

    References
    ----------
    Wunderlich & Pehle, "Event-based backpropagation can compute exact gradients for spiking
    neural networks", Sci. Rep. 11 (2021), doi:10.1038/s41598-021-91786-z.

    Examples
    --------
    >>> import firstspike as fs
    >>> fs.LIF(64, 120, tau_mem=20e-3, tau_syn=5e-3).spikes
    Once()
    """

    n_in: int
    n_out: int
    tau_mem: float = 20e-3
    tau_syn: float = 5e-3
    threshold: float = 1.0
    spikes: Once | Many = field(default_factory=Once)
    init: Initializer = field(default_factory=FanIn)

    def __post_init__(self) -> None:
        for name in ("n_in", "n_out"):
            if _checks.count(name, getattr(self, name)) == 0:
                msg = f"{name} is 0, expected at least 1"
                raise DomainError(msg)
        _checks.positive("tau_mem", self.tau_mem, "s")
        _checks.positive("tau_syn", self.tau_syn, "s")
        _checks.within("tau_mem / tau_syn", self.tau_mem / self.tau_syn, 1e-3, 1e3)
        _checks.positive("threshold", self.threshold)
        if not isinstance(self.spikes, Once | Many):
            msg = f"spikes is {self.spikes!r}, expected firstspike.Once() or firstspike.Many()"
            raise DomainError(msg)

    def _spec(self) -> LifSpec:
        """Return what the core needs to know."""
        return (self.n_in, self.n_out, self.tau_mem, self.tau_syn, self.spikes.limit)
