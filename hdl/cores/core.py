"""The whole core: gate, layers, decision, steward, counters."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from firstspike.hdl.cores.decision import Decision, output_spike, verdict
from firstspike.hdl.cores.gate import Gate
from firstspike.hdl.cores.layer import Layer
from firstspike.hdl.cores.steward import Steward, command
from firstspike.hdl.cores.tally import Tally
from firstspike.hdl.cores.tokens import token
from firstspike.hdl.plan import CorePlan

__all__ = ["Core", "core_signature"]


def core_signature(plan: CorePlan) -> wiring.Signature:
    """Return the signature of a core; see `Core` for its members."""
    counters = ("inferences", "cycles", "added", "skipped", "live", "pruned")
    return wiring.Signature(
        {
            "i": In(stream.Signature(token(plan.n_sources))),
            "o": Out(stream.Signature(verdict(plan))),
            "spikes": Out(stream.Signature(output_spike(plan))),
            "commands": In(stream.Signature(command)),
            "responses": Out(stream.Signature(32)),
            "early_exit": In(1),
            "busy": Out(1),
            "denied": Out(1),
            "locked": Out(1),
            "image_valid": Out(1),
            "stray": Out(1),
        }
        | {name: Out(32) for name in counters}
    )


class Core(wiring.Component):
    """A time-to-first-spike network in hardware.

    Tokens of one sample go in: the spikes of tick 0, TICK, the spikes of tick 1, TICK, ..., END.
    One verdict comes out. The next sample is let in when the first layer has handed END on and
    cleared its neurons, while the layers behind it still work on the one before.

    Parameters
    ----------
    plan : CorePlan
        What to build.

    Members
    -------
    i : In(stream.Signature(token(n_sources)))
        Samples.
    o : Out(stream.Signature(verdict(plan)))
        One verdict per sample.
    spikes : Out(stream.Signature(output_spike(plan)))
        Every spike of the last layer up to the verdict. Must be taken; tie ``ready`` high to
        ignore them.
    commands : In(stream.Signature(command))
        Pruning and inspection, while no sample is in the core.
    responses : Out(stream.Signature(32))
        One response per command.
    early_exit : In(1)
        Stop at the deciding tick. Must not change while a sample is under way.
    busy : Out(1)
        A sample or a command is under way.
    denied : Out(1)
        The latest command has been denied; see `Steward`.
    locked : Out(1)
        Nothing but a reset makes PRUNE and LOAD possible again.
    image_valid : Out(1)
        The synapse memories are whole; otherwise samples are refused.
    stray : Out(1)
        A spike of a source that does not exist has been dropped since reset.
    inferences : Out(32)
        Verdicts since reset.
    cycles : Out(32)
        Cycles of the last sample that has a verdict, from the first token accepted to the verdict.
    added : Out(32)
        Synapses added in that sample, up to its verdict.
    skipped : Out(32)
        Tokens of that sample that were dropped because they could not change the verdict.
    live, pruned : Out(32)
        Synapses left, and dropped since they were configured or loaded.
    """

    def __init__(self, plan: CorePlan) -> None:
        if not isinstance(plan, CorePlan):
            msg = f"plan must be a CorePlan, not {plan!r}"
            raise TypeError(msg)
        self._plan = plan
        super().__init__(core_signature(plan))

    @property
    def plan(self) -> CorePlan:
        """What the core is built from."""
        return self._plan

    def elaborate(self, platform: object) -> Module:
        """Connect the parts and count."""
        m = Module()
        plan = self._plan
        m.submodules.gate = gate = Gate(plan)
        m.submodules.decision = decision = Decision(plan)
        m.submodules.steward = steward = Steward(plan)
        connect(m, flipped(self.i), gate.i)
        connect(m, decision.o, flipped(self.o))
        connect(m, decision.spikes, flipped(self.spikes))
        connect(m, flipped(self.commands), steward.commands)
        connect(m, steward.responses, flipped(self.responses))

        layers = [Layer(layer) for layer in plan.layers]
        previous = gate.o
        for index, layer in enumerate(layers):
            m.submodules[f"layer{index}"] = layer
            connect(m, previous, layer.i)
            connect(m, steward.upkeep[index], layer.upkeep)
            m.d.comb += [
                layer.lane.eq(steward.lane),
                layer.decides.eq(decision.decides),
                layer.done.eq(decision.done),
            ]
            previous = layer.o
        connect(m, previous, decision.i)

        # Samples without a verdict, one digit for each; a third one never starts.
        some, full = Signal(), Signal()
        m.d.sync += [
            some.eq(gate.starts | full | (some & ~decision.done)),
            full.eq(~decision.done & (full | (some & gate.starts))),
        ]
        rest, enters = Signal(), Signal()
        m.d.comb += [
            # A sample without a verdict has its END in some layer, and that one is shut.
            rest.eq(gate.resting & ~decision.o.valid & ~Cat(layer.shut for layer in layers).any()),
            enters.eq(gate.resting & ~full & ~layers[0].shut),
            # While there are two samples, a verdict is not on the one that is coming in.
            gate.done.eq(decision.done & ~full),
            decision.refuse.eq(gate.refuse),
            decision.early_exit.eq(self.early_exit),
            self.busy.eq(~rest | steward.wants),
            self.denied.eq(steward.denied),
            self.locked.eq(steward.locked),
            self.image_valid.eq(steward.image_valid),
            self.live.eq(steward.live),
            self.pruned.eq(steward.pruned),
        ]
        # A command shuts the gate first, and is carried out when no sample has slipped in. A sample
        # that is refused waits for all verdicts before it, for it has one at once.
        m.d.sync += [
            gate.open.eq(steward.image_valid & enters & ~steward.wants),
            gate.refuses.eq(~steward.image_valid & rest & ~steward.wants),
            steward.idle.eq(rest & ~gate.open & ~gate.refuses & steward.wants),
        ]
        m.submodules.tally = tally = Tally(plan)
        m.d.comb += [
            tally.starts.eq(gate.starts),
            tally.skips.eq(gate.skips),
            tally.decides.eq(decision.decides),
            tally.done.eq(decision.done),
            tally.undecided.eq(Cat(some & ~full, full)),
            *(
                getattr(self, name).eq(getattr(tally, name))
                for name in ("inferences", "cycles", "added", "skipped")
            ),
        ]
        for index, layer in enumerate(layers):
            m.d.comb += [
                tally.adds[index].eq(layer.added),
                tally.ahead[index].eq(layer.ahead != 0),
            ]
        strayed = Signal()  # wide counters are far from the gate
        m.d.sync += strayed.eq(gate.stray)
        with m.If(strayed):
            m.d.sync += self.stray.eq(1)
        return m
