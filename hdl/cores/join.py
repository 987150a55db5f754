"""Many token streams of one layer become one."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.tokens import Kind

__all__ = ["Join"]


class Join(wiring.Component):
    """Passes spikes on, lowest lane first, and an end once every lane has reached it.

    Within a tick the order of spikes has no meaning, so which lane goes first can never change a
    result. The choice is registered: a token that is offered stays until it is taken.

    Parameters
    ----------
    layout : StructLayout
        Layout of the tokens; has a field ``kind``.
    lanes : int
        Number of streams.

    Members
    -------
    i : In(stream.Signature(layout)).array(lanes)
        One stream per lane.
    o : Out(stream.Signature(layout))
        The joined stream.
    """

    def __init__(self, layout: data.StructLayout, lanes: int) -> None:
        if lanes < 1:
            msg = f"lanes must be at least 1, not {lanes!r}"
            raise ValueError(msg)
        self._lanes = lanes
        super().__init__(
            {
                "i": In(stream.Signature(layout)).array(lanes),
                "o": Out(stream.Signature(layout)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the choice and its register."""
        m = Module()
        single, ends = Signal(self._lanes), Signal(self._lanes)
        for lane, i in enumerate(self.i):
            is_end = (i.p.kind == Kind.TICK) | (i.p.kind == Kind.END)
            m.d.comb += [single[lane].eq(i.valid & ~is_end), ends[lane].eq(i.valid & is_end)]

        free = Signal()
        m.d.comb += free.eq(~self.o.valid | self.o.ready)
        with m.If(free):
            m.d.sync += self.o.valid.eq(single.any() | ends.all())
            with m.If(ends.all()):
                m.d.sync += self.o.payload.eq(self.i[0].payload)
                m.d.comb += [i.ready.eq(1) for i in self.i]
            for lane, i in reversed(list(enumerate(self.i))):
                first = single[lane] & ~single[:lane].any()
                with m.If(first):
                    m.d.sync += self.o.payload.eq(i.payload)
                    m.d.comb += i.ready.eq(1)
        return m
