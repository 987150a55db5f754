"""What the programs of two-phase layers have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from amaranth.hdl import signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.operation import operation

if TYPE_CHECKING:
    from amaranth.lib import data

    from firstspike.hdl.plan import LayerPlan

__all__ = ["Listen"]


class Listen(wiring.Component):
    """One neuron for one tick of the window in which its layer listens.

    Sums wrap at the width of the membrane and still end right: what counts is the end of the
    window, and that fits.

    Parameters
    ----------
    layer : LayerPlan
        The layer.

    Members
    -------
    arrived : In(signed(arrival_bits))
        Sum of the weights that arrived in the tick.
    bias : In(signed(membrane_bits))
        The neuron's bias.
    op : In(operation(layer))
        The operation of which `state` is the row.
    state : In(state)
        The neuron before the tick; ``u`` is its membrane.
    advanced : Out(state)
        The neuron after the tick, `stages` cycles later.
    """

    #: Registers between inputs and outputs.
    stages: ClassVar[int] = 1

    def __init__(self, layer: LayerPlan) -> None:
        self._layer = layer
        state = self.state_layout(layer)
        super().__init__(
            {
                "arrived": In(signed(layer.arrival_bits)),
                "bias": In(signed(layer.widths.membrane_bits)),
                "op": In(operation(layer)),
                "state": In(state),
                "advanced": Out(state),
            }
        )

    @classmethod
    def state_layout(cls, layer: LayerPlan) -> data.StructLayout:
        """Return the layout of a neuron's state; all zero at the start of a sample."""
        raise NotImplementedError  # every program has its own

    @classmethod
    def stages_of(cls, layer: LayerPlan) -> int:  # noqa: ARG003  # as for causal programs
        """Return the number of registers between inputs and outputs."""
        return cls.stages
