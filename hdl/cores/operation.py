"""What a lane's synapse bank tells its neurons to do, one operation per cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import signed
from amaranth.lib import data, enum

from firstspike.hdl.cores.tokens import address

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["DRAIN", "Action", "operation"]

#: Cycles after the last row of a sweep in which nothing may be issued: the row is written three
#: cycles after it is issued, and an arrival reads one cycle after it is issued.
DRAIN = 2


class Action(enum.Enum, shape=3):  # type: ignore[call-arg]  # Amaranth has no types
    """What to do."""

    #: Nothing.
    REST = 0
    #: Add a weight to the current of one neuron.
    ADD = 1
    #: Advance one row, compare, report what fired.
    SWEEP = 2
    #: Set the state of one row to that before a sample.
    CLEAR = 3
    #: Report the end of the sample.
    END = 4


def operation(layer: LayerPlan) -> data.StructLayout:
    """Return the layout of an operation on the neurons of a lane."""
    return data.StructLayout(
        {
            "action": Action,
            "row": address(layer.rows),
            "column": address(layer.columns),
            "weight": signed(layer.weight_bits),
            "last": 1,
        }
    )
