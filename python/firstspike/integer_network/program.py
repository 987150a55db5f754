"""What a synapse does to a neuron, and what a neuron does in one tick."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firstspike import _checks, _core
from firstspike.integer_network._frozen import rebuild, store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["LifProgram", "Program", "RampProgram", "StepProgram", "TableProgram"]


@dataclass(frozen=True)
class StepProgram:
    """Non-leaky neuron: an arrival adds its weight to the membrane, ``U += w``.

    Goes with `Causal` and `ConstThreshold`.

    Examples
    --------
    >>> from firstspike import StepProgram
    >>> StepProgram()
    StepProgram()
    """

    _core: _core.Program = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        store(self, _core=_core.Program.step())

    __reduce__ = rebuild


@dataclass(frozen=True)
class RampProgram:
    """Non-leaky neuron: an arrival starts a ramp of its weight per tick.

    With `Causal`, ``S += w`` on arrival and ``U += S`` in every tick. With `TwoPhase` the ramps end
    with the window: a spike at tick ``k`` of ``T`` has added ``w (T - k)``, and a window has
    summed up ``B + sum w v`` with ``v = T - k``, the product of an ordinary fully connected layer.

    Examples
    --------
    >>> from firstspike import RampProgram
    >>> RampProgram().value(3, ticks=16)
    13
    """

    _core: _core.Program = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        store(self, _core=_core.Program.ramp())

    def value(self, tick: int, ticks: int) -> int:
        """Return what a spike at `tick` of `ticks` is worth to a two-phase layer."""
        return ticks - tick

    __reduce__ = rebuild


@dataclass(frozen=True)
class LifProgram:
    r"""Leaky integrate-and-fire neuron with an exponential synapse, in integers.

    After the arrivals ``I += w << guard`` of a tick, both states advance::

        U <- (decay_mem * U + drive * I + 2^(shift - 1)) >> shift
        I <- (decay_syn * I             + 2^(shift - 1)) >> shift

    where `U` uses the current before its decay and ``>>`` rounds toward minus infinity. A neuron
    that has not fired yet fires if then ``U >= threshold``.

    Parameters
    ----------
    decay_mem, decay_syn, drive : int
        Factors in units of ``2^-shift``, each 0 to ``2^shift``.
    shift : int
        Fraction bits of the factors, 1 to 16.
    guard : int
        Fraction bits of the current below one unit of weight, 0 to 8.

    Raises
    ------
    DomainError
        If a constant is out of range.

    Examples
    --------
    >>> from firstspike import LifProgram
    >>> LifProgram(decay_mem=3891, decay_syn=3355, drive=4096, shift=12, guard=4).shift
    12
    """

    decay_mem: int
    decay_syn: int
    drive: int
    shift: int
    guard: int
    _core: _core.Program = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = ("decay_mem", "decay_syn", "drive", "shift", "guard")
        values = {name: _checks.count(name, getattr(self, name)) for name in names}
        store(self, **values, _core=_core.Program.lif(*values.values()))

    __reduce__ = rebuild


@dataclass(frozen=True)
class TableProgram:
    r"""Exponential kernel without a multiplier: what a tick is worth halves every ``m`` ticks.

    A spike at tick ``k`` of ``T`` adds ``w value[k]``, where

    .. math::

        \mathrm{value}[k] = c_{k \bmod m} \cdot 2^{Q - \lfloor k / m \rfloor},
        \qquad Q = \lfloor (T - 1) / m \rfloor

    so with :math:`c_r \approx c_0 2^{-r/m}` the kernel is an exponential of base
    :math:`2^{1/m}`. Goes with `TwoPhase`.

    Parameters
    ----------
    mantissas : sequence of int
        One octave: ``c_0 >= c_1 >= ... >= c_{m-1}``, 1 to 8 numbers from 1 to 4096, the last at
        least half of the first.

    Raises
    ------
    DomainError
        If there are none or too many, or they are out of range or order.

    References
    ----------
    S. Park, S. Kim, B. Na, S. Yoon, "T2FSNN: deep spiking neural networks with time-to-first-spike
    coding", arXiv:2003.11741, for the kernel; there a real exponential.

    Examples
    --------
    >>> from firstspike import TableProgram
    >>> half_octaves = TableProgram([10, 7])
    >>> [half_octaves.value(tick, ticks=5) for tick in range(5)]
    [40, 28, 20, 14, 10]
    """

    mantissas: tuple[int, ...]
    _core: _core.Program = field(init=False, repr=False, compare=False)

    def __init__(self, mantissas: Sequence[int] | NDArray[np.int64]) -> None:
        values = _checks.int_vector("mantissas", mantissas, np.int64)
        handle = _core.Program.table(values)
        store(self, mantissas=tuple(values.tolist()), _core=handle)

    @classmethod
    def of_base(cls, ticks_per_octave: int, *, largest: int | None = None) -> TableProgram:
        """Return mantissas that follow ``2^(-r / m)`` as closely as whole numbers can.

        Parameters
        ----------
        ticks_per_octave : int
            ``m``: in so many ticks a spike loses half of what it is worth.
        largest : int, optional
            The first mantissa; by default 1 for one tick per octave, else 256.

        Examples
        --------
        >>> from firstspike import TableProgram
        >>> TableProgram.of_base(4)
        TableProgram(mantissas=(256, 215, 181, 152))
        """
        count = _checks.count("ticks_per_octave", ticks_per_octave)
        first = (1 if count == 1 else 256) if largest is None else largest
        return cls([round(first * 2.0 ** (-place / count)) for place in range(min(count, 9))])

    def value(self, tick: int, ticks: int) -> int:
        """Return what a spike at `tick` of `ticks` is worth."""
        count = len(self.mantissas)
        return self.mantissas[tick % count] << ((ticks - 1) // count - tick // count)

    __reduce__ = rebuild


Program: TypeAlias = StepProgram | RampProgram | LifProgram | TableProgram
