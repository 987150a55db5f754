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

    @property
    def enough_shift(self) -> int:
        """Fraction bits with which rounding changes no time constant by more than 1 %.

        The slowest decay ``e`` moves by at most ``2^-(F+1)``, and ``1 - e`` is what makes the time
        constant: ``2^F >= 50 / (1 - e)``, between 12 and 16 bits.
        """
        slowest = max(self.decay_mem, self.decay_syn)
        return _bits(50.0 / (1.0 - slowest), 12, 16) if slowest < 1.0 else 16

    @property
    def enough_guard(self) -> int:
        """Fraction bits with which rounding holds up at most a quarter of a unit of weight.

        A current whose decay per tick is below half its last bit never fades: that happens below
        ``2^-(G+1) / (1 - decay_syn)``, so ``2^G >= 2 / (1 - decay_syn)``, between 2 and 8 bits.
        """
        return _bits(2.0 / (1.0 - self.decay_syn), 2, 8) if self.decay_syn < 1.0 else 8

    def program(self, *, shift: int | None = None, guard: int | None = None) -> LifProgram:
        """Return the integer program that measures ``U`` such that its drive is exactly 1.

        The membrane's unit absorbs `drive`, so the core needs no multiplier for it: thresholds are
        divided by it instead.

        Parameters
        ----------
        shift : int, optional
            Fraction bits of the decays, `enough_shift` by default.
        guard : int, optional
            Fraction bits of the current below one unit of weight, `enough_guard` by default.
        """
        shift = self.enough_shift if shift is None else _checks.count("shift", shift)
        guard = self.enough_guard if guard is None else _checks.count("guard", guard)
        one = 2 ** min(shift, 16)  # LifProgram refuses more
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


def _bits(magnitude: float, low: int, high: int) -> int:
    """Return how many bits count to `magnitude`, between `low` and `high`."""
    return min(max(math.ceil(math.log2(magnitude)), low), high)


def _mean_decay(x: float) -> float:
    """Mean of ``e^-s`` over ``0 <= s <= x``."""
    return -math.expm1(-x) / x if x > 0 else 1.0
