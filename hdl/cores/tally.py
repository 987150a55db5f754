"""What a core counts, sample by sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

if TYPE_CHECKING:
    from firstspike.hdl.plan import CorePlan

__all__ = ["Tally"]


class Tally(wiring.Component):
    """Counts for the oldest sample without a verdict and the one behind it, and shows the last.

    Parameters
    ----------
    core : CorePlan
        The core.

    Members
    -------
    starts : In(1)
        Strobe: a sample starts.
    skips : In(1)
        Strobe: a token of the latest sample that has started is being dropped.
    decides, done : In(1)
        Strobes: the verdict on the oldest sample is known, and, a cycle later, given.
    undecided : In(range(3))
        How many samples have started and have no verdict.
    adds : In(count).array(layers)
        Synapses that each layer has just added.
    ahead : In(1).array(layers)
        Whether they belong to the second oldest sample.
    inferences : Out(32)
        Verdicts since reset.
    cycles, added, skipped : Out(32)
        Of the last sample with a verdict. They can be read from the first cycle of the verdict on;
        tokens may be skipped after it.
    """

    def __init__(self, core: CorePlan) -> None:
        self._core = core
        #: A source spikes at most once per sample, so no more synapses than there are can be added.
        self._total = sum(len(layer.lanes) * layer.capacity * layer.adds for layer in core.layers)
        n_layers = len(core.layers)
        count = bits_for(max(layer.width for layer in core.layers))
        super().__init__(
            {
                "starts": In(1),
                "skips": In(1),
                "decides": In(1),
                "done": In(1),
                "undecided": In(range(3)),
                "adds": In(count).array(n_layers),
                "ahead": In(1).array(n_layers),
                "inferences": Out(32),
                "cycles": Out(32),
                "added": Out(32),
                "skipped": Out(32),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build one counter of each kind per sample, and what is shown."""
        m = Module()
        two = self.undecided == 2
        # Counters are far from the gate and wide, so they hear of it a cycle late.
        started = Signal()
        m.d.sync += started.eq(self.starts)
        with m.If(self.done):
            m.d.sync += self.inferences.eq(self.inferences + 1)
        self._count_cycles(m, two, started)
        self._count_additions(m)
        self._count_skips(m, two, started)
        return m

    def _count_cycles(self, m: Module, two: Value, started: Signal) -> None:
        """Subtract the time of the start from that of the verdict."""
        now, before, earlier, latest, oldest = (Signal(32) for _ in range(5))
        m.d.sync += [now.eq(now + 1), before.eq(now), earlier.eq(before)]
        with m.If(started):
            m.d.sync += latest.eq(earlier)  # the cycle before the start, for both ends count
        with m.If(~two):
            m.d.sync += oldest.eq(latest)
        with m.If(self.decides):
            m.d.sync += self.cycles.eq(now - oldest)

    def _count_additions(self, m: Module) -> None:
        """Add up what the layers add to either sample."""
        older, newer = Signal(range(self._total + 1)), Signal(range(self._total + 1))
        old, new = Signal.like(older), Signal.like(newer)
        pairs = list(zip(self.adds, self.ahead, strict=True))
        m.d.comb += [
            old.eq(older + sum(Mux(ahead, 0, adds) for adds, ahead in pairs)),
            new.eq(newer + sum(Mux(ahead, adds, 0) for adds, ahead in pairs)),
        ]
        m.d.sync += [older.eq(old), newer.eq(new)]
        with m.If(self.done):
            m.d.sync += [older.eq(new), newer.eq(0)]
        with m.If(self.decides):
            m.d.sync += self.added.eq(old)

    def _count_skips(self, m: Module, two: Value, started: Signal) -> None:
        """Keep what was skipped of a sample that waits for its verdict while the next comes in."""
        skips, latest, held = Signal(), Signal(32), Signal(32)
        counted, holds = Signal(32), Signal()
        m.d.comb += counted.eq(latest + skips)
        m.d.sync += [skips.eq(self.skips), latest.eq(counted), holds.eq(two)]
        with m.If(started):
            m.d.sync += [held.eq(counted), latest.eq(0)]
        with m.If(self.decides | (self.undecided == 0)):
            m.d.sync += self.skipped.eq(Mux(holds, held, counted))
