"""What the neurons of a float network become on a tick grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firstspike.errors import DomainError
from firstspike.integer_network import LifProgram, RampProgram
from firstspike.models import LIF, Ramp
from firstspike.quant.discretize import discretize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firstspike.models import Network

__all__ = ["integer_neurons"]

# A quotient this close to a whole number, relatively, was meant to be it.
_SLACK = 2.0**-40


def integer_neurons(
    net: Network,
    index: int,
    *,
    scale: float,
    tick_seconds: float,
    shift: int | None,
    guard: int | None,
) -> tuple[LifProgram | RampProgram, NDArray[np.float64]]:
    r"""Return the integer program of one layer, and its thresholds in units of the membrane.

    Those of `LIF` are rounded to the nearest whole number, :math:`\theta 2^G / (c s)` with the
    weights' scale `s` and drive `c` and guard `G` of the program.

    A `Ramp` is sampled without any error: `k + 1` ticks after an input of weight ``q s`` the
    potential is :math:`q s (k + 1) D / \tau`, and the integer membrane is ``q (k + 1)``. So
    :math:`V \ge \theta` exactly if :math:`U \ge \lceil \theta \tau / (s D) \rceil`, for ticks of
    `D` seconds.

    Raises
    ------
    DomainError
        If `shift` or `guard` is given for ramp neurons, which have no constants to round.
    """
    layer, thetas = net.spiking[index], net.thresholds[index].astype(np.float64)
    if isinstance(layer, LIF):
        tau_mem, tau_syn = (float(taus[index][0]) for taus in (net.tau_mem, net.tau_syn))
        constants = discretize(tau_mem, tau_syn, tick_seconds)
        program = constants.program(shift=shift, guard=guard)
        unit = constants.drive * scale / 2**program.guard
        return program, np.maximum(np.rint(thetas / unit), 1.0)
    return _ramp(layer, thetas, scale * tick_seconds, shift, guard)


def _ramp(
    layer: Ramp,
    thetas: NDArray[np.float64],
    charge: float,
    shift: int | None,
    guard: int | None,
) -> tuple[RampProgram, NDArray[np.float64]]:
    for name, value in (("shift", shift), ("guard", guard)):
        if value is not None:
            msg = f"{name} is {value}, expected None: ramp neurons have no constants to round"
            raise DomainError(msg)
    return RampProgram(), np.ceil(thetas * layer.tau / charge * (1.0 - _SLACK))
