"""Many token streams of one layer become one."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Join"]


class Join(wiring.Component):
    """Passes spikes on, lowest lane first, and an end once every lane has reached it.

    Within a tick the order of spikes has no meaning, so which lane goes first can never change a
    result. The choice is registered: a token that is offered stays until it is taken.

    Parameters
    ----------
    layout : StructLayout
        Layout of the tokens.
    lanes : int
        Number of streams.

    Members
    -------
    i : In(stream.Signature(layout)).array(lanes)
        One stream per lane.
    offers, closes : In(lanes)
        Which lanes offer a token of their own, and which the end of a tick or a sample. The choice
        is a long path, so these come out of registers and not from what is offered.
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
                "offers": In(lanes),
                "closes": In(lanes),
                "o": Out(stream.Signature(layout)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the choice and its register."""
        m = Module()
        single, ends = self.offers, self.closes
        free = Signal()
        m.d.comb += free.eq(~self.o.valid | self.o.ready)
        _, first = _lowest([(single[at], Value.cast(i.payload)) for at, i in enumerate(self.i)])
        with m.If(free):
            m.d.sync += [
                self.o.valid.eq(single.any() | ends.all()),
                Value.cast(self.o.payload).eq(first),
            ]
        for lane, i in enumerate(self.i):
            is_first = single[lane] & ~single[:lane].any()
            m.d.comb += i.ready.eq(free & (is_first | ends.all()))
        return m


def _lowest(offers: list[tuple[Value, Value]]) -> tuple[Value, Value]:
    """Return whether there is any offer, and the first one; where there is none, that of lane 0.

    A tree: a chain through all lanes would be the longest path of a core.
    """
    if len(offers) == 1:
        return offers[0]
    half = (len(offers) + 1) // 2
    (some, first), (others, later) = _lowest(offers[:half]), _lowest(offers[half:])
    return some | others, Mux(others & ~some, later, first)
