"""Pruning in a bank of weights: walks through all rows and puts zeros where weights are small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring

from firstspike.hdl.banks import DenseBank
from firstspike.hdl.cores.pruning import (
    FLOOR_BITS,
    LATENCY,
    of_layer,
    of_layer_kept,
    pruning,
    smaller,
)
from firstspike.hdl.cores.weights import parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from firstspike.hdl.plan import CorePlan, LayerPlan

__all__ = ["Eraser"]


class Eraser(wiring.Component):
    """Replaces weights with ``0 < |w| < threshold`` by zero, memory by memory, row by row.

    All words of a row, one per source, take a cycle each, and 10 more. What depends on the layer,
    and what each word amounts to, has registers of its own: a walk shall never limit the clock.

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
        from_, to = Signal.like(self.read_at, name="from"), Signal.like(self.write_at, name="to")
        left = Signal(range(max(layer.n_sources for layer in self._layers.values())))
        rows = self._kept(m, "rows", lambda layer: layer.rows)
        last_source = self._kept(m, "last_source", lambda layer: layer.n_sources - 1)
        last_place = self._kept(m, "last_place", lambda layer: 1 << len(parts(layer)[0]) - 1)
        last_row = self._kept(m, "last_row", lambda layer: layer.rows - 1)
        last_part = self._kept(m, "last_part", lambda layer: len(parts(layer)) - 1)
        places = max(len(parts(layer)[0]) for layer in self._layers.values())
        place = Signal(places, init=1)  # a column of the memory
        floored, counting = Signal(), Signal()
        # Weights of the neuron beyond the floor, less one: not negative while one may go.
        spare = Signal(signed(FLOOR_BITS + 1))

        asks, asked = Signal(), Signal(LATENCY + 3)
        comes = asked[LATENCY + 1]  # `stored` is a word of the walk; the last bit is for `dropped`
        word, stored = Signal(len(self.synapse)), Signal(len(self.synapse))
        small, some, goes = Signal(places), Signal(places), Signal(places)
        heeded, counted, erases = Signal(), Signal(), Signal()
        m.d.sync += [
            asked.eq(Cat(asks, asked)),
            word.eq(self.synapse),
            small.eq(self._each(smaller(m, self.threshold))),
            some.eq(self._each(lambda w: w != 0)),
            stored.eq(word),
            goes.eq(small & some & Mux(floored, place, -1)),
            heeded.eq((small & some & place).any()),
            counted.eq((some & place).any()),
            floored.eq(self.floor != 0),
            self.dropped.eq(Mux(self.store_synapse & erases, sum(goes, C(0)), 0)),
        ]
        m.d.comb += [
            erases.eq(~(floored & spare[-1])),
            self.store_synapse.eq(comes & ~counting),
            self.read_at.eq(from_),
            self.write_at.eq(to),
            self.word.eq(stored & ~self._mask(goes & erases.replicate(places))),
        ]
        with m.If(comes):
            m.d.sync += to.eq(to + rows)
            with m.If(~counting & heeded & ~spare[-1]):
                m.d.sync += spare.eq(spare - 1)
            with m.If(counting & counted):
                m.d.sync += spare.eq(spare + 1)

        with m.FSM():
            with m.State("Rest"):
                m.d.sync += [counting.eq(floored), spare.eq(self._excess())]
                with m.If(self.start):
                    m.d.sync += self.busy.eq(1)
                    m.next = "Begin"
            with m.State("Begin"):
                m.d.sync += [from_.eq(row), to.eq(row), left.eq(last_source)]
                m.next = "Walk"
            with m.State("Walk"):
                m.d.comb += asks.eq(1)
                m.d.sync += [from_.eq(from_ + rows), left.eq(left - 1)]
                with m.If(left == 0):
                    m.next = "Drain"
            with m.State("Drain"):
                with m.If(~asked.any()):
                    m.next = "Begin"
                    with m.If(counting & ~spare[-1]):
                        m.d.sync += counting.eq(0)
                    with m.Else():
                        self._turn(m, (row, last_row), (place, last_place), last_part, floored)
                        m.d.sync += [counting.eq(floored), spare.eq(self._excess())]
        return m

    def _turn(
        self,
        m: Module,
        rows: tuple[Signal, Value],
        places: tuple[Signal, Value],
        last_part: Value,
        floored: Value,
    ) -> None:
        """Go on to the next neuron, row, or memory; rows and places come with the last ones."""
        (row, last_row), (place, last_place) = rows, places
        m.d.sync += place.eq(place << 1)
        with m.If(~floored | (place & last_place).any()):
            m.d.sync += [place.eq(1), row.eq(row + 1)]
            with m.If(row == last_row):
                m.d.sync += [row.eq(0), self.lane.eq(self.lane + 1)]
                with m.If(self.lane == last_part):
                    m.d.sync += [self.lane.eq(0), self.busy.eq(0)]
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

    def _kept(self, m: Module, name: str, number: Callable[[LayerPlan], int]) -> Value:
        """Return a number of the layer, from a register: the layer is the same during a walk."""
        return of_layer_kept(m, self.layer, name, {i: number(x) for i, x in self._layers.items()})
