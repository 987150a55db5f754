"""Pruning in place: walks every segment and closes the gaps that small weights leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.operation import Use
from firstspike.hdl.cores.tokens import address

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["FLOOR_BITS", "Compactor"]

#: Width of a fan-in floor.
FLOOR_BITS = 16


class Compactor(wiring.Component):
    """Drops synapses with ``|w| < threshold`` and moves the others together.

    A segment keeps its base; what stays is written from there on, in order, and the new length
    replaces the old one when the segment is done. A write never overtakes the read. Each segment
    of length ``L`` takes ``2 L + 7`` cycles: between two synapses there is time to count one down.

    With a floor above zero a first pass counts the synapses of every neuron where arrivals are
    summed otherwise, and a synapse is only dropped while its neuron has more than the floor.

    Parameters
    ----------
    layer : LayerPlan
        What the lanes of the layer share.

    Members
    -------
    start : In(1)
        Strobe: walk all segments. Ignored while `busy`.
    threshold : In(8)
        Smallest magnitude that stays. Must not change while `busy`.
    floor : In(16)
        Synapses that every neuron keeps. Must not change while `busy`.
    busy : Out(1)
        The walk is on.
    done : Out(1)
        Strobe: the sums of arrivals have to be cleared.
    use : Out(Use)
        What the sums of arrivals are used for.
    dropped : Out(1)
        Strobe: a synapse has been dropped.
    source : Out
        Segment to read or write.
    base, length : In
        The segment read two cycles before.
    kept : Out
        New length of the segment.
    store : Out(1)
        Write `base` and `kept` to segment `source`.
    read : Out(1)
        Read synapse `read_addr`.
    read_addr, write_addr : Out
        Synapse to read, and to write.
    weight : In
        Weight read three cycles before.
    sum : In(signed(arrival_bits))
        Synapses of the neuron whose synapse was read three cycles before.
    probes : Out(1)
        That number was only asked for.
    write : Out(1)
        Copy the synapse read four cycles before to `write_addr`.
    """

    def __init__(self, layer: LayerPlan) -> None:
        self._n_sources = layer.n_sources
        self._prunes = layer.prunes
        self._most = (1 << (layer.arrival_bits - 1)) - 1
        place = address(max(2, layer.capacity))
        count = address(layer.neurons + 1)
        super().__init__(
            {
                "start": In(1),
                "threshold": In(8),
                "floor": In(FLOOR_BITS),
                "busy": Out(1),
                "done": Out(1),
                "use": Out(Use),
                "dropped": Out(1),
                "source": Out(address(layer.n_sources)),
                "base": In(place),
                "length": In(count),
                "kept": Out(count),
                "store": Out(1),
                "read": Out(1),
                "read_addr": Out(place),
                "write_addr": Out(place),
                "weight": In(signed(layer.weight_bits)),
                "sum": In(signed(layer.arrival_bits)),
                "probes": Out(1),
                "write": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the walk."""
        m = Module()
        if not self._prunes:
            return m  # never busy, which leaves nothing of it
        left = Signal.like(self.length)
        drops = Signal()  # the second pass
        magnitude = Signal(len(self.weight))
        small, floored = Signal(), Signal()
        # No neuron has more than `most` synapses, so a higher floor is no different.
        floor = Signal(range(self._most + 1))
        examine = [Signal(name=f"examine{stage}") for stage in range(4)]
        above = Signal()
        m.d.comb += [
            magnitude.eq(Mux(self.weight < 0, -self.weight, self.weight)),
            self.probes.eq(examine[2] & drops),
            self.dropped.eq(examine[3] & drops & small & (~floored | above)),
            self.write.eq(examine[3] & drops & ~self.dropped),
        ]
        m.d.sync += [
            examine[0].eq(self.read),
            examine[1].eq(examine[0]),
            examine[2].eq(examine[1]),
            examine[3].eq(examine[2]),
            small.eq(magnitude < self.threshold),
            above.eq(self.sum > floor),
            floored.eq(self.floor != 0),
            floor.eq(Mux(self.floor > self._most, self._most, self.floor)),
        ]
        with m.If(self.write):
            m.d.sync += [self.write_addr.eq(self.write_addr + 1), self.kept.eq(self.kept + 1)]
        with m.If(self.busy):
            m.d.comb += self.use.eq(Mux(drops, Use.DROP, Use.COUNT))

        last = self.source == self._n_sources - 1
        m.d.comb += self.busy.eq(1)
        with m.FSM():
            with m.State("Rest"):
                m.d.comb += self.busy.eq(0)
                m.d.sync += [self.source.eq(0), drops.eq(self.floor == 0)]
                with m.If(self.start):
                    m.next = "Fetch"
            with m.State("Fetch"):
                m.next = "Pass"
            with m.State("Pass"):
                m.next = "Load"
            with m.State("Load"):
                m.d.sync += [
                    self.read_addr.eq(self.base),
                    self.write_addr.eq(self.base),
                    left.eq(self.length),
                    self.kept.eq(0),
                ]
                m.next = "Walk"
            with m.State("Walk"):
                with m.If(left == 0):
                    m.next = "Drain"
                with m.Else():
                    m.d.comb += self.read.eq(1)
                    m.d.sync += [self.read_addr.eq(self.read_addr + 1), left.eq(left - 1)]
                    m.next = "Gap"
            with m.State("Gap"):
                m.next = "Walk"
            with m.State("Drain"):
                m.next = "Settle"
            with m.State("Settle"):
                m.next = "Store"
            with m.State("Store"):
                m.d.comb += self.store.eq(drops)
                m.d.sync += self.source.eq(Mux(last, 0, self.source + 1))
                m.next = "Fetch"
                with m.If(last):
                    m.d.sync += drops.eq(1)
                    with m.If(drops):
                        m.d.comb += self.done.eq(1)
                        m.next = "Rest"
        return m
