"""One column of the neurons of a two-phase layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import C, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.accumulator import Accumulator
from firstspike.hdl.cores.operation import Action, arrival, operation
from firstspike.hdl.cores.own import care, own_memory
from firstspike.hdl.cores.programs import listen_of

if TYPE_CHECKING:
    from firstspike.hdl.plan import LanePlan, LayerPlan

__all__ = ["WindowColumn", "bias_words"]


def bias_words(layer: LayerPlan, lane: LanePlan, column: int) -> list[int]:
    """Return the words of a column's bias memory."""
    mask = (1 << layer.widths.membrane_bits) - 1
    words: list[int] = (lane.biases[column :: layer.columns] & mask).tolist()
    return words


class WindowColumn(wiring.Component):
    """The neurons of one column: they listen, then the membranes are only compared.

    The pipeline is that of a `Column`.

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
        Access to the biases.
    threshold, above, first : In
        See `Falling`; for the operation in the last cycle.
    fires : Out(1)
        The neuron in the last cycle fires in the open tick.
    below : Out(1)
        It is below `above`: in the first tick, it never fires.
    margin : Out(signed(margin_bits))
        Its ``U - threshold``.
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
                "threshold": In(unsigned(layer.threshold_bits)),
                "above": In(unsigned(layer.threshold_bits)),
                "first": In(1),
                "fires": Out(1),
                "below": Out(1),
                "margin": Out(signed(layer.margin_bits)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build accumulator, state, arithmetic and comparison."""
        m = Module()
        layer = self._layer
        m.submodules.accumulator = accumulator = Accumulator(layer, self._index)
        m.submodules.listen = listen = listen_of(layer)
        m.submodules.states = states = memory.Memory(
            shape=listen.state.shape(),
            depth=max(2, layer.rows),  # a memory of one word would have no address
            init=[],
        )
        read, write = states.read_port(), states.write_port()
        back = self.ops[layer.stages + 1]
        clears = back.action == Action.CLEAR
        m.d.comb += [
            accumulator.arrival.eq(self.arrival),
            accumulator.op.eq(self.ops[0]),
            listen.arrived.eq(accumulator.arrived),
            listen.op.eq(self.ops[1]),
            listen.bias.eq(self._bias(m, self.ops[0].row)),
            read.addr.eq(self.ops[0].row),
            listen.state.eq(read.data),
            write.addr.eq(back.row),
            write.en.eq((back.action == Action.SWEEP) | clears),
            Value.cast(write.data).eq(Mux(clears, 0, Value.cast(listen.advanced))),
        ]
        u = read.data.u
        for stage in range(layer.stages + 1):
            later = Signal.like(u, name=f"u{stage}", reset_less=True)
            m.d.sync += later.eq(u)
            u = later
        m.d.comb += [
            self.margin.eq(u - self.threshold),
            self.below.eq(u < self.above),
            self.fires.eq((self.margin >= 0) & (self.first | self.below)),
        ]
        return m

    def _bias(self, m: Module, row: Value) -> Value:
        """Return the bias of the row that was given in the cycle before."""
        common = self._layer.common_bias
        if common is not None:
            return C(common, signed(self._layer.widths.membrane_bits))
        words = bias_words(self._layer, self._lane, self._index)
        bits, image = self._layer.widths.membrane_bits, f"biases{self._index}"
        return own_memory(m, self.care, words, bits, image, row).as_signed()
