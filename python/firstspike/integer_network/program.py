"""What a neuron does in one tick."""

from __future__ import annotations

from dataclasses import dataclass, field

from firstspike import _checks, _core
from firstspike.integer_network._frozen import rebuild, store

__all__ = ["LifProgram"]


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
    _core: _core.LifProgram = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = ("decay_mem", "decay_syn", "drive", "shift", "guard")
        values = {name: _checks.count(name, getattr(self, name)) for name in names}
        store(self, **values, _core=_core.LifProgram(*values.values()))

    __reduce__ = rebuild
