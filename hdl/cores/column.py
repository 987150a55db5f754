"""One column of a lane's neurons: currents, membranes, thresholds and the arithmetic of a tick."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import C, Module, Mux, Signal, Value, signed
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.arithmetic import scaled
from firstspike.hdl.cores.operation import Action, operation
from firstspike.hdl.cores.storage import stored

if TYPE_CHECKING:
    from firstspike.hdl.plan import LanePlan, LayerPlan

__all__ = ["Column", "threshold_words"]


def threshold_words(layer: LayerPlan, lane: LanePlan, column: int) -> list[int]:
    """Return the words of a column's threshold memory."""
    words: list[int] = lane.thresholds[column :: layer.columns].tolist()
    return words


class Column(wiring.Component):
    """State of the neurons of one column, one word per row.

    An operation passes three stages, one per cycle, and never stalls:

    1. it arrives, and the row it names is read;
    2. a weight is added to the current and written back; a row that is advanced is multiplied;
    3. the advanced row is rounded, compared, and written back.

    An addition that directly follows another one to the same row would read what stage 2 is just
    writing: it takes the sum from there instead, and so does a sweep. No other read can meet a
    write, because the issuer rests for ``DRAIN`` cycles after a sweep.

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
    op : In(operation(layer))
        The operation in stage 1.
    fires : Out(1)
        The neuron of the row in stage 3 fires.
    margin : Out(signed(margin_bits))
        Its ``U - theta`` after the advance.
    """

    def __init__(self, layer: LayerPlan, lane: LanePlan, index: int) -> None:
        self._layer = layer
        self._lane = lane
        self._index = index
        super().__init__(
            {
                "op": In(operation(layer)),
                "fires": Out(1),
                "margin": Out(signed(layer.margin_bits)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the three stages."""
        m = Module()
        layer, program = self._layer, self._layer.program
        current = signed(layer.widths.current_bits)
        membrane = data.StructLayout({"u": signed(layer.widths.membrane_bits), "fired": 1})
        half = 1 << (program.shift - 1)
        depth = max(2, layer.rows)  # a memory of one word would have no address
        m.submodules.currents = currents = memory.Memory(shape=current, depth=depth, init=[])
        m.submodules.membranes = membranes = memory.Memory(shape=membrane, depth=depth, init=[])
        read_i, write_i = currents.read_port(), currents.write_port()
        read_u, write_u = membranes.read_port(), membranes.write_port()

        # Stage 1
        adds = Signal()
        second, third = Signal.like(self.op), Signal.like(self.op)
        m.d.comb += [read_i.addr.eq(self.op.row), read_u.addr.eq(self.op.row)]
        m.d.sync += [
            adds.eq((self.op.action == Action.ADD) & (self.op.column == self._index)),
            second.eq(self.op),
            third.eq(second),
        ]

        # Stage 2
        forward = Signal()
        before, i, total = Signal(current), Signal(current), Signal(current)
        m.d.comb += [
            i.eq(Mux(forward & (third.row == second.row), before, read_i.data)),
            total.eq(i + (second.weight << program.guard)),
        ]
        u_part = scaled(read_u.data.u, program.decay_mem)
        drive_part = scaled(i, program.drive) + half
        i_part = scaled(i, program.decay_syn)
        products = Signal(
            data.StructLayout(
                {
                    "u": u_part.shape(),
                    "drive": drive_part.shape(),
                    "i": i_part.shape(),
                    "fired": 1,
                }
            )
        )
        m.d.sync += [
            forward.eq(adds),
            before.eq(total),
            products.u.eq(u_part),
            products.drive.eq(drive_part),
            products.i.eq(i_part),
            products.fired.eq(read_u.data.fired),
        ]

        # Stage 3
        advanced = Signal(membrane["u"].shape)
        decayed = Signal(current)
        sweeps = Signal()
        m.d.comb += [
            sweeps.eq(third.action == Action.SWEEP),
            advanced.eq((products.u + products.drive) >> program.shift),
            decayed.eq((products.i + half) >> program.shift),
            self.margin.eq(advanced - self._threshold(m, second.row)),
            self.fires.eq(sweeps & (self.margin >= 0) & ~products.fired),
        ]
        m.d.comb += [write_u.addr.eq(third.row), write_i.addr.eq(second.row)]
        with m.If(adds):
            m.d.comb += [write_i.en.eq(1), write_i.data.eq(total)]
        with m.If(sweeps | (third.action == Action.CLEAR)):
            m.d.comb += [write_i.en.eq(1), write_i.addr.eq(third.row), write_u.en.eq(1)]
            with m.If(sweeps):
                m.d.comb += [
                    write_i.data.eq(decayed),
                    write_u.data.u.eq(advanced),
                    write_u.data.fired.eq(products.fired | self.fires),
                ]
        return m

    def _threshold(self, m: Module, row: Value) -> Value:
        """Return the threshold of the row that is in stage 3 when `row` is in stage 2."""
        common = self._layer.common_threshold
        if common is not None:
            return C(common)
        m.submodules.thresholds = thresholds = stored(
            threshold_words(self._layer, self._lane, self._index),
            self._layer.threshold_bits,
            f"thresholds{self._index}",
        )
        port = thresholds.read_port()
        m.d.comb += port.addr.eq(row)
        return port.data
