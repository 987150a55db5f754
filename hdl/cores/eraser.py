"""Pruning in a bank of weights: walks through all rows and puts zeros where weights are small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring

from firstspike.hdl.banks import DenseBank
from firstspike.hdl.cores.pruning import FLOOR_BITS, LATENCY, of_layer, pruning
from firstspike.hdl.cores.weights import parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from firstspike.hdl.plan import CorePlan, LayerPlan

__all__ = ["Eraser"]


class Eraser(wiring.Component):
    """Replaces weights with ``0 < |w| < threshold`` by zero, memory by memory, row by row.

    All words of a row, one per source, take a cycle each, and 7 more.

    With a floor above zero every neuron gets its own walks: the first one counts its weights that
    are not zero, and if there are more than the floor, the second one erases the small ones while
    that is so. This needs no memory for counts, and nothing is in a hurry.

    Parameters
    ----------
    core : CorePlan
        The core; at least one layer of it is dense.

    Members
    -------
    See `pruning`.
    """

    def __init__(self, core: CorePlan) -> None:
        self._layers = {
            index: layer
            for index, layer in enumerate(core.layers)
            if isinstance(layer.bank, DenseBank)
        }
        super().__init__(pruning(core))

    def elaborate(self, platform: object) -> Module:
        """Build the walk and the comparisons."""
        m = Module()
        row = Signal(range(max(layer.rows for layer in self._layers.values())))
        from_, to = Signal.like(self.read_at), Signal.like(self.write_at)
        rows = self._of(lambda layer: layer.rows)
        places = max(len(parts(layer)[0]) for layer in self._layers.values())
        place = Signal(places, init=1)  # a column of the memory
        word = Signal(len(self.synapse))
        small, some, goes = Signal(places), Signal(places), Signal(places)
        # Weights of the neuron beyond the floor, less one: not negative while one may go.
        spare = Signal(signed(FLOOR_BITS + 1))
        floored, counting = Signal(), Signal()

        asks, asked = Signal(), Signal(LATENCY + 1)
        comes = asked[-1]
        m.d.sync += [
            asked.eq(Cat(asks, asked)),
            word.eq(self.synapse),
            small.eq(self._each(lambda w: Mux(w < 0, -w, w) < self.threshold)),
            some.eq(self._each(lambda w: w != 0)),
            floored.eq(self.floor != 0),
        ]
        may = Mux(floored, Mux(spare[-1], 0, place), -1)
        m.d.comb += [
            goes.eq(small & some & may),
            self.store_synapse.eq(comes & ~counting),
            self.dropped.eq(Mux(self.store_synapse, sum(goes, C(0)), 0)),
            self.read_at.eq(from_),
            self.write_at.eq(to),
            self.word.eq(word & ~self._mask(goes)),
        ]
        with m.If(comes):
            m.d.sync += to.eq(to + rows)
            with m.If(~counting & goes.any()):
                m.d.sync += spare.eq(spare - 1)
            with m.If(counting & (some & place).any()):
                m.d.sync += spare.eq(spare + 1)

        m.d.comb += self.busy.eq(1)
        with m.FSM():
            with m.State("Rest"):
                m.d.comb += self.busy.eq(0)
                m.d.sync += [counting.eq(floored), spare.eq(self._excess())]
                with m.If(self.start):
                    m.next = "Begin"
            with m.State("Begin"):
                m.d.sync += [from_.eq(row), to.eq(row)]
                m.next = "Walk"
            with m.State("Walk"):
                m.d.comb += asks.eq(1)
                m.d.sync += from_.eq(from_ + rows)
                with m.If(from_ >= self._of(lambda layer: layer.capacity - layer.rows)):
                    m.next = "Drain"
            with m.State("Drain"):
                with m.If(~asked.any()):
                    m.next = "Begin"
                    with m.If(counting & ~spare[-1]):
                        m.d.sync += counting.eq(0)
                    with m.Else():
                        self._turn(m, row, place, floored)
                        m.d.sync += [counting.eq(floored), spare.eq(self._excess())]
        return m

    def _turn(self, m: Module, row: Signal, place: Signal, floored: Value) -> None:
        """Go on to the next neuron, row, or memory."""
        last_place = self._of(lambda layer: 1 << len(parts(layer)[0]) - 1)
        m.d.sync += place.eq(place << 1)
        with m.If(~floored | (place & last_place).any()):
            m.d.sync += [place.eq(1), row.eq(row + 1)]
            with m.If(row == self._of(lambda layer: layer.rows - 1)):
                m.d.sync += [row.eq(0), self.lane.eq(self.lane + 1)]
                with m.If(self.lane == self._of(lambda layer: len(parts(layer)) - 1)):
                    m.d.sync += self.lane.eq(0)
                    m.next = "Rest"

    def _each(self, found: Callable[[Value], Value]) -> Value:
        """Return one bit for every weight of the word that has been read."""
        layout = {i: (layer.weight_bits, len(parts(layer)[0])) for i, layer in self._layers.items()}
        return of_layer(
            self.layer,
            layout,
            lambda of: Cat(
                found(self.synapse.word_select(at, of[0]).as_signed()) for at in range(of[1])
            ),
        )

    def _mask(self, goes: Value) -> Value:
        """Return ones in the places of the weights that go."""
        layout = {i: (layer.weight_bits, len(parts(layer)[0])) for i, layer in self._layers.items()}
        return of_layer(
            self.layer,
            layout,
            lambda of: Cat(goes[at].replicate(of[0]) for at in range(of[1])),
        )

    def _excess(self) -> Value:
        """Return what no weight has beyond the floor, less one."""
        return Cat(~self.floor, C(1, 1))

    def _of(self, number: Callable[[LayerPlan], int]) -> Value:
        options = {index: number(layer) for index, layer in self._layers.items()}
        return of_layer(self.layer, options, C)
