"""The way into a core: sample by sample, exactly as many ticks as the network has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.tokens import Kind, token

if TYPE_CHECKING:
    from firstspike.hdl.plan import CorePlan

__all__ = ["Gate"]


class Gate(wiring.Component):
    """Lets the tokens of one sample in and swallows what comes after its verdict.

    The layers get END right after the last tick of the network, or when the producer says END
    before that; two-phase layers get the missing ticks first. Tokens that come after the last tick,
    or after an early verdict, up to the producer's END are dropped. A spike of a source that does
    not exist is dropped and flagged. The next sample may enter when the producer has said END and
    so has the gate, or the verdict has been given: nothing of this one can follow then.

    Parameters
    ----------
    core : CorePlan
        The core.

    Members
    -------
    i : In(stream.Signature(token(n_sources)))
        From the producer.
    o : Out(stream.Signature(token(n_sources)))
        To the first layer.
    open : In(1)
        A new sample may start.
    refuses : In(1)
        A new sample is refused, for the synapse image is not valid.
    done : In(1)
        Strobe: the verdict on the latest sample that came in has been given.
    resting : Out(1)
        No sample is coming in.
    starts : Out(1)
        Strobe: the first token of a sample is being accepted, or a sample is going to be refused.
    skips : Out(1)
        Strobe: a token is being dropped.
    stray : Out(1)
        Strobe: a spike of a source that does not exist is being dropped.
    refuse : Out(1)
        Strobe: a sample has ended that found the image not valid. In the cycle after.
    """

    def __init__(self, core: CorePlan) -> None:
        self._core = core
        tokens = stream.Signature(token(core.n_sources))
        super().__init__(
            {
                "i": In(tokens),
                "o": Out(tokens),
                "open": In(1),
                "refuses": In(1),
                "done": In(1),
                "resting": Out(1),
                "starts": Out(1),
                "skips": Out(1),
                "stray": Out(1),
                "refuse": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the states of a sample."""
        m = Module()
        kind, addr = self.i.p.kind, self.i.p.addr
        ticks = Signal(range(self._core.ticks + 1))
        refused = Signal()
        ended = Signal()  # for the producer

        # A two-phase layer fires when its window has closed, so the window has to be completed.
        fills = self._core.layers[0].window is not None
        stray, moves = Signal(), Signal()
        m.d.comb += [
            # BEST is no token of a producer; it counts as a spike of nobody.
            stray.eq((kind == Kind.BEST) | ((kind == Kind.SPIKE) & (addr >= self._core.n_sources))),
            moves.eq(self.i.valid & self.i.ready),
            self.o.payload.eq(self.i.payload),
        ]
        ends_early = (kind == Kind.END) & fills

        def admit() -> None:
            """Pass the producer's tokens on."""
            m.d.comb += [
                self.o.valid.eq(self.i.valid & ~stray & ~ends_early),
                self.i.ready.eq(self.o.ready | stray | ends_early),
                self.stray.eq(moves & stray),
            ]
            with m.If(moves):
                with m.If(kind == Kind.TICK):
                    m.d.sync += ticks.eq(ticks + 1)
                    m.next = "Pass"
                    with m.If(ticks == self._core.ticks - 1):
                        m.next = "Close"
                with m.Elif(kind == Kind.END):
                    m.d.sync += ended.eq(1)
                    m.next = "Fill" if fills else "Swallow"
                with m.Else():
                    m.next = "Pass"

        def swallow() -> None:
            """Drop the producer's tokens up to END."""
            m.d.comb += [self.i.ready.eq(~ended), self.skips.eq(moves & (kind != Kind.END))]
            with m.If(moves & (kind == Kind.END)):
                m.d.sync += ended.eq(1)

        m.d.sync += self.refuse.eq(0)
        with m.FSM():
            with m.State("Rest"):
                m.d.comb += self.resting.eq(~self.refuse)
                with m.If(self.open):
                    admit()
                    m.d.comb += self.starts.eq(moves)
                with m.Elif(self.refuses & self.i.valid):
                    m.d.comb += self.starts.eq(1)
                    m.d.sync += refused.eq(1)
                    m.next = "Swallow"
            with m.State("Pass"):
                with m.If(self.done):
                    swallow()
                    m.next = "Swallow"
                with m.Else():
                    admit()
            if fills:
                with m.State("Fill"):
                    m.d.comb += [self.o.p.kind.eq(Kind.TICK), self.o.valid.eq(1)]
                    with m.If(self.o.ready):
                        m.d.sync += ticks.eq(ticks + 1)
                        with m.If(ticks == self._core.ticks - 1):
                            m.next = "Close"
            with m.State("Close"):
                m.d.comb += [self.o.p.kind.eq(Kind.END), self.o.valid.eq(1)]
                with m.If(self.o.ready | self.done):
                    m.next = "Swallow"
            with m.State("Swallow"):
                swallow()
                with m.If(ended):
                    m.d.sync += self.refuse.eq(refused)
                    m.d.sync += [ticks.eq(0), ended.eq(0), refused.eq(0)]
                    m.next = "Rest"
        return m
