"""What all kinds of synapse banks have in common: their ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from firstspike.hdl.cores.compactor import FLOOR_BITS
from firstspike.hdl.cores.operation import Use, arrival, lively, operation, sums
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
    use : Out(Use)
        What the sums of arrivals are used for.
    hold : Out(1)
        Do not write back the arrival of the cycle before.
    sum : In(sums(layer))
        What the arrival of the cycle before finds.
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
    prune : In(1)
        Strobe: drop synapses. Only between samples.
    threshold : In(8)
        Smallest magnitude that stays.
    floor : In(16)
        Synapses that every neuron keeps.
    pruning : Out(1)
        Pruning is on.
    dropped : Out
        How many synapses have been dropped, cycle by cycle.
    part : In(8)
        Which of several synapse memories to inspect.
    inspect : In(32)
        Address of a segment and of a synapse to read while the bank rests.
    segment, synapse : Out(32)
        The words at address `inspect`, two cycles later.
    word : In(32)
        What to write there.
    load_segment, load_synapse : In(1)
        Strobes: write it.
    """

    def __init__(self, layer: LayerPlan, lane: LanePlan) -> None:
        self._layer = layer
        self._lane = lane
        count = bits_for(layer.adds)
        super().__init__(
            {
                "i": In(stream.Signature(token(layer.n_sources))),
                "arrival": Out(arrival(layer)),
                "use": Out(Use),
                "hold": Out(1),
                "sum": In(sums(layer)),
                "op": Out(operation(layer)),
                "lively": In(lively(layer)),
                "clearing": Out(1),
                "heard": Out(1),
                "added": Out(count),
                "prune": In(1),
                "threshold": In(8),
                "floor": In(FLOOR_BITS),
                "pruning": Out(1),
                "dropped": Out(count),
                "part": In(8),
                "inspect": In(32),
                "word": In(32),
                "load_segment": In(1),
                "load_synapse": In(1),
                "segment": Out(32),
                "synapse": Out(32),
            }
        )
