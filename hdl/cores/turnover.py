"""When a layer lets go of a sample and takes the next one."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["MOST_SAMPLES", "Turnover"]

#: Samples that a core works on at the same time.
MOST_SAMPLES = 2


class Turnover(wiring.Component):
    """Sees to it that everything in a layer belongs to one sample.

    The layer is shut behind END. Once END has left it nothing is left inside, and it starts anew
    while the layers behind it go on. A verdict does the same to the layers that have not come so
    far; one that is `ahead` has let go of the sample already.

    Members
    -------
    enters, leaves : In(1)
        Strobes: END comes into the layer, and goes out.
    decides, done : In(1)
        Strobes: the verdict on the oldest sample in the core is known, and, a cycle later, given.
    clearing : In(1)
        The layer is not ready for a sample; from the cycle after `flush` on.
    flush : Out(1)
        Strobe: forget everything but the synapses. Also in the cycle after a reset, so that nothing
        else has to reset a lane.
    shut : Out(1)
        The layer takes no token.
    ahead : Out(range(3))
        How many samples the layer has let go of that have no verdict yet.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "enters": In(1),
                "leaves": In(1),
                "decides": In(1),
                "done": In(1),
                "clearing": In(1),
                "flush": Out(1, init=1),
                "shut": Out(1, init=1),
                "ahead": Out(range(MOST_SAMPLES + 1)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the registers."""
        m = Module()
        was_clearing = Signal(init=1)
        leaves, ends = Signal(), Signal()
        m.d.comb += [
            # END may be about to leave when a verdict has stopped the layer already.
            leaves.eq(~self.flush & (self.leaves | (self.decides & (self.ahead == 0)))),
        ]
        m.d.sync += [
            self.flush.eq(leaves),
            ends.eq(leaves),
            self.ahead.eq(self.ahead + ends - self.done),
            was_clearing.eq(self.clearing),
        ]
        with m.If(self.enters | self.flush | self.clearing):
            m.d.sync += self.shut.eq(1)
        with m.Elif(was_clearing):
            m.d.sync += self.shut.eq(0)
        return m
