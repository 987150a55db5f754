"""What a lane's synapse bank tells its neurons to do: add arrivals, and advance row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amaranth.hdl import Value, signed
from amaranth.lib import data, enum

from firstspike.hdl.banks import DenseBank
from firstspike.hdl.cores.tokens import address

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["LEAD", "Action", "arrival", "lively", "operation", "share"]

#: Cycles by which a sweep is held back on its way to the neurons: the last arrival before the end
#: of a tick has to be written before its row is read.
LEAD = 3


class Action(enum.Enum, shape=3):  # type: ignore[call-arg]  # Amaranth has no types
    """What to do with one row."""

    #: Nothing.
    REST = 0
    #: Take what has arrived and advance. In a causal layer: compare, report what fired.
    SWEEP = 1
    #: Report the end of a tick in which nothing can have fired.
    SKIP = 2
    #: Set the state to that before a sample.
    CLEAR = 3
    #: Report the end of the sample.
    END = 4
    #: Compare, report what fires in a tick of the second window.
    FIRE = 5
    #: Report the membranes of a layer that never fires.
    RANK = 6


def arrival(layer: LayerPlan) -> data.StructLayout:
    """Return the layout of what arrives at a row: one synapse's weight, or one for every column.

    ``buffer`` alternates from tick to tick.
    """
    weight = signed(layer.weight_bits)
    members: dict[str, Any] = {"valid": 1, "buffer": 1, "row": address(layer.rows)}
    if isinstance(layer.bank, DenseBank):
        members["weights"] = data.ArrayLayout(weight, layer.columns)
    else:
        members |= {"column": address(layer.columns), "weight": weight}
    return data.StructLayout(members)


def share(layer: LayerPlan, given: data.View, column: int) -> tuple[Value, Value]:
    """Return whether an arrival concerns a column, and the weight it brings there."""
    if isinstance(layer.bank, DenseBank):
        return given.valid, given.weights[column]
    return given.valid & (given.column == column), given.weight


def lively(layer: LayerPlan) -> data.StructLayout:
    """Return the layout of a row in which some neuron will fire, found out in the first tick."""
    return data.StructLayout({"valid": 1, "row": address(layer.rows)})


def operation(layer: LayerPlan) -> data.StructLayout:
    """Return the layout of an operation on a row of neurons.

    ``last`` ends a tick. While a two-phase layer listens, ``closes`` marks the last tick,
    ``doubles`` the first tick of a group but the first group, and ``residue`` is the place of the
    tick in its group.
    """
    members: dict[str, Any] = {
        "action": Action,
        "row": address(layer.rows),
        "last": 1,
        "buffer": 1,
    }
    if layer.window:
        members |= {"closes": 1, "doubles": 1, "residue": address(layer.window.group)}
    return data.StructLayout(members)
