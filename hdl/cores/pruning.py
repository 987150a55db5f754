"""What all walks through synapse memories that drop small weights have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from amaranth.hdl import C, Cat, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from firstspike.hdl.cores.tokens import address

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amaranth.hdl import Module, Value

    from firstspike.hdl.plan import CorePlan

__all__ = ["FLOOR_BITS", "LATENCY", "of_layer", "of_layer_kept", "pruning", "smaller"]

#: Width of a fan-in floor.
FLOOR_BITS = 16
#: Cycles from an address to its words: two registers in the steward, two in a bank, one in a layer.
LATENCY = 5

Option = TypeVar("Option")


def pruning(core: CorePlan) -> wiring.Signature:
    """Return the signature of a walk through the memories of one layer after the other.

    ``start`` prunes ``layer`` with ``threshold`` and ``floor``; these are as they are from the
    cycle before that to the end of ``busy``, which begins in the cycle after it. In bank ``lane``,
    in a dense layer in memory ``lane``, ``segment`` and ``synapse`` are the words that stood at
    ``read_at`` `LATENCY` cycles before; ``store_segment`` and ``store_synapse`` write ``word`` to
    ``write_at``. ``dropped`` synapses have gone in this cycle or the one before.
    """
    words = max(max(layer.n_sources + 1, layer.capacity) for layer in core.layers)
    return wiring.Signature(
        {
            "start": In(1),
            "layer": In(6),
            "threshold": In(8),
            "floor": In(FLOOR_BITS),
            "busy": Out(1),
            "lane": Out(8),
            "read_at": Out(address(words)),
            "write_at": Out(address(words)),
            "segment": In(32),
            "synapse": In(32),
            "word": Out(32),
            "store_segment": Out(1),
            "store_synapse": Out(1),
            "dropped": Out(bits_for(max(layer.adds for layer in core.layers))),
        }
    )


def of_layer(
    layer: Value, options: Mapping[int, Option], build: Callable[[Option], Value]
) -> Value:
    """Return what `build` makes of the option of a layer; equal options are built once.

    Parameters
    ----------
    layer : Value
        Which layer.
    options : mapping
        From the index of a layer to something that can be compared.
    build : callable
        Makes a value of an option.
    """
    found = {option: build(option) for option in options.values()}
    indices = list(options)
    value = found[options[indices[0]]]
    for index in indices[1:]:
        if options[index] != options[indices[0]]:
            value = Mux(layer == index, found[options[index]], value)
    return value


def of_layer_kept(m: Module, layer: Value, name: str, options: Mapping[int, int]) -> Value:
    """Return the number of a layer out of a register, a cycle after the layer is given.

    Parameters
    ----------
    m : Module
        Gets the register.
    layer : Value
        Which layer.
    name : str
        Name of the register.
    options : mapping
        From the index of a layer to its number.
    """
    numbers = set(options.values())
    if len(numbers) == 1:
        return C(numbers.pop())
    kept = Signal(range(max(numbers) + 1), name=name)
    m.d.sync += kept.eq(of_layer(layer, options, C))
    return kept


def smaller(m: Module, threshold: Value) -> Callable[[Value], Value]:
    """Return what tells whether the magnitude of a signed weight is below a threshold.

    With ``s`` for the sign and ``a`` for the other bits, inverted if it is set, the magnitude is
    ``a + s``, and that is less than the threshold if ``2 a + s`` is less than twice the threshold
    less one. So one comparison does, and no negation comes before it.

    Parameters
    ----------
    m : Module
        Gets a register for the right side, which follows the threshold a cycle later.
    threshold : Value
        The threshold.
    """
    limit = Signal(len(threshold) + 1, name="limit")
    m.d.sync += limit.eq(Mux(threshold == 0, 0, Cat(C(1, 1), threshold - 1)))

    def is_smaller(weight: Value) -> Value:
        sign = weight[-1]
        return Cat(sign, weight[:-1] ^ sign.replicate(len(weight) - 1)) < limit

    return is_smaller
