"""Pruning in a bank of weights: walks through all rows and puts zeros where weights are small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import C, Cat, Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from firstspike.hdl.cores.compactor import FLOOR_BITS
from firstspike.hdl.cores.operation import sums
from firstspike.hdl.cores.tokens import address

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["CYCLES", "Eraser"]

#: Cycles per word and pass: until the sums of a row are right again.
CYCLES = 6


class Eraser(wiring.Component):
    """Replaces weights with ``0 < |w| < threshold`` by zero, word by word.

    With a floor above zero a first pass counts the weights of every neuron that are not zero where
    arrivals are summed otherwise, and a weight only goes while its neuron has more than the floor.
    Each word takes `CYCLES` cycles.

    Parameters
    ----------
    layer : LayerPlan
        The layer; it has a dense bank.

    Members
    -------
    start : In(1)
        Strobe: walk through all words. Ignored while `busy`.
    threshold : In(8)
        Smallest magnitude that stays. Must not change while `busy`.
    floor : In(16)
        Weights other than zero that every neuron keeps. Must not change while `busy`.
    busy : Out(1)
        The walk is on.
    done : Out(1)
        Strobe: the sums of arrivals have to be cleared.
    place, row : Out
        Word to read or write, and the row of neurons it belongs to.
    word : In(ArrayLayout(signed(weight_bits), columns))
        The word, two cycles after its address.
    arrives : Out(1)
        Add `brought` to the sums of the row.
    brought : Out(ArrayLayout(signed(weight_bits), columns))
        Zero, or one weight more or less.
    sum : In(sums(layer))
        What the arrival of the cycle before has found.
    write : Out(1)
        Write `kept` to `place`.
    kept : Out(ArrayLayout(signed(weight_bits), columns))
        The word without the small weights.
    dropped : Out
        How many have become zero, a cycle later.
    """

    def __init__(self, layer: LayerPlan) -> None:
        self._layer = layer
        weights = data.ArrayLayout(signed(layer.weight_bits), layer.columns)
        super().__init__(
            {
                "start": In(1),
                "threshold": In(8),
                "floor": In(FLOOR_BITS),
                "busy": Out(1),
                "done": Out(1),
                "place": Out(address(max(2, layer.capacity))),
                "row": Out(address(layer.rows)),
                "word": In(weights),
                "arrives": Out(1),
                "brought": Out(weights),
                "sum": In(sums(layer)),
                "write": Out(1),
                "kept": Out(weights),
                "dropped": Out(bits_for(layer.columns)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the walk and the comparison."""
        m = Module()
        layer = self._layer
        if not layer.prunes:
            return m
        most = (1 << (layer.arrival_bits - 1)) - 1
        phase = Signal(range(CYCLES))
        erases, floored = Signal(), Signal()  # the second pass
        limit = Signal.like(self.threshold)
        floor = Signal(range(most + 1))  # no neuron has more than `most` weights
        small, spare, goes = (Signal(layer.columns, name=name) for name in ("s", "f", "g"))
        present = Cat(weight != 0 for weight in self.word)
        # The largest magnitude is that of the smallest weight.
        sizes = [Signal(layer.weight_bits, name=f"size{at}") for at in range(layer.columns)]
        m.d.sync += [
            floored.eq(self.floor != 0),
            floor.eq(Mux(self.floor > most, most, self.floor)),
            *(
                size.eq(Mux(weight < 0, -weight, weight))
                for size, weight in zip(sizes, self.word, strict=True)
            ),
            limit.eq(self.threshold),
            small.eq(Cat((size != 0) & (size < limit) for size in sizes)),
            spare.eq(Cat(level > floor for level in self.sum)),
            goes.eq(small & (spare | ~floored.replicate(layer.columns))),
        ]
        last_phase = phase == CYCLES - 1
        m.d.comb += [
            self.arrives.eq(self.busy & ((phase == 2) | last_phase)),
            self.write.eq(self.busy & erases & last_phase),
        ]
        for column, weight in enumerate(self.word):
            # The first pass counts up with the word, the second one down with what goes.
            m.d.comb += [
                self.kept[column].eq(Mux(goes[column], 0, weight)),
                self.brought[column].eq(
                    Mux(
                        last_phase,
                        Mux(goes[column] & erases, -1, 0),
                        Mux(present[column] & ~erases, 1, 0),
                    )
                ),
            ]
        m.d.sync += self.dropped.eq(Mux(self.write, sum(goes, C(0)), 0))

        last = self.place == layer.capacity - 1
        with m.If(self.busy):
            m.d.sync += phase.eq(Mux(last_phase, 0, phase + 1))
            with m.If(last_phase):
                m.d.sync += [
                    self.place.eq(Mux(last, 0, self.place + 1)),
                    self.row.eq(Mux(self.row == layer.rows - 1, 0, self.row + 1)),
                ]
                with m.If(last):
                    m.d.sync += [erases.eq(1), self.busy.eq(~erases)]
                    m.d.comb += self.done.eq(erases)
        with m.Elif(self.start):
            m.d.sync += [self.busy.eq(1), erases.eq(self.floor == 0)]
        return m
