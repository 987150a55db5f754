"""From words to tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Const, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from firstspike.hdl.bus.words import SOURCE_BITS, WORD_IN, Word, words
from firstspike.hdl.cores.elastic import Elastic
from firstspike.hdl.cores.tokens import Kind, token

if TYPE_CHECKING:
    from firstspike.hdl.plan import CorePlan

__all__ = ["Receiver"]


class Receiver(wiring.Component):
    """Turns the words of a packet into the tokens of a sample; the end of the packet becomes END.

    A word that means nothing to the core is dropped and flagged, and its mark of the end still
    counts. So a producer that misbehaves can spoil its samples, but not hang the core: a missing
    mark joins two samples into one, of which the core uses the first ticks, until the next mark.

    Parameters
    ----------
    core : CorePlan
        The core.

    Members
    -------
    i : In(words())
        Words.
    hold : In(1)
        Do not begin another packet.
    o : Out(stream.Signature(token(n_sources)))
        Tokens.
    between : Out(1)
        No packet is under way.
    stray, unknown, long : Out(1)
        Strobes: a spike of a missing source is dropped, a word of unknown kind is dropped, a TICK
        comes after the last one of the network. A cycle later.
    """

    def __init__(self, core: CorePlan) -> None:
        self._core = core
        super().__init__(
            {
                "i": In(words()),
                "hold": In(1),
                "o": Out(stream.Signature(token(core.n_sources))),
                "between": Out(1),
                "stray": Out(1),
                "unknown": Out(1),
                "long": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the way in, a register for a word, and the way out."""
        m = Module()
        given = data.View(WORD_IN, self.i.p.data)
        shape = data.StructLayout({"token": self.o.p.shape(), "means": 1, "last": 1})
        m.submodules.elastic = elastic = Elastic(shape)
        begun, ending = Signal(), Signal()
        ticks = Signal(range(self._core.ticks + 1))
        exists, is_spike, is_tick, moves = Signal(), Signal(), Signal(), Signal()
        if self._core.n_sources >= 1 << SOURCE_BITS:
            m.d.comb += exists.eq(1)
        else:
            # All bits but a few are zero: a chain of carries through all of them is not needed.
            few = bits_for(self._core.n_sources)
            low, high = given.source[:few], given.source[few:]
            m.d.comb += exists.eq((low < self._core.n_sources) & ~high.any())
        # Whether a word is taken does not wait for what it means.
        m.d.comb += [
            is_spike.eq((given.kind == Word.SPIKE) & exists),
            is_tick.eq(given.kind == Word.TICK),
            self.between.eq(~begun & ~elastic.o.valid & ~ending),
            self.i.ready.eq(elastic.i.ready & (begun | ~self.hold)),
            moves.eq(self.i.valid & self.i.ready),
            elastic.i.valid.eq(moves),
            elastic.i.p.last.eq(self.i.p.last),
            elastic.i.p.means.eq(is_spike | is_tick),
            elastic.i.p.token.kind.eq(Mux(is_tick, Kind.TICK, Kind.SPIKE)),
            elastic.i.p.token.addr.eq(Mux(is_tick, 0, given.source)),
        ]
        m.d.sync += [
            self.stray.eq(moves & (given.kind == Word.SPIKE) & ~exists),
            self.unknown.eq(moves & (given.kind.as_value() >= Const.cast(Word.RESULT))),
            self.long.eq(moves & is_tick & (ticks == self._core.ticks)),
        ]
        with m.If(moves):
            m.d.sync += begun.eq(~self.i.p.last)
            with m.If(self.i.p.last):
                m.d.sync += ticks.eq(0)
            with m.Elif(is_tick & (ticks != self._core.ticks)):
                m.d.sync += ticks.eq(ticks + 1)

        with m.If(ending):
            m.d.comb += [self.o.p.kind.eq(Kind.END), self.o.valid.eq(1)]
            with m.If(self.o.ready):
                m.d.sync += ending.eq(0)
        with m.Else():
            m.d.comb += [
                self.o.payload.eq(elastic.o.p.token),
                self.o.valid.eq(elastic.o.valid & elastic.o.p.means),
                elastic.o.ready.eq(self.o.ready | ~elastic.o.p.means),
            ]
            with m.If(elastic.o.valid & elastic.o.ready):
                m.d.sync += ending.eq(elastic.o.p.last)
        return m
