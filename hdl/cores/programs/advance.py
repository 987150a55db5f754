"""What every neuron program has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from amaranth.hdl import signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["Advance"]


class Advance(wiring.Component):
    """One neuron for one tick: from its state and what has arrived to its next state.

    A pipeline that takes a neuron in every cycle; `stages` registers lie between its inputs and its
    outputs.

    Parameters
    ----------
    layer : LayerPlan
        The layer.

    Members
    -------
    arrived : In(signed(arrival_bits))
        Sum of the weights that arrived in the tick.
    state : In(state)
        The neuron before the tick.
    advanced : Out(state)
        The neuron after the tick, `stages` cycles later.
    potential : Out(signed(membrane_bits))
        What is compared with the threshold, at the same time.
    """

    #: Registers between inputs and outputs, if their number does not depend on the layer.
    stages: ClassVar[int] = 0

    def __init__(self, layer: LayerPlan) -> None:
        self._layer = layer
        state = self.state_layout(layer)
        super().__init__(
            {
                "arrived": In(signed(layer.arrival_bits)),
                "state": In(state),
                "advanced": Out(state),
                "potential": Out(signed(layer.widths.membrane_bits)),
            }
        )

    @classmethod
    def state_layout(cls, layer: LayerPlan) -> data.StructLayout:
        """Return the layout of a neuron's state; all zero at the start of a sample."""
        raise NotImplementedError  # every program has its own

    @classmethod
    def stages_of(cls, layer: LayerPlan) -> int:  # noqa: ARG003  # some programs need it
        """Return the number of registers between inputs and outputs."""
        return cls.stages
