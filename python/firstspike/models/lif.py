"""What a layer of leaky integrate-and-fire neurons is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError, ShapeError
from firstspike.models.firing import Many, Once
from firstspike.models.initializers import FanIn, Initializer, check_initializer, peak_response
from firstspike.models.recurrence import Recurrent, check_delays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firstspike.models.delays import AxonDelays, SynapseDelays

__all__ = ["LIF"]

# What may differ from neuron to neuron.
PER_NEURON = ("tau_mem", "tau_syn", "threshold", "reset", "leak")


@dataclass(frozen=True)
class LIF:
    r"""A fully connected layer of current-based LIF neurons with exponential synapses.

    .. math::

        \tau_\mathrm{mem} \dot V = -(V - E_L) + I, \qquad
        \tau_\mathrm{syn} \dot I = -I, \qquad
        I \leftarrow I + w \text{ on arrival}, \qquad
        V \leftarrow V_r \text{ when } V \ge \theta

    The potential starts at :math:`E_L`. Where "float or sequence" is said, a sequence has one
    number per neuron.

    Parameters
    ----------
    n_in, n_out : int
        Number of input channels and of neurons.
    tau_mem, tau_syn : float or sequence of float
        Time constants in seconds. Any ratio from 0.001 to 1000 is exact; whole ratios and 1/2 are
        fastest.
    threshold : float or sequence of float
        Where thresholds θ start; each neuron has its own afterwards.
    spikes : Once or Many
        Whether a neuron may fire again.
    init : Initializer
        Where weights start.
    reset : float or sequence of float
        Potential :math:`V_r` after a spike, below the threshold.
    leak : float or sequence of float
        Resting potential :math:`E_L`, below the threshold.
    refractory : float
        Seconds for which the potential is held at :math:`V_r` after a spike, while the current
        evolves. With `Once` it makes no difference.
    delays : SynapseDelays or AxonDelays, optional
        Delays between the inputs and this layer; None for none.
    recurrent : Recurrent, optional
        Synapses of the layer onto itself; None for a feed-forward layer.

    Raises
    ------
    DomainError
        If a size, time constant or threshold is not positive, a reset or leak potential is not
        below the threshold, the refractory period is negative, or `delays` or `recurrent` is
        of another type.
    ShapeError
        If a sequence has another length than `n_out`.

    References
    ----------
    Wunderlich & Pehle, "Event-based backpropagation can compute exact gradients for spiking
    neural networks", Sci. Rep. 11 (2021), doi:10.1038/s41598-021-91786-z.

    Examples
    --------
    >>> import firstspike as fs
    >>> fs.LIF(64, 120, tau_mem=20e-3, tau_syn=5e-3).spikes
    Once()
    >>> layer = fs.LIF(2, 3, tau_mem=[10e-3, 20e-3, 30e-3], spikes=fs.Many(), refractory=2e-3)
    >>> layer.tau_mem
    (0.01, 0.02, 0.03)
    """

    n_in: int
    n_out: int
    tau_mem: float | Sequence[float] = 20e-3
    tau_syn: float | Sequence[float] = 5e-3
    threshold: float | Sequence[float] = 1.0
    spikes: Once | Many = field(default_factory=Once)
    init: Initializer = field(default_factory=FanIn)
    reset: float | Sequence[float] = 0.0
    leak: float | Sequence[float] = 0.0
    refractory: float = 0.0
    delays: SynapseDelays | AxonDelays | None = None
    recurrent: Recurrent | None = None

    def __post_init__(self) -> None:
        check_initializer(self.init)
        for name in ("n_in", "n_out"):
            if _checks.count(name, getattr(self, name)) == 0:
                msg = f"{name} is 0, expected at least 1"
                raise DomainError(msg)
        for name in PER_NEURON:
            _settle(self, name)
        for name, unit in (("tau_mem", "s"), ("tau_syn", "s"), ("threshold", "")):
            for value in np.unique(self.values(name)):
                _checks.positive(name, float(value), unit)
        with np.errstate(over="ignore"):  # infinite is out of range, too
            ratios = np.unique(self.values("tau_mem") / self.values("tau_syn"))
        for ratio in ratios:
            _checks.within("tau_mem / tau_syn", float(ratio), 1e-3, 1e3)
        for name in ("reset", "leak"):
            self._below_threshold(name)
        _checks.within("refractory", self.refractory, 0.0)
        if not isinstance(self.spikes, Once | Many):
            msg = f"spikes is {self.spikes!r}, expected firstspike.Once() or firstspike.Many()"
            raise DomainError(msg)
        check_delays("delays", self.delays)
        if self.recurrent is not None and not isinstance(self.recurrent, Recurrent):
            msg = f"recurrent is {self.recurrent!r}, expected firstspike.Recurrent() or None"
            raise DomainError(msg)

    def values(self, name: str) -> NDArray[np.float64]:
        """Return what `name` is for each neuron, shape (n_out,)."""
        return np.broadcast_to(np.asarray(getattr(self, name), np.float64), self.n_out)

    def response(self) -> NDArray[np.float64]:
        """Return the peak of each neuron's answer to one spike of weight 1, shape (n_out,)."""
        return peak_response(self.values("tau_mem"), self.values("tau_syn"))

    def _below_threshold(self, name: str) -> None:
        values, thresholds = self.values(name), self.values("threshold")
        wrong = ~(values < thresholds) | ~np.isfinite(values)
        if wrong.any():
            at = int(np.argmax(wrong))
            msg = f"{name} is {values[at]}, expected a number below the threshold {thresholds[at]}"
            raise DomainError(msg)


def _settle(layer: LIF, name: str) -> None:
    """Turn a sequence of numbers into a tuple, so that layers stay values."""
    given = getattr(layer, name)
    if np.ndim(given) == 0:
        _checks.number(name, given, f"a number or {layer.n_out} numbers")
        return
    values = _checks.real_vector(name, given)
    if values.size != layer.n_out:
        msg = f"{name} has {values.size} entries, expected n_out, that is {layer.n_out}"
        raise ShapeError(msg)
    object.__setattr__(layer, name, tuple(values.tolist()))
