"""Which synapses a lane walks through, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from firstspike.hdl.cores.operation import lively, operation
from firstspike.hdl.cores.sweeper import Sweeper
from firstspike.hdl.cores.tokens import Kind, address, token
from firstspike.hdl.cores.window_sweeper import WindowSweeper

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["Walker", "extent"]


def extent(layer: LayerPlan) -> data.StructLayout:
    """Return the layout of where a source's words start, and how many there are."""
    longest = layer.bank.longest(layer.neurons, layer.columns)
    return data.StructLayout(
        {"length": address(longest + 1), "base": address(max(2, layer.capacity))}
    )


class Walker(wiring.Component):
    """Turns tokens into addresses of synapse words, one per cycle, and sweeps over the rows.

    A spike takes as many cycles as it has words, at least one; the end of a tick takes one, as soon
    as the sweep for the tick before has come far enough. The words of the next token are looked up
    meanwhile. After a reset the state of all neurons is cleared first.

    Parameters
    ----------
    layer : LayerPlan
        What the lanes of the layer share.

    Members
    -------
    i : In(stream.Signature(token(n_sources)))
        Spikes of the layer's sources.
    found : In(extent(layer))
        Where the words of the source are that was named in the last cycle in which ``i.ready``
        was high.
    known : Out(extent(layer))
        What was found for the token that is to be walked next; while there is none, `found` a cycle
        later.
    walks : Out(1)
        The word at `place` is wanted.
    place : Out
        Its address.
    step : Out
        How many words of the same token came before.
    buffer : Out(1)
        Which tick it belongs to.
    op : Out(operation(layer))
        What the neurons shall do.
    lively : In(lively(layer))
        A row in which some neuron will fire.
    clearing : Out(1)
        The state is being cleared.
    heard : Out(1)
        A spike has come in since reset.
    """

    def __init__(self, layer: LayerPlan) -> None:
        self._layer = layer
        words = extent(layer)
        super().__init__(
            {
                "i": In(stream.Signature(token(layer.n_sources))),
                "found": In(words),
                "known": Out(words),
                "walks": Out(1),
                "place": Out(words["base"].shape),
                "step": Out(words["length"].shape),
                "buffer": Out(1),
                "op": Out(operation(layer)),
                "lively": In(lively(layer)),
                "clearing": Out(1),
                "heard": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build look-up and walk."""
        m = Module()
        layer = self._layer
        m.submodules.sweeper = sweeper = (
            WindowSweeper(layer, layer.window) if layer.window else Sweeper(layer)
        )

        # Look-up: what belongs to the token in `next_kind` is at `found`, what belongs to the one
        # in front of it in registers.
        waiting, is_spike, is_tick, is_end = Signal(), Signal(), Signal(), Signal()
        known = Signal.like(self.found, reset_less=True)
        m.d.comb += self.known.eq(known)
        next_waiting, next_kind = Signal(), Signal(Kind)
        take, moves = Signal(), Signal()
        m.d.comb += [
            moves.eq(~waiting | take),
            self.i.ready.eq(~next_waiting | moves),
        ]
        with m.If(moves):
            m.d.sync += [
                waiting.eq(next_waiting),
                is_spike.eq(next_kind == Kind.SPIKE),
                is_tick.eq(next_kind == Kind.TICK),
                is_end.eq(next_kind == Kind.END),
                known.eq(self.found),
            ]
        with m.If(self.i.ready):
            m.d.sync += [next_waiting.eq(self.i.valid), next_kind.eq(self.i.p.kind)]

        # Walk: `left` words are still to come. Whether there is any, and whether there is more than
        # one, is found out a cycle ahead, for everything waits for `take`.
        left, ends = Signal.like(self.step), Signal(init=1)
        touched = Signal()
        m.d.comb += [
            take.eq(waiting & ends & (is_spike | sweeper.free)),
            sweeper.tick.eq(waiting & ends & is_tick & sweeper.free),
            sweeper.end.eq(waiting & ends & is_end & sweeper.free),
            sweeper.quiet.eq(~touched & ~self.walks & layer.may_skip),
            sweeper.buffer.eq(self.buffer),
            sweeper.lively.eq(self.lively),
            self.op.eq(sweeper.op),
            self.clearing.eq(sweeper.clearing),
        ]
        with m.If(self.walks):
            m.d.sync += [
                left.eq(left - 1),
                self.walks.eq(~ends),
                ends.eq(left <= 2),
                self.place.eq(self.place + 1),
                self.step.eq(self.step + 1),
                touched.eq(1),
            ]
        with m.If(take):
            m.d.sync += [
                self.place.eq(known.base),
                self.step.eq(0),
                left.eq(Mux(is_spike, known.length, 0)),
                self.walks.eq(is_spike & (known.length != 0)),
                ends.eq(~is_spike | (known.length <= 1)),
            ]
        with m.If(take & is_spike):
            m.d.sync += self.heard.eq(1)
        with m.If(sweeper.tick):
            m.d.sync += self.buffer.eq(~self.buffer)
            if layer.momentary:
                m.d.sync += touched.eq(0)
        return m
