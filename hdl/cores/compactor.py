"""Pruning in place: walks every segment and closes the gaps that small weights leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring

from firstspike.hdl.banks import ListBank
from firstspike.hdl.cores.pruning import (
    FLOOR_BITS,
    LATENCY,
    of_layer,
    of_layer_kept,
    pruning,
    smaller,
)
from firstspike.hdl.cores.synapses import segment, synapse

if TYPE_CHECKING:
    from firstspike.hdl.plan import CorePlan

__all__ = ["Compactor"]


class Compactor(wiring.Component):
    """Drops synapses with ``|w| < threshold`` and moves the others together, lane by lane.

    A segment keeps its base; what stays is written from there on, in order, and the new length
    replaces the old one when the segment is done. A write never overtakes the read. A segment of
    length ``L`` takes ``L + 7`` cycles, and the end of a walk through all of a lane another 7.

    With a floor above zero every neuron of a lane gets its own walks: the first one counts its
    synapses, and if there are more than the floor, the second one drops the small ones while that
    is so. This needs no memory for counts, and nothing is in a hurry.

    Parameters
    ----------
    core : CorePlan
        The core; at least one layer of it has lists.

    Members
    -------
    See `pruning`.
    """

    def __init__(self, core: CorePlan) -> None:
        self._layers = {
            index: layer
            for index, layer in enumerate(core.layers)
            if isinstance(layer.bank, ListBank)
        }
        super().__init__(pruning(core))

    def elaborate(self, platform: object) -> Module:
        """Build the walk."""
        m = Module()
        layers = self._layers
        source = Signal(range(max(layer.n_sources for layer in layers.values()) + 1))
        before = Signal.like(source)  # the segment that is walked through
        length, base = self._segment()
        left, kept, from_, to = (Signal.like(of) for of in (length, length, base, base))
        start = Signal.like(base)
        walked = Signal()  # there is a segment to store
        weight, place, last_place = self._synapse(m)
        word, small, mine = Signal(len(self.synapse)), Signal(), Signal()
        neuron = Signal.like(place)
        # Synapses of the neuron beyond the floor, less one: not negative while one may go.
        spare = Signal(signed(FLOOR_BITS + 1))
        floored, counting = Signal(), Signal()

        asks, looks = Signal(), Signal()
        asked, looked = Signal(LATENCY + 1), Signal(LATENCY + 1)
        comes, found = asked[-1], looked[-1]
        m.d.sync += [
            asked.eq(Cat(asks, asked)),
            looked.eq(Cat(looks, looked)),
            word.eq(self.synapse),
            small.eq(smaller(m, self.threshold)(weight)),
            mine.eq(~floored | (place == neuron)),
            floored.eq(self.floor != 0),
        ]
        m.d.comb += [
            self.dropped.eq(comes & ~counting & small & mine & ~(floored & spare[-1])),
            self.store_synapse.eq(comes & ~counting & ~self.dropped[0]),
            self.write_at.eq(Mux(self.store_segment, before, to)),
            self.word.eq(Mux(self.store_segment, self._packed(kept, start), word)),
        ]
        with m.If(self.store_synapse):
            m.d.sync += [to.eq(to + 1), kept.eq(kept + 1)]
        with m.If(self.dropped[0]):
            m.d.sync += spare.eq(spare - 1)
        with m.If(comes & counting & mine):
            m.d.sync += spare.eq(spare + 1)

        n_sources = of_layer_kept(m, self.layer, "n_sources", self._options("n_sources"))
        last_lane = of_layer_kept(
            m, self.layer, "last_lane", {i: len(x.lanes) - 1 for i, x in layers.items()}
        )
        m.d.comb += self.read_at.eq(source)
        with m.FSM():
            with m.State("Rest"):
                m.d.sync += [counting.eq(floored), spare.eq(self._excess())]
                with m.If(self.start):
                    m.d.sync += self.busy.eq(1)
                    m.next = "Walk"
            with m.State("Walk"):
                with m.If(left != 0):
                    m.d.comb += [asks.eq(1), self.read_at.eq(from_)]
                    m.d.sync += [from_.eq(from_ + 1), left.eq(left - 1)]
                with m.Else():
                    m.d.comb += looks.eq(1)
                    m.next = "Wait"
            with m.State("Wait"):
                with m.If(found):
                    m.d.comb += self.store_segment.eq(walked & ~counting)
                    m.d.sync += [
                        *(each.eq(base) for each in (start, from_, to)),
                        left.eq(length),
                        kept.eq(0),
                        walked.eq(1),
                        before.eq(source),
                        source.eq(source + 1),
                    ]
                    m.next = "Walk"
                    # The word behind the last segment was only asked for to get here.
                    with m.If(source == n_sources):
                        m.d.sync += [source.eq(0), left.eq(0), walked.eq(0)]
                        with m.If(counting & ~spare[-1]):
                            m.d.sync += counting.eq(0)
                        with m.Else():
                            m.d.sync += [
                                counting.eq(floored),
                                spare.eq(self._excess()),
                                neuron.eq(neuron + 1),
                            ]
                            with m.If(~floored | (neuron == last_place)):
                                m.d.sync += [neuron.eq(0), self.lane.eq(self.lane + 1)]
                                with m.If(self.lane == last_lane):
                                    m.d.sync += [self.lane.eq(0), self.busy.eq(0)]
                                    m.next = "Rest"
        return m

    def _segment(self) -> tuple[Value, Value]:
        """Return length and base of the segment that has been read."""
        options = {
            index: (segment(layer)["length"].width, segment(layer)["base"].width)
            for index, layer in self._layers.items()
        }
        return (
            of_layer(self.layer, options, lambda bits: self.segment[: bits[0]]),
            of_layer(self.layer, options, lambda bits: self.segment[bits[0] : sum(bits)]),
        )

    def _packed(self, length: Value, base: Value) -> Value:
        """Return the word of a segment."""
        options = {index: segment(layer)["length"].width for index, layer in self._layers.items()}
        return of_layer(self.layer, options, lambda bits: Cat(length[:bits], base))

    def _synapse(self, m: Module) -> tuple[Value, Value, Value]:
        """Return weight and neuron of the synapse that has been read, and the last neuron."""
        options = {
            index: (layer.weight_bits, synapse(layer).size) for index, layer in self._layers.items()
        }
        bits = {index: size - weight for index, (weight, size) in options.items()}
        return (
            of_layer(self.layer, options, lambda of: self.synapse[: of[0]].as_signed()),
            of_layer(self.layer, options, lambda of: self.synapse[of[0] : of[1]]),
            of_layer_kept(m, self.layer, "last_place", {i: (1 << x) - 1 for i, x in bits.items()}),
        )

    def _excess(self) -> Value:
        """Return what no synapse has beyond the floor, less one."""
        return Cat(~self.floor, C(1, 1))

    def _options(self, name: str) -> dict[int, int]:
        return {index: getattr(layer, name) for index, layer in self._layers.items()}
