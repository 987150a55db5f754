"""What a layer of ramp neurons is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError, ShapeError
from firstspike.models.firing import Once
from firstspike.models.initializers import FanIn, Initializer, check_initializer
from firstspike.models.pieces import INITIALIZERS, typed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Ramp"]


@dataclass(frozen=True)
class Ramp:
    r"""A fully connected layer of neurons whose synapses push for ever, and that fire once.

    .. math::

        \tau \dot V = S, \qquad S \leftarrow S + w \text{ on arrival}, \qquad
        V(t) = \frac{1}{\tau} \sum_j w_j \max(0, t - t_j)

    The postsynaptic potential is a rectified linear function of time; nothing leaks. Over the
    inputs :math:`C` before it, the crossing and its derivatives are closed forms:

    .. math::

        t = \frac{\theta\tau + \sum_C w_j t_j}{\sum_C w_j}, \qquad
        \frac{\partial t}{\partial w_j} = \frac{t_j - t}{\sum_C w_j}, \qquad
        \frac{\partial t}{\partial t_j} = \frac{w_j}{\sum_C w_j}, \qquad
        \frac{\partial t}{\partial \theta} = \frac{\tau}{\sum_C w_j}

    On a tick grid this is exactly the program `firstspike.RampProgram` of a causal integer network,
    without a multiplier. All spiking layers of a network are of one kind.

    Parameters
    ----------
    n_in, n_out : int
        Number of input channels and of neurons.
    tau : float, default 20e-3
        Seconds in which a weight of 1 lifts the potential by 1. It only sets the unit of the
        weights, so it is no parameter to be learned.
    threshold : float or sequence of float
        Where thresholds θ start, one for all or one per neuron; each neuron has its own afterwards.
    init : Initializer
        Where weights start. For `FanIn`, the answer to a spike is taken `tau` after it.

    Raises
    ------
    DomainError
        If a size, `tau` or a threshold is not positive.
    ShapeError
        If a sequence has another length than `n_out`.

    References
    ----------
    Zhang et al., "Rectified linear postsynaptic potential function for backpropagation in deep
    spiking neural networks", IEEE TNNLS 33 (2022), doi:10.1109/TNNLS.2021.3110991.

    Examples
    --------
    >>> import numpy as np
    >>> import firstspike as fs
    >>> net = fs.Network([fs.Ramp(2, 1, tau=10e-3)], seed=0, dtype=np.float64)
    >>> net.weights[0] = [[0.5], [1.5]]
    >>> net.forward(fs.SpikeBatch.from_dense([[0.0, 4e-3]])).first_spike_times().tolist()
    [[0.008]]
    """

    n_in: int
    n_out: int
    tau: float = 20e-3
    threshold: float | Sequence[float] = 1.0
    init: Initializer = field(default_factory=FanIn)

    def __post_init__(self) -> None:
        check_initializer(self.init)
        for name in ("n_in", "n_out"):
            if _checks.count(name, getattr(self, name)) == 0:
                msg = f"{name} is 0, expected at least 1"
                raise DomainError(msg)
        _checks.positive("tau", self.tau, "s")
        if np.ndim(self.threshold) > 0:
            values = _checks.real_vector("threshold", self.threshold)
            if values.size != self.n_out:
                msg = f"threshold has {values.size} entries, expected n_out, that is {self.n_out}"
                raise ShapeError(msg)
            object.__setattr__(self, "threshold", tuple(values.tolist()))
        else:
            _checks.number("threshold", self.threshold, f"a number or {self.n_out} numbers")
        for value in np.unique(self.values("threshold")):
            _checks.positive("threshold", float(value))

    @property
    def spikes(self) -> Once:
        """How often a neuron may fire."""
        return Once()

    def values(self, name: str) -> NDArray[np.float64]:
        """Return what `name` is for each neuron, shape (n_out,)."""
        return np.broadcast_to(np.asarray(getattr(self, name), np.float64), self.n_out)

    def response(self) -> NDArray[np.float64]:
        """Return each neuron's answer to one spike of weight 1, `tau` later, shape (n_out,)."""
        return np.ones(self.n_out)

    def draw(self, rng: np.random.Generator, dtype: np.dtype[Any], /) -> dict[str, NDArray[Any]]:
        """Return the initial parameters."""
        return {
            "weights": self.init.draw(self, rng).astype(dtype),
            "thresholds": self.values("threshold").astype(dtype),
        }

    def describe(self) -> dict[str, Any]:
        """Return this as a JSON object, see `firstspike.models.store`."""
        return {
            "type": "ramp",
            "n_in": self.n_in,
            "n_out": self.n_out,
            "tau": self.tau,
            "threshold": self.threshold,
            "init": typed(INITIALIZERS, self.init),
        }
