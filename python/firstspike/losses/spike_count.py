"""The published regulariser of spike counts: a heuristic, not a gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.losses.derivatives import Derivatives

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firstspike.models import Tape

__all__ = ["SpikeCountRegulariser"]


@dataclass(frozen=True, kw_only=True)
class SpikeCountRegulariser:
    r"""Push the mean spike count of every neuron towards a target: **a heuristic, not a gradient**.

    The term it stands for is

    .. math::

        L = \frac{\lambda}{2} \sum_j \left(\bar N_j - \nu\right)^2, \qquad
        \bar N_j = \text{mean spike count of neuron } j \text{ over the batch},

    whose true derivative is zero almost everywhere: a small change of a weight changes no count.
    What is done instead is a jump of the costate at every spike of neuron `j`,
    :math:`p_j \mathrel{+}= \tau_\mathrm{mem} \lambda (\bar N_j - \nu) / N` with `N` the batch size:
    the adjoint is told that a higher potential there would cost. That equals a derivative of
    :math:`-\lambda (\bar N_j - \nu)(I_j - \theta_j) / N` with respect to the spike's time, which is
    how it is handed on. Finite differences disagree with it by construction; leave it out when
    you check gradients. `SilentHinge` is the exact alternative for neurons that are silent.

    A neuron without any spike is not reached either.

    Parameters
    ----------
    target : float
        :math:`\nu`, spikes per sample.
    over, under : float
        :math:`\lambda` for neurons above and below the target; 0 switches that side off.

    Raises
    ------
    DomainError
        If a number is negative or not finite.

    References
    ----------
    Nowotny, Turner & Knight, arXiv:2212.01232. Their strengths belong to another scaling of the
    losses and of the adjoint, and do not carry over.

    Examples
    --------
    >>> import firstspike as fs
    >>> layer = fs.LIF(1, 3, spikes=fs.Many(), init=fs.Normal(20.0, 1.0))
    >>> net = fs.Network([layer, fs.LIF(3, 2)], seed=0)
    >>> tape = net.forward(fs.SpikeBatch.from_lists([[(0.0, 0)]], n_sources=1))
    >>> loss = fs.losses.SpikeCountRegulariser(target=1.0, over=0.1, under=0.1)
    >>> value, derivatives = fs.losses.evaluate(loss, tape, [0])
    >>> value > 0, sorted(derivatives.dL_dspikes)
    (True, [0])
    """

    target: float = 14.0
    over: float = 1e-3
    under: float = 1e-3

    def __post_init__(self) -> None:
        for name in ("target", "over", "under"):
            _checks.within(name, getattr(self, name), 0.0)

    def on_tape(
        self,
        tape: Tape,
        labels: NDArray[np.int64],  # noqa: ARG002
        /,
    ) -> tuple[float, Derivatives]:
        """Return the term and the heuristic derivative, for all hidden spiking layers."""
        total, dL_dspikes = 0.0, {}
        depth = len(tape.network.spiking)
        for layer in range(depth if tape.readout is not None else depth - 1):
            spikes = tape.spikes(layer)
            counts = np.bincount(spikes.sources, minlength=spikes.n_sources)
            excess = counts / max(1, tape.n_samples) - self.target
            strength = np.where(excess > 0, self.over, self.under)
            total += 0.5 * float(np.sum(strength * excess**2))
            push = (strength * excess / max(1, tape.n_samples))[spikes.sources]
            dL_dspikes[layer] = -push * tape.slopes(layer)
        return total, Derivatives(dL_dspikes=dL_dspikes)
