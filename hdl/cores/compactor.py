"""Pruning in place: walks every segment and closes the gaps that small weights leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.tokens import address

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["Compactor"]


class Compactor(wiring.Component):
    """Drops every synapse with ``|w| < threshold`` and moves the others together.

    A segment keeps its base; what stays is written from there on, in order, and the new length
    replaces the old one when the segment is done. A write never overtakes the read. Each segment
    of length ``L`` takes ``L + 4`` cycles.

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
    busy : Out(1)
        The walk is on.
    dropped : Out(1)
        Strobe: a synapse has been dropped.
    source : Out
        Segment to read or write.
    base, length : In
        The segment read in the cycle before.
    kept : Out
        New length of the segment.
    store : Out(1)
        Write `base` and `kept` to segment `source`.
    read_addr, write_addr : Out
        Synapse to read, and to write.
    weight : In
        Weight read in the cycle before.
    write : Out(1)
        Copy the synapse read in the cycle before to `write_addr`.
    """

    def __init__(self, layer: LayerPlan) -> None:
        self._n_sources = layer.n_sources
        place = address(max(2, layer.capacity))
        count = address(layer.neurons + 1)
        super().__init__(
            {
                "start": In(1),
                "threshold": In(8),
                "busy": Out(1),
                "dropped": Out(1),
                "source": Out(address(layer.n_sources)),
                "base": In(place),
                "length": In(count),
                "kept": Out(count),
                "store": Out(1),
                "read_addr": Out(place),
                "write_addr": Out(place),
                "weight": In(signed(layer.weight_bits)),
                "write": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the walk."""
        m = Module()
        left = Signal.like(self.length)
        examine = Signal()
        magnitude = Signal(len(self.weight))
        m.d.comb += [
            magnitude.eq(Mux(self.weight < 0, -self.weight, self.weight)),
            self.write.eq(examine & (magnitude >= self.threshold)),
            self.dropped.eq(examine & (magnitude < self.threshold)),
        ]
        m.d.sync += examine.eq(0)
        with m.If(self.write):
            m.d.sync += [self.write_addr.eq(self.write_addr + 1), self.kept.eq(self.kept + 1)]

        with m.FSM():
            with m.State("Rest"):
                m.d.sync += self.source.eq(0)
                with m.If(self.start):
                    m.next = "Fetch"
            with m.State("Fetch"):
                m.d.comb += self.busy.eq(1)
                m.next = "Load"
            with m.State("Load"):
                m.d.comb += self.busy.eq(1)
                m.d.sync += [
                    self.read_addr.eq(self.base),
                    self.write_addr.eq(self.base),
                    left.eq(self.length),
                    self.kept.eq(0),
                ]
                m.next = "Walk"
            with m.State("Walk"):
                m.d.comb += self.busy.eq(1)
                with m.If(left == 0):
                    m.next = "Store"
                with m.Else():
                    m.d.sync += [
                        examine.eq(1),
                        self.read_addr.eq(self.read_addr + 1),
                        left.eq(left - 1),
                    ]
            with m.State("Store"):
                m.d.comb += [self.busy.eq(1), self.store.eq(1)]
                m.d.sync += self.source.eq(self.source + 1)
                m.next = "Fetch"
                with m.If(self.source == self._n_sources - 1):
                    m.next = "Rest"
        return m
