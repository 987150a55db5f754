"""What a lane's synapse bank tells its neurons to do: add arrivals, and advance row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amaranth.hdl import signed
from amaranth.lib import data, enum

from firstspike.hdl.cores.tokens import address

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["LEAD", "Action", "Use", "arrival", "operation"]

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


class Use(enum.Enum, shape=2):  # type: ignore[call-arg]  # Amaranth has no types
    """What the sums of arrivals are used for."""

    #: To add weights.
    ARRIVALS = 0
    #: To count the synapses of every neuron.
    COUNT = 1
    #: To count them down, one for every synapse that is dropped.
    DROP = 2


def arrival(layer: LayerPlan) -> data.StructLayout:
    """Return the layout of one synapse's contribution; `buffer` alternates from tick to tick."""
    return data.StructLayout(
        {
            "valid": 1,
            "buffer": 1,
            "row": address(layer.rows),
            "column": address(layer.columns),
            "weight": signed(layer.weight_bits),
        }
    )


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
