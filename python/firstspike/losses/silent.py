"""Loss terms that reach neurons without a spike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks, _core
from firstspike.losses._batch import check_labels
from firstspike.losses.derivatives import Derivatives

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firstspike.models import Tape

__all__ = ["SilentHinge"]


@dataclass(frozen=True, kw_only=True)
class SilentHinge:
    r"""Lift silent neurons towards their threshold, by an exact gradient.

    A neuron that never spikes has no spike time to move, so spike-time losses cannot see it. This
    term looks at its highest voltage instead:

    .. math::

        L = \frac{\beta_\mathrm{out}}{N} \sum_{s:\ t_{s,y} = \infty}
            \max\left(0, \theta_y - \max_t V_{s,y}(t)\right)
          + \beta_\mathrm{hid} \sum_{j\ \mathrm{silent\ in\ the\ batch}}
            \max\left(0, \theta_j - \max_s \max_t V_{s,j}(t)\right)

    with ``y`` the label of sample ``s`` of ``N``. Both are differentiable almost everywhere, and
    finite differences agree with the gradient that training uses. Where a readout decides there are
    no spiking outputs: the first term is 0, and every spiking layer is hidden.

    Parameters
    ----------
    output : float
        :math:`\beta_\mathrm{out}`, for label outputs; 0 switches the term off.
    hidden : float
        :math:`\beta_\mathrm{hid}`, for neurons of earlier layers that are silent in a whole
        batch; 0 switches the term off.

    Raises
    ------
    DomainError
        If a strength is negative or not finite.

    Examples
    --------
    >>> import firstspike as fs
    >>> fs.losses.SilentHinge(output=5.0)
    SilentHinge(output=5.0, hidden=1.0)
    """

    output: float = 10.0
    hidden: float = 1.0

    def __post_init__(self) -> None:
        _checks.within("output", self.output, 0.0)
        _checks.within("hidden", self.hidden, 0.0)

    def on_tape(self, tape: Tape, labels: NDArray[np.int64], /) -> tuple[float, Derivatives]:
        """Evaluate one batch, see `TapeLoss`."""
        net, total = tape.network, 0.0
        dL_dvmax: dict[int, NDArray[np.float64]] = {}
        last = len(net.spiking) - 1
        outputs = {last} if tape.readout is None else set()
        for layer in range(last + 1):
            beta = self.output if layer in outputs else self.hidden
            if beta == 0:
                continue
            times = tape.first_spike_times(layer)
            highest = tape.max_voltages(layer)
            thresholds = net.thresholds[layer].astype(np.float64)
            if layer in outputs:
                # a plain astype would wrap a label that is out of range to one that is not
                chosen = check_labels(labels, *times.shape).astype(np.uint32)
                value, dL_dvmax[layer] = _core.silent_output_hinge(
                    beta, times, highest, thresholds, chosen
                )
            else:
                value, dL_dvmax[layer] = _core.silent_hidden_hinge(beta, times, highest, thresholds)
            total += value
        return total, Derivatives(
            dL_dvmax=dL_dvmax,
            direct={("thresholds", i): -by_vmax.sum(axis=0) for i, by_vmax in dL_dvmax.items()},
        )
