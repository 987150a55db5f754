"""What the registers do to a core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from firstspike.hdl.bus.access import access
from firstspike.hdl.bus.bank import RegisterBank
from firstspike.hdl.bus.core_map import core_registers
from firstspike.hdl.bus.sender import margin_word, result_word
from firstspike.hdl.bus.words import Word, words
from firstspike.hdl.cores.decision import verdict
from firstspike.hdl.cores.steward import Command, command

if TYPE_CHECKING:
    from firstspike.hdl.plan import CorePlan

__all__ = ["COUNTERS", "EVENTS", "Control"]

#: Outputs of a core that a register shows as they are.
COUNTERS = ("live", "pruned", "added", "skipped", "cycles", "inferences")
#: What the receiver flags.
EVENTS = ("stray", "unknown", "long")


class Control(wiring.Component):
    """The registers of a core, and what writing them does.

    Parameters
    ----------
    core : CorePlan
        The core.

    Members
    -------
    access : In(access(address_bits))
        From the bus.
    commands : Out(stream.Signature(command))
        To the core.
    responses : In(stream.Signature(32))
        From the core.
    tokens : Out(words())
        What is written to ``token``.
    verdict : In(stream.Signature(verdict(core)))
        From the core. Taken with ``feed`` only, when the last one has been seen; otherwise what
        somebody else takes is noted.
    taken : In(1)
        Strobe: somebody else takes the verdict.
    busy, image_valid, denied, locked : In(1)
        State of the core.
    settled : In(1)
        No sample is under way: new settings may take effect.
    stray, unknown, long : In(1)
        Strobes of the receiver.
    early_exit, spikes, feed : Out(1)
        Settings in effect.
    changes : Out(1)
        A setting waits to take effect: no sample should begin.
    reset : Out(1)
        Strobe: reset the core. Also in the cycle after a reset of the whole.

    Counters of the core, 32 bits each, are inputs by their names.
    """

    def __init__(self, core: CorePlan) -> None:
        self._map = core_registers(core)
        super().__init__(
            {
                "access": In(access(self._map.address_bits)),
                "commands": Out(stream.Signature(command)),
                "responses": In(stream.Signature(32)),
                "tokens": Out(words()),
                "verdict": In(stream.Signature(verdict(core))),
                "taken": In(1),
                "busy": In(1),
                "image_valid": In(1),
                "denied": In(1),
                "locked": In(1),
                "settled": In(1),
                "early_exit": Out(1, init=1),
                "spikes": Out(1),
                "feed": Out(1),
                "changes": Out(1),
                "reset": Out(1, init=1),
            }
            | {name: In(1) for name in EVENTS}
            | {name: In(32) for name in COUNTERS}
        )

    def elaborate(self, platform: object) -> Module:
        """Connect the registers."""
        m = Module()
        m.submodules.bank = bank = RegisterBank(self._map)
        connect(m, flipped(self.access), bank.access)
        status, events = bank.status, [getattr(self, name) for name in EVENTS]
        m.d.comb += [
            *(getattr(bank, name).value.eq(getattr(self, name)) for name in COUNTERS),
            *(
                getattr(status, f"set_{name}").eq(event)
                for name, event in zip(EVENTS, events, strict=True)
            ),
            status.busy.eq(self.busy),
            status.image_valid.eq(self.image_valid),
            status.locked.eq(self.locked),
            bank.clear.eq(self.reset),
        ]
        m.d.sync += self.reset.eq(bank.reset.written & bank.reset.core)
        overruns = [self._commands(m, bank), self._tokens(m, bank)]
        m.d.comb += status.set_overrun.eq(overruns[0] | overruns[1])
        self._settings(m, bank)
        self._results(m, bank)
        return m

    def _settings(self, m: Module, bank: RegisterBank) -> None:
        pairs = [
            (self.early_exit, bank.control.early_exit),
            (self.spikes, bank.control.spikes),
            (self.feed, bank.control.feed),
        ]
        for now, wanted in pairs:
            with m.If(self.settled):
                m.d.sync += now.eq(wanted)
            with m.If(now != wanted):
                m.d.comb += self.changes.eq(1)

    def _commands(self, m: Module, bank: RegisterBank) -> Signal:
        """Build the two registers that start commands; return the strobe of a dropped one."""
        busy, overrun = Signal(), Signal()
        given, asked, prune = self.commands.payload, bank.command, bank.prune
        thresholds = bank.threshold if isinstance(bank.threshold, list) else [bank.threshold]
        levels = Array(Cat(each.value, Const(0, 8), each.floor) for each in thresholds)
        m.d.comb += [
            bank.status.command_busy.eq(busy),
            overrun.eq(busy & (asked.written | prune.written)),
            self.responses.ready.eq(1),
        ]
        with m.If(self.commands.ready):
            m.d.sync += self.commands.valid.eq(0)
        with m.If(~busy & (asked.written | prune.written)):
            m.d.sync += [busy.eq(1), self.commands.valid.eq(1)]
            with m.If(asked.written):
                m.d.sync += [
                    # What the core could not tell from another command is none.
                    given.op.eq(Mux(asked.op[3:].any() | asked.layer[6:].any(), 7, asked.op)),
                    given.layer.eq(asked.layer),
                    given.lane.eq(asked.lane),
                    given.value.eq(bank.value.value),
                ]
            with m.Else():
                m.d.sync += [
                    given.op.eq(Mux(prune.layer[6:].any(), 7, Command.PRUNE)),
                    given.layer.eq(prune.layer),
                    given.value.eq(levels[prune.layer]),
                ]
        with m.If(self.responses.valid):
            m.d.sync += [busy.eq(0), bank.response.value.eq(self.responses.payload)]
            m.d.comb += [
                bank.status.set_response.eq(1),
                bank.status.set_denied.eq(self.denied),
            ]
        with m.If(self.reset):
            m.d.sync += [busy.eq(0), self.commands.valid.eq(0)]
        return overrun

    def _tokens(self, m: Module, bank: RegisterBank) -> Signal:
        """Build the place for one word of a sample; return the strobe of a dropped one."""
        token, overrun = bank.token, Signal()
        m.d.comb += [
            bank.status.token_free.eq(~self.tokens.valid),
            overrun.eq(token.written & self.tokens.valid),
        ]
        with m.If(self.tokens.ready):
            m.d.sync += self.tokens.valid.eq(0)
        with m.If(token.written & ~self.tokens.valid):
            m.d.sync += [
                self.tokens.valid.eq(1),
                self.tokens.p.data.eq(bank.data[:31]),
                self.tokens.p.last.eq(token.last),
            ]
        with m.If(self.reset):
            m.d.sync += self.tokens.valid.eq(0)
        return overrun

    def _results(self, m: Module, bank: RegisterBank) -> None:
        moves = Signal()
        m.d.comb += [
            self.verdict.ready.eq(self.feed & ~bank.status.result & ~self.reset),
            moves.eq(self.taken | (self.verdict.valid & self.verdict.ready)),
            bank.status.set_result.eq(moves),
        ]
        first, second = Signal(32), Signal(32)
        with m.If(moves):
            m.d.sync += [
                first.eq(result_word(Word.RESULT, self.verdict.p)),
                second.eq(margin_word(self.verdict.p)),
            ]
        m.d.comb += [
            bank.result.kind.eq(first[:3]),
            bank.result.neuron.eq(first[3:16]),
            bank.result.tick.eq(first[16:]),
            bank.margin.tie.eq(second[0]),
            bank.margin.silent.eq(second[1]),
            bank.margin.refused.eq(second[2]),
            bank.margin.value.eq(second[3:]),
        ]
