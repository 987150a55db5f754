"""Exact sampling of the continuous neuron on the tick grid."""

from __future__ import annotations

import math
from dataclasses import dataclass

from firstspike import _checks
from firstspike.errors import DomainError
from firstspike.integer_network import LifProgram

__all__ = ["TickConstants", "discretize"]


@dataclass(frozen=True)
class TickConstants:
    """One tick of the continuous neuron: ``V' = decay_mem V + drive I``, ``I' = decay_syn I``.

    Parameters
    ----------
    decay_mem, decay_syn : float
        ``e^(-D / tau_mem)`` and ``e^(-D / tau_syn)`` for a tick of ``D`` seconds.
    drive : float
        What a unit of current at the start of a tick adds to the membrane by its end.
    """

    decay_mem: float
    decay_syn: float
    drive: float

    def program(self, *, shift: int, guard: int) -> LifProgram:
        """Return the integer program that measures ``U`` such that its drive is exactly 1.

        The membrane's unit absorbs `drive`, so the core needs no multiplier for it: thresholds are
        divided by it instead.

        Parameters
        ----------
        shift : int
            Fraction bits of the decays.
        guard : int
            Fraction bits of the current below one unit of weight.
        """
        one = 2 ** _checks.count("shift", shift)
        return LifProgram(
            decay_mem=round(self.decay_mem * one),
            decay_syn=round(self.decay_syn * one),
            drive=one,
            shift=shift,
            guard=guard,
        )


def discretize(tau_mem: float, tau_syn: float, tick_seconds: float) -> TickConstants:
    r"""Sample ``tau_mem dV/dt = -V + I``, ``tau_syn dI/dt = -I`` exactly, once per tick.

    .. math::

        c = \frac{\tau_\mathrm{syn}}{\tau_\mathrm{mem} - \tau_\mathrm{syn}}
            \left( e^{-D/\tau_\mathrm{mem}} - e^{-D/\tau_\mathrm{syn}} \right)

    evaluated without cancellation for (nearly) equal time constants.

    Parameters
    ----------
    tau_mem, tau_syn : float
        Time constants in seconds.
    tick_seconds : float
        Duration ``D`` of a tick in seconds.

    Returns
    -------
    TickConstants
        The two decays and the drive.

    Raises
    ------
    DomainError
        If an argument is not a finite number above 0, or the tick is so short or so long that
        nothing of the dynamics is left.

    Examples
    --------
    >>> from firstspike.quant import discretize
    >>> constants = discretize(20e-3, 5e-3, 1e-3)
    >>> round(constants.decay_mem, 4), round(constants.decay_syn, 4), round(constants.drive, 4)
    (0.9512, 0.8187, 0.0442)
    """
    tau_mem = _checks.positive("tau_mem", tau_mem, "s")
    tau_syn = _checks.positive("tau_syn", tau_syn, "s")
    tick = _checks.positive("tick_seconds", tick_seconds, "s")
    decay_mem, decay_syn = math.exp(-tick / tau_mem), math.exp(-tick / tau_syn)
    # With a = D / tau_mem and b = D / tau_syn the formula is a (e^-a - e^-b) / (b - a).
    a, b = tick / tau_mem, tick / tau_syn
    drive = a * math.exp(-min(a, b)) * _mean_decay(abs(b - a))
    if not drive > 0.0:
        msg = (
            f"tick_seconds is {tick} s with tau_mem = {tau_mem} s and tau_syn = {tau_syn} s, "
            "expected a tick within a few orders of magnitude of the time constants"
        )
        raise DomainError(msg)
    return TickConstants(decay_mem, decay_syn, drive)


def _mean_decay(x: float) -> float:
    """Mean of ``e^-s`` over ``0 <= s <= x``."""
    return -math.expm1(-x) / x if x > 0 else 1.0
