"""How the tick of a spike stands for a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from firstspike.integer_network import RampProgram, TableProgram

__all__ = ["ExponentialCode", "LinearCode", "TimeCode"]

Values = NDArray[np.float64]


class TimeCode(Protocol):
    """Falling values, one per tick, and the levels at which a neuron chooses among them.

    Examples
    --------
    >>> from firstspike.two_phase import LinearCode
    >>> LinearCode().values(4).tolist()
    [1.0, 0.75, 0.5, 0.25]
    """

    def program(self) -> RampProgram | TableProgram:
        """Return what a synapse does with a spike of this code."""
        ...

    def values(self, ticks: int) -> Values:
        """Return what a spike at each of `ticks` ticks is worth; the first is worth 1."""
        ...

    def levels(self, ticks: int) -> Values:
        """Return the potential from which on a neuron fires at each tick, at the latest."""
        ...


@dataclass(frozen=True)
class LinearCode:
    r"""The value falls in equal steps: :math:`x_k = (T - k) / T`.

    A neuron fires at the tick nearest to its potential, so a layer computes a clipped rectified
    linear unit of :math:`T` levels,

    .. math::

        \hat x = \min\left(\max\left(\left\lfloor x T + \tfrac12 \right\rfloor, 0\right), T\right)
                 / T .

    References
    ----------
    Stanojevic et al., "High-performance deep spiking neural networks with 0.3 spikes per neuron",
    Nat. Commun. 15 (2024), arXiv:2306.08744.

    Examples
    --------
    >>> from firstspike.two_phase import LinearCode
    >>> LinearCode().levels(4).tolist()
    [0.875, 0.625, 0.375, 0.125]
    """

    def program(self) -> RampProgram:
        """Return the ramp."""
        return RampProgram()

    def values(self, ticks: int) -> Values:
        """Return 1 down to ``1 / ticks``."""
        return np.arange(ticks, 0, -1) / ticks

    def levels(self, ticks: int) -> Values:
        """Return the mid-points below each value."""
        return (np.arange(ticks, 0, -1) - 0.5) / ticks


@dataclass(frozen=True)
class ExponentialCode:
    r"""The value halves every :math:`m` ticks: :math:`x_k \approx 2^{-k/m}`.

    A logarithmic code: few ticks span a wide range. The values are those of the integer kernel
    `TableProgram.of_base`, so training sees what the hardware computes, and a neuron fires at the
    tick whose value is nearest to its potential in ratio.

    Parameters
    ----------
    ticks_per_octave : int
        :math:`m`, 1 to 8. The time constant of the kernel is :math:`m / \ln 2` ticks.

    Raises
    ------
    DomainError
        If `ticks_per_octave` is not 1 to 8.

    References
    ----------
    Park & Yoon, "Training energy-efficient deep spiking neural networks with time-to-first-spike
    coding", arXiv:2106.02568; Park et al., "T2FSNN", arXiv:2003.11741.

    Examples
    --------
    >>> from firstspike.two_phase import ExponentialCode
    >>> ExponentialCode().values(4).tolist()
    [1.0, 0.5, 0.25, 0.125]
    >>> ExponentialCode().levels(4).round(3).tolist()
    [0.707, 0.354, 0.177, 0.088]
    """

    ticks_per_octave: int = 1

    def __post_init__(self) -> None:
        self.program()

    def program(self) -> TableProgram:
        """Return the exponential kernel in whole numbers."""
        return TableProgram.of_base(self.ticks_per_octave)

    def values(self, ticks: int) -> Values:
        """Return 1 down to about ``2^(-(ticks - 1) / m)``."""
        program = self.program()
        worth = np.array([program.value(tick, ticks) for tick in range(ticks)], np.float64)
        values: Values = worth / worth[0]
        return values

    def levels(self, ticks: int) -> Values:
        """Return the geometric means of neighbouring values."""
        values = self.values(ticks)
        below = np.append(values[1:], values[-1] * 2.0 ** (-1.0 / self.ticks_per_octave))
        levels: Values = np.sqrt(values * below)
        return levels
