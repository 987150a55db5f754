"""From verdicts and output spikes to words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from firstspike.errors import DomainError
from firstspike.hdl.bus.words import MARGIN, RESULT, Word, words
from firstspike.hdl.cores.decision import output_spike, verdict

if TYPE_CHECKING:
    from amaranth.hdl import Value
    from amaranth.lib import data

    from firstspike.hdl.plan import CorePlan

__all__ = ["Sender", "check_sizes", "margin_word", "result_word"]

NEURON_BITS, TICK_BITS = RESULT["neuron"].width, RESULT["tick"].width
MARGIN_BITS = MARGIN["margin"].width


def check_sizes(core: CorePlan) -> None:
    """Refuse a core whose results do not fit the words.

    Raises
    ------
    DomainError
        If it has more outputs or ticks than a word can name.
    """
    if core.n_outputs > 1 << NEURON_BITS or core.ticks > 1 << TICK_BITS:
        msg = f"the network has {core.n_outputs} outputs and {core.ticks} ticks"
        raise DomainError(
            f"{msg}, expected at most {1 << NEURON_BITS} and {1 << TICK_BITS} behind a bus: a word "
            "of a result has room for no more"
        )


def result_word(kind: object, given: data.View) -> Value:
    """Return the word of an output spike, or the first one of a result."""
    return Cat(
        Const.cast(kind),
        _resized(given.neuron, NEURON_BITS),
        _resized(given.tick, TICK_BITS),
    )


def margin_word(given: data.View) -> Value:
    """Return the second word of a result; a margin that does not fit becomes the nearest one."""
    margin, most = given.margin, (1 << MARGIN_BITS - 1) - 1
    if len(margin) > MARGIN_BITS:
        margin = Mux(margin > most, most, Mux(margin < ~most, ~most, margin))
    return Cat(given.tie, given.silent, given.refused, _resized(margin, MARGIN_BITS))


class Sender(wiring.Component):
    """Sends one packet per sample: its output spikes if they are wanted, and two words of result.

    When the core is reset while a packet is under way, the packet ends with a result that is marked
    refused.

    Parameters
    ----------
    core : CorePlan
        The core.

    Members
    -------
    spikes : In(stream.Signature(output_spike(core)))
        From the core.
    verdict : In(stream.Signature(verdict(core)))
        From the core.
    wants_spikes : In(1)
        Tell output spikes.
    abort : In(1)
        Strobe: the core is being reset.
    o : Out(words())
        Words.
    """

    def __init__(self, core: CorePlan) -> None:
        super().__init__(
            {
                "spikes": In(stream.Signature(output_spike(core))),
                "verdict": In(stream.Signature(verdict(core))),
                "wants_spikes": In(1),
                "abort": In(1),
                "o": Out(words()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the states of a packet."""
        m = Module()
        begun = Signal()
        second = Signal(MARGIN)
        with m.FSM():
            with m.State("First"):
                with m.If(self.abort):
                    with m.If(begun):
                        m.d.sync += second.as_value().eq(Const(1, 1) << MARGIN["refused"].offset)
                        m.next = "Abort"
                with m.Elif(self.spikes.valid):
                    m.d.comb += [
                        self.o.p.data.eq(result_word(Word.SPIKE, self.spikes.p)),
                        self.o.valid.eq(self.wants_spikes),
                        self.spikes.ready.eq(self.o.ready | ~self.wants_spikes),
                    ]
                    with m.If(self.o.valid & self.o.ready):
                        m.d.sync += begun.eq(1)
                with m.Elif(self.verdict.valid):
                    m.d.comb += [
                        self.o.p.data.eq(result_word(Word.RESULT, self.verdict.p)),
                        self.o.valid.eq(1),
                        self.verdict.ready.eq(self.o.ready),
                    ]
                    with m.If(self.o.ready):
                        m.d.sync += second.as_value().eq(margin_word(self.verdict.p))
                        m.next = "Second"
            with m.State("Abort"):
                m.d.comb += [self.o.p.data.eq(Const.cast(Word.RESULT)), self.o.valid.eq(1)]
                with m.If(self.o.ready):
                    m.next = "Second"
            with m.State("Second"):
                m.d.comb += [
                    self.o.p.data.eq(second),
                    self.o.p.last.eq(1),
                    self.o.valid.eq(1),
                ]
                with m.If(self.o.ready):
                    m.d.sync += begun.eq(0)
                    m.next = "First"
        return m


def _resized(value: Value, width: int) -> Value:
    """Return a value with exactly so many bits, extended by its sign if it has one."""
    return value[:width] if len(value) >= width else Cat(value, _extension(value, width))


def _extension(value: Value, width: int) -> Value:
    top = value[-1] if value.shape().signed else Const(0, 1)
    return top.replicate(width - len(value))
