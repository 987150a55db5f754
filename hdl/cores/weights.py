"""The dense synapse bank of a layer: a row of weights per cycle, and nothing but weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from amaranth.hdl import C, Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data
from amaranth.lib.wiring import connect, flipped
from amaranth.utils import bits_for

from firstspike.hdl.banks import DenseBank
from firstspike.hdl.cores.arithmetic import scaled
from firstspike.hdl.cores.bank import Bank
from firstspike.hdl.cores.picking import by_group
from firstspike.hdl.cores.storage import stored
from firstspike.hdl.cores.walker import Walker

if TYPE_CHECKING:
    from amaranth.hdl import ValueLike
    from numpy.typing import NDArray

    from firstspike.hdl.plan import LanePlan, LayerPlan

__all__ = ["WeightBank", "parts", "weight_matrix", "weight_words"]


def parts(layer: LayerPlan) -> list[range]:
    """Return which columns' weights stand in which memory of a dense layer, else nothing."""
    if not isinstance(layer.bank, DenseBank):
        return []
    return layer.bank.parts(layer.columns, layer.weight_bits)


def weight_matrix(layer: LayerPlan, lane: LanePlan) -> NDArray[np.int64]:
    """Return the weights, shape (n_sources * rows, columns); row ``source * rows + row``."""
    sources = np.repeat(np.arange(layer.n_sources), lane.lengths)
    rows, columns = np.divmod(lane.places, layer.columns)
    matrix = np.zeros((layer.capacity, layer.columns), np.int64)
    matrix[sources * layer.rows + rows, columns] = lane.weights
    return matrix


def weight_words(layer: LayerPlan, matrix: NDArray[np.int64], part: range) -> list[int]:
    """Return the words of the memory that holds some of the columns; the first in the low bits."""
    mask = (1 << layer.weight_bits) - 1
    shifts = np.arange(len(part)) * layer.weight_bits
    words: list[int] = ((matrix[:, part.start : part.stop] & mask) << shifts).sum(axis=1).tolist()
    return words


class WeightBank(Bank):
    """Keeps one weight per pair of a source and a neuron; adds a row of synapses per cycle.

    A spike takes as many cycles as there are rows. The weights of source ``s`` onto row ``r`` stand
    at address ``s * rows + r``.

    Parameters
    ----------
    layer : LayerPlan
        The layer; it has a dense bank.
    lane : LanePlan
        Its only lane.

    Members
    -------
    See `Bank`.
    """

    def elaborate(self, platform: object) -> Module:
        """Build the memories and the walk."""
        m = Module()
        layer = self._layer
        m.submodules.walker = walker = Walker(layer)
        connect(m, flipped(self.i), walker.i)
        source = Signal.like(self.i.p.addr, reset_less=True)
        with m.If(self.i.ready):
            m.d.sync += source.eq(self.i.p.addr)
        m.d.comb += [
            walker.found.base.eq(scaled(source, layer.rows)),
            walker.found.length.eq(layer.rows),
            self.op.eq(walker.op),
            walker.lively.eq(self.lively),
            self.clearing.eq(walker.clearing),
            self.heard.eq(walker.heard),
        ]
        read_at = Signal.like(walker.place)
        m.d.comb += read_at.eq(Mux(walker.walks, walker.place, self.read_at))
        # A block memory is slow to answer: nothing is computed from a word in that cycle.
        word = Signal(data.ArrayLayout(signed(layer.weight_bits), layer.columns))
        m.d.comb += Value.cast(word).eq(self._memories(m, read_at))

        reads, arrives = Signal(), Signal()
        row = Signal.like(self.arrival.row, reset_less=True)
        read_buffer = Signal(reset_less=True)
        arrives_at, present = Signal.like(row), Signal(layer.columns)
        came, kept = Signal(), Signal(word.shape(), reset_less=True)
        m.d.sync += [
            reads.eq(walker.walks),
            arrives.eq(reads),
            row.eq(walker.step),
            arrives_at.eq(row),
            read_buffer.eq(walker.buffer),
            self.arrival.buffer.eq(read_buffer),
            # Counting is not in a hurry.
            came.eq(arrives),
            kept.eq(word),
            present.eq(Cat(weight != 0 for weight in kept) & came.replicate(layer.columns)),
        ]
        counts = [sum(part, C(0)) for part in by_group(layer, present)]
        if layer.groups > 1:
            subtotals = [Signal(bits_for(layer.group_columns)) for _ in counts]
            m.d.sync += [to.eq(count) for to, count in zip(subtotals, counts, strict=True)]
            counts = subtotals
        m.d.sync += self.added.eq(sum(counts, C(0)))
        m.d.comb += [
            self.arrival.valid.eq(arrives),
            self.arrival.row.eq(arrives_at),
            self.arrival.weights.eq(word),
        ]
        return m

    def _memories(self, m: Module, read_at: Value) -> ValueLike:
        """Build memories side by side, each as wide as a command can write; return their words."""
        layer = self._layer
        matrix = weight_matrix(layer, self._lane)
        found = []
        for index, part in enumerate(parts(layer)):
            width = len(part) * layer.weight_bits
            m.submodules[f"weights{index}"] = memory = stored(
                weight_words(layer, matrix, part), width, f"weights{index}"
            )
            read, write = memory.read_port(), memory.write_port()
            chosen = Signal(name=f"chosen{index}")
            m.d.sync += chosen.eq(self.part == index)  # long before a word is written
            m.d.comb += [
                read.addr.eq(read_at),
                write.addr.eq(self.write_at),
                write.data.eq(self.word),
                write.en.eq(self.load_synapse & chosen),
            ]
            register = Signal(width, reset_less=True)  # so it can be the memory's own
            m.d.sync += register.eq(read.data)
            with m.If(chosen):
                m.d.comb += self.synapse.eq(register)
            found.append(register)
        return Cat(found)
