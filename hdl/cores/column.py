"""One column of a lane's neurons: what arrives, their states, thresholds and the arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import C, Module, Mux, Signal, Value, signed
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.accumulator import Accumulator
from firstspike.hdl.cores.operation import Action, arrival, operation
from firstspike.hdl.cores.own import care, own_memory
from firstspike.hdl.cores.programs import advance_of

if TYPE_CHECKING:
    from firstspike.hdl.plan import LanePlan, LayerPlan

__all__ = ["Column", "threshold_words"]


def threshold_words(layer: LayerPlan, lane: LanePlan, column: int) -> list[int]:
    """Return the words of a column's threshold memory."""
    words: list[int] = lane.thresholds[column :: layer.columns].tolist()
    return words


class Column(wiring.Component):
    """The neurons of one column, one word of state per row.

    A sweep reads a row in its first cycle, advances it in the following ones, writes it back in
    cycle ``stages + 1`` (counted from 0), and compares it in the cycle after that. So the same row
    can be swept again ``stages + 2`` cycles later.

    Parameters
    ----------
    layer : LayerPlan
        What the lanes of the layer share.
    lane : LanePlan
        The lane.
    index : int
        Which column.

    Members
    -------
    arrival : In(arrival(layer))
        See `Accumulator`.
    ops : In(operation(layer)).array(stages + 3)
        What the sweep does in each cycle of its way.
    care : In(care(layer))
        Access to the thresholds.
    reaches : Out(1)
        The neuron in the last cycle has reached its threshold.
    margin : Out(signed(margin_bits))
        Its ``U - theta``.
    """

    def __init__(self, layer: LayerPlan, lane: LanePlan, index: int) -> None:
        self._layer = layer
        self._lane = lane
        self._index = index
        super().__init__(
            {
                "arrival": In(arrival(layer)),
                "ops": In(operation(layer)).array(layer.stages + 3),
                "care": In(care(layer)),
                "reaches": Out(1),
                "margin": Out(signed(layer.margin_bits)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build accumulator, state, arithmetic and comparison."""
        m = Module()
        layer = self._layer
        m.submodules.accumulator = accumulator = Accumulator(layer, self._index)
        m.submodules.advance = advance = advance_of(layer)
        m.submodules.states = states = memory.Memory(
            shape=advance.state.shape(),
            depth=max(2, layer.rows),  # a memory of one word would have no address
            init=[],
        )
        read, write = states.read_port(), states.write_port()
        back = self.ops[layer.stages + 1]
        clears = back.action == Action.CLEAR
        m.d.comb += [
            accumulator.arrival.eq(self.arrival),
            accumulator.op.eq(self.ops[0]),
            advance.arrived.eq(accumulator.arrived),
            read.addr.eq(self.ops[0].row),
            advance.state.eq(read.data),
            write.addr.eq(back.row),
            write.en.eq((back.action == Action.SWEEP) | clears),
            Value.cast(write.data).eq(Mux(clears, 0, Value.cast(advance.advanced))),
        ]
        potential = Signal.like(advance.potential, reset_less=True)
        m.d.sync += potential.eq(advance.potential)
        m.d.comb += [
            self.margin.eq(potential - self._threshold(m, back.row)),
            self.reaches.eq(self.margin >= 0),
        ]
        return m

    def _threshold(self, m: Module, row: Value) -> Value:
        """Return the threshold of the row that is compared in the cycle after `row` is given."""
        common = self._layer.common_threshold
        if common is not None:
            return C(common)
        words = threshold_words(self._layer, self._lane, self._index)
        bits, image = self._layer.threshold_bits, f"thresholds{self._index}"
        return own_memory(m, self.care, words, bits, image, row)
