"""Thresholds and biases: numbers that every neuron can have of its own, and commands can change."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Literal

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.storage import stored
from firstspike.hdl.cores.tokens import address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firstspike.hdl.plan import LayerPlan

__all__ = ["care", "cared_for", "own_bits", "own_memory", "own_number", "own_upkeep"]


def own_number(layer: LayerPlan) -> Literal["thresholds", "biases"] | None:
    """Return what every neuron of a layer has a number of its own for."""
    if layer.window:
        return "biases" if layer.common_bias is None else None
    return "thresholds" if layer.common_threshold is None else None


def own_bits(layer: LayerPlan) -> int:
    """Return the width of that number."""
    return layer.widths.membrane_bits if layer.window else layer.threshold_bits


def care(layer: LayerPlan) -> wiring.Signature:
    """Return the signature through which the numbers of one column are read and written.

    While ``inspecting`` is high the number of row ``row`` is at ``found`` a cycle later; ``load``
    writes ``word`` there.
    """
    return wiring.Signature(
        {
            "inspecting": Out(1),
            "row": Out(address(layer.rows)),
            "word": Out(32),
            "load": Out(1),
            "found": In(32),
        }
    )


def own_upkeep(layer: LayerPlan) -> wiring.Signature:
    """Return the signature through which the numbers of a lane are read and written.

    Its members are those of `lane.upkeep`; ``neuron`` is there two cycles after its address.
    """
    return wiring.Signature(
        {
            "inspecting": Out(1),
            "read_at": Out(address(layer.rows)),
            "column": Out(8),
            "word": Out(32),
            "load_neuron": Out(1),
            "neuron": In(32),
        }
    )


def own_memory(
    m: Module, port: wiring.PureInterface, words: list[int], width: int, image: str, row: Value
) -> Value:
    """Build the memory of one column, called `image` without its number.

    Parameters
    ----------
    m : Module
        The column.
    port : interface of `care`
        Access by commands.
    words : list of int
        What the memory holds.
    width : int
        Width of a word.
    image : str
        Name of its image.
    row : Value
        Row that is asked for while no command is.

    Returns
    -------
    Value
        The number of the row given in the cycle before.
    """
    m.submodules[image.rstrip("0123456789")] = memory = stored(words, width, image)
    read, write = memory.read_port(), memory.write_port()
    m.d.comb += [
        read.addr.eq(Mux(port.inspecting, port.row, row)),
        port.found.eq(read.data),
        write.addr.eq(port.row),
        write.data.eq(port.word),
        write.en.eq(port.load),
    ]
    return read.data


def cared_for(
    m: Module, port: wiring.PureInterface, columns: Sequence[wiring.PureInterface]
) -> None:
    """Give the columns of a lane a common port, that of `own_upkeep`."""
    masked = []
    for index, column in enumerate(columns):
        chosen = Signal(name=f"chosen{index}")
        m.d.sync += chosen.eq(port.column == index)  # an address stays for some cycles
        m.d.comb += [
            column.inspecting.eq(port.inspecting),
            column.row.eq(port.read_at),
            column.word.eq(port.word),
            column.load.eq(port.load_neuron & (port.column == index)),
        ]
        masked.append(column.found & chosen.replicate(len(column.found)))
    m.d.sync += port.neuron.eq(functools.reduce(operator.or_, masked))
