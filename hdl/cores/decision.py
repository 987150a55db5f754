"""The readout: which output neuron fires first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Module, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.arithmetic import exceeds
from firstspike.hdl.cores.tokens import Kind, address, layer_token

if TYPE_CHECKING:
    from firstspike.hdl.plan import CorePlan

__all__ = ["Decision", "output_spike", "verdict"]


def verdict(core: CorePlan) -> data.StructLayout:
    """Return the layout of the result of a sample.

    ``neuron`` is the decision, ``tick`` the deciding tick, ``margin`` the winner's ``U - theta``;
    ``tie`` says that several neurons fired in that tick, ``silent`` that none fired at all.
    ``refused`` says that there was no inference because the synapse image is not valid.
    """
    return data.StructLayout(
        {
            "neuron": address(core.n_outputs),
            "tick": address(core.ticks),
            "margin": signed(core.layers[-1].margin_bits),
            "tie": 1,
            "silent": 1,
            "refused": 1,
        }
    )


def output_spike(core: CorePlan) -> data.StructLayout:
    """Return the layout of an observed spike of the last layer."""
    return data.StructLayout(
        {
            "neuron": address(core.n_outputs),
            "tick": address(core.ticks),
            "margin": signed(core.layers[-1].margin_bits),
        }
    )


class Decision(wiring.Component):
    """Ranks the spikes of each tick; the first tick that has any decides.

    Within that tick the largest margin wins, then the lowest index. When the sample ends undecided,
    the same rule ranks the BEST tokens, and the verdict is silent. Every spike is passed on to
    `spikes` before it counts. If the last layer never fires there are only BEST tokens, and the
    verdict is silent if no spike has reached that layer.

    Parameters
    ----------
    core : CorePlan
        The core.

    Members
    -------
    i : In(stream.Signature(layer_token(core.layers[-1])))
        Tokens of the last layer.
    spikes : Out(stream.Signature(output_spike(core)))
        Every output spike up to the verdict.
    o : Out(stream.Signature(verdict(core)))
        The verdict; it stays until it is taken.
    early_exit : In(1)
        Give the verdict at the end of the deciding tick instead of the end of the sample.
    refuse : In(1)
        Strobe: give a verdict that says "refused".
    decides : Out(1)
        Strobe: the verdict is known, and is at `o` from the next cycle on.
    done : Out(1)
        Strobe: the verdict has just been given, in the first cycle of ``o.valid``.
    """

    def __init__(self, core: CorePlan) -> None:
        self._core = core
        super().__init__(
            {
                "i": In(stream.Signature(layer_token(core.layers[-1]))),
                "spikes": Out(stream.Signature(output_spike(core))),
                "o": Out(stream.Signature(verdict(core))),
                "early_exit": In(1),
                "refuse": In(1),
                "decides": Out(1),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the ranking and the verdict register."""
        m = Module()
        token, best = self.i.p, self.o.p
        tick = Signal.like(best.tick)
        ranked = Signal()
        decided = Signal()
        several, heard = Signal(), Signal()
        moves, is_spike, finish = Signal(), Signal(), Signal()
        early = Signal()

        m.d.comb += [
            is_spike.eq(token.kind == Kind.SPIKE),
            self.spikes.p.neuron.eq(token.addr),
            self.spikes.p.tick.eq(tick),
            self.spikes.p.margin.eq(token.margin),
            self.spikes.valid.eq(self.i.valid & is_spike & ~self.o.valid),
            self.i.ready.eq(~self.o.valid & (self.spikes.ready | ~is_spike)),
            moves.eq(self.i.valid & self.i.ready),
        ]
        # The verdict reaches all layers and counters, so it is found out in as few steps as can be:
        # whether spikes are taken does not matter for a token that is none.
        m.d.sync += early.eq(self.early_exit)
        ends_tick = (token.kind == Kind.TICK) & ranked & ~decided & early
        m.d.comb += finish.eq(self.i.valid & ~self.o.valid & (ends_tick | (token.kind == Kind.END)))
        better = Signal()
        m.d.comb += better.eq(
            ~ranked
            | exceeds(token.margin, best.margin)
            | ((token.margin == best.margin) & (token.addr < best.neuron))
        )

        with m.If(moves):
            with m.Switch(token.kind):
                with m.Case(Kind.SPIKE, Kind.BEST):
                    with m.If(~decided):
                        m.d.sync += [ranked.eq(1), several.eq(ranked)]
                        if self._core.layers[-1].ranks:
                            m.d.sync += heard.eq(heard | token.heard)
                            with m.If(~ranked | exceeds(token.margin, best.margin)):
                                m.d.sync += several.eq(token.several)
                            with m.Elif(exceeds(best.margin, token.margin)):
                                m.d.sync += several.eq(several)
                        with m.If(better):
                            m.d.sync += [best.margin.eq(token.margin), best.neuron.eq(token.addr)]
                with m.Case(Kind.TICK):
                    m.d.sync += tick.eq(tick + 1)
                    with m.If(ranked & ~decided):
                        m.d.sync += [decided.eq(1), best.tie.eq(several)]
                    with m.If(~decided):
                        m.d.sync += best.tick.eq(tick)
                with m.Case(Kind.END):
                    if self._core.layers[-1].ranks:
                        m.d.sync += [
                            best.silent.eq(~heard),
                            best.tie.eq(several),
                            best.tick.eq(self._core.ticks - 1),
                        ]
                    else:
                        m.d.sync += best.silent.eq(~decided)

        m.d.comb += self.decides.eq(finish | self.refuse)
        m.d.sync += self.done.eq(self.decides)
        with m.If(self.decides):
            m.d.sync += self.o.valid.eq(1)
        with m.If(self.refuse):
            m.d.sync += best.refused.eq(1)
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += [
                Value.cast(best).eq(0),
                self.o.valid.eq(0),
                tick.eq(0),
                ranked.eq(0),
                decided.eq(0),
                several.eq(0),
                heard.eq(0),
            ]
        return m
