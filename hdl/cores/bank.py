"""What all kinds of synapse banks have in common: their ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from firstspike.hdl.cores.operation import arrival, lively, operation
from firstspike.hdl.cores.tokens import token

if TYPE_CHECKING:
    from firstspike.hdl.plan import LanePlan, LayerPlan

__all__ = ["Bank"]


class Bank(wiring.Component):
    """Turns tokens into arrivals at the lane's neurons, and sweeps over their rows.

    Parameters
    ----------
    layer : LayerPlan
        What the lanes of the layer share.
    lane : LanePlan
        The lane.

    Members
    -------
    i : In(stream.Signature(token(n_sources)))
        Spikes of the layer's sources.
    arrival : Out(arrival(layer))
        What arrives at the neurons.
    op : Out(operation(layer))
        What the neurons shall do.
    lively : In(lively(layer))
        A row in which some neuron will fire.
    clearing : Out(1)
        The state is being cleared.
    heard : Out(1)
        A spike has come in since reset.
    added : Out
        How many synapses are being added.
    part : In(8)
        Which of several synapse memories to read and write.
    read_at : In(32)
        Address of a segment and of a synapse to read while the bank rests.
    segment, synapse : Out(32)
        The words at address `read_at`, two cycles later.
    write_at : In(32)
        Address to write.
    word : In(32)
        What to write there.
    load_segment, load_synapse : In(1)
        Strobes: write it. Only between samples.
    """

    def __init__(self, layer: LayerPlan, lane: LanePlan) -> None:
        self._layer = layer
        self._lane = lane
        super().__init__(
            {
                "i": In(stream.Signature(token(layer.n_sources))),
                "arrival": Out(arrival(layer)),
                "op": Out(operation(layer)),
                "lively": In(lively(layer)),
                "clearing": Out(1),
                "heard": Out(1),
                "added": Out(bits_for(layer.adds)),
                "part": In(8),
                "read_at": In(32),
                "write_at": In(32),
                "word": In(32),
                "load_segment": In(1),
                "load_synapse": In(1),
                "segment": Out(32),
                "synapse": Out(32),
            }
        )
