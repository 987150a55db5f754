"""The whole core in Amaranth's own simulator: against the reference, and at its edges."""

import numpy as np
import pytest
import reference_integer
from amaranth.hdl import ResetInserter, Signal
from stream_tools import Pauses, put, put_all, simulate, take

from firstspike import FirstSpike, Potential, RampProgram, TwoPhase, prune
from firstspike.hdl import predict_stream
from firstspike.hdl.cores.core import Core
from firstspike.hdl.cores.steward import Command
from firstspike.hdl.cores.tokens import Kind
from firstspike.hdl.plan import CorePlan
from firstspike.testing import random_network, random_samples

TICK, END = {"kind": Kind.TICK, "addr": 0}, {"kind": Kind.END, "addr": 0}


def spike(source):
    return {"kind": Kind.SPIKE, "addr": source}


def tokens(network, sample):
    ticks, sources = sample
    told = []
    for tick in range(network.ticks):
        told += [spike(source) for source in sources[ticks == tick].tolist()]
        told.append(TICK)
    return [*told, END]


def small(seed=0, sizes=(5, 6, 3), lanes=2, banks="list", **options):
    network = random_network(np.random.default_rng(seed), sizes=list(sizes), ticks=7, **options)
    return network, CorePlan.from_network(network, lanes=lanes, banks=banks)


async def verdict_of(ctx, dut, told):
    """Run one sample on a core at rest; the producer says everything there is to say."""
    ctx.set(dut.spikes.ready, 1)
    await put_all(ctx, dut.i, told)
    return await take(ctx, dut.o)


async def command(ctx, dut, op, layer=0, lane=0, value=0):
    await put(ctx, dut.commands, {"op": op, "layer": layer, "lane": lane, "value": value})
    return await take(ctx, dut.responses)


async def reset(ctx, dut):
    ctx.set(dut.reset, 1)
    await ctx.tick()
    ctx.set(dut.reset, 0)
    await ctx.tick()


@pytest.mark.parametrize("early_exit", [True, False])
@pytest.mark.parametrize(
    ("seed", "sizes", "lanes", "share", "banks"),
    [
        (1, (5, 6, 3), 2, 0.0, "list"),
        (2, (5, 6, 3), 3, 0.4, "list"),
        (3, (1, 1), 8, 0.0, "list"),
        (4, (4, 3, 2, 4), 1, 0.5, "list"),
        (5, (5, 6, 3), 4, 0.0, "dense"),
        (6, (5, 7, 3), 3, 0.4, ("dense", "list")),
    ],
)
def test_equal_to_the_reference(seed, sizes, lanes, share, banks, early_exit):
    network, plan = small(seed, sizes, lanes, banks)
    batch = random_samples(np.random.default_rng(seed), network, 8)
    dut = Core(plan)
    verdicts, cycles, observed, starts = [], [], [[]], []

    async def producer(ctx):
        ctx.set(dut.early_exit, early_exit)
        pause = Pauses(1, share)
        for sample in range(batch.n_samples):
            await put_all(ctx, dut.i, tokens(network, batch.sample(sample)), pause)

    async def consumer(ctx):
        pause = Pauses(2, share)
        for _ in range(batch.n_samples):
            verdicts.append(await take(ctx, dut.o, pause))
            cycles.append(ctx.get(dut.cycles))
            observed.append([])

    async def observer(ctx):
        pause = Pauses(3, share)
        while True:
            seen = await take(ctx, dut.spikes, pause)
            observed[-1].append((seen.tick, seen.neuron, seen.margin))

    async def clock(ctx):
        now, first = 0, True
        async for *_, moves, kind in ctx.tick().sample(dut.i.valid & dut.i.ready, dut.i.p.kind):
            if moves and first:
                starts.append(now)
            if moves:
                first = kind == Kind.END
            now += 1

    simulate(dut, producer, consumer, background=[observer, clock])
    layers = reference_integer.read(network)
    for sample, got in enumerate(verdicts):
        inputs = [list(map(int, pair)) for pair in zip(*batch.sample(sample), strict=True)]
        want = reference_integer.run(layers, network.ticks, inputs, early_exit=early_exit)
        assert (got.neuron, got.tick, got.margin) == (want.decision, want.tick, want.margin)
        assert (got.tie, got.silent, got.refused) == (want.tie, want.silent, 0)
        assert sorted(observed[sample]) == sorted(want.spikes[-1])
    if not share:
        predicted = predict_stream(network, batch, lanes=lanes, banks=banks, early_exit=early_exit)
        assert cycles == predicted.cycles.tolist()
        assert [start - starts[0] for start in starts] == predicted.starts.tolist()


TWO_PHASE = {"program": RampProgram, "schedule": TwoPhase}


def test_two_samples_are_in_flight_and_keep_their_order_and_their_counters():
    network, plan = small(3, (5, 6, 4, 3), **TWO_PHASE)
    batch = random_samples(np.random.default_rng(2), network, 6)
    run = network.simulate(batch, early_exit=False)
    dut = Core(plan)
    most = 0

    async def producer(ctx):
        ctx.set(dut.spikes.ready, 1)
        for sample in range(batch.n_samples):
            told = tokens(network, batch.sample(sample))
            # What comes after the last tick is dropped, and counted where it belongs.
            await put_all(ctx, dut.i, [*told[:-1], *[spike(0)] * sample, END])

    async def consumer(ctx):
        for sample in range(batch.n_samples):
            # Long enough for the next sample to come to a halt.
            await ctx.tick().until(dut.o.valid)
            await ctx.tick().repeat(300)
            got = await take(ctx, dut.o)
            assert (got.neuron, got.tick, got.margin) == (
                run.decisions[sample],
                run.ticks[sample],
                run.margins[sample],
            )
            assert ctx.get(dut.added) == run.counters.synaptic_adds[sample].sum()
            assert ctx.get(dut.skipped) == sample
            assert ctx.get(dut.inferences) == sample + 1

    async def watcher(ctx):
        nonlocal most
        started = given = 0
        first, was_given = True, False
        async for *_, moves, kind, told in ctx.tick().sample(
            dut.i.valid & dut.i.ready, dut.i.p.kind, dut.o.valid
        ):
            started += int(moves and first)
            if moves:
                first = kind == Kind.END
            given += int(told and not was_given)
            was_given = told
            most = max(most, started - given)

    simulate(dut, producer, consumer, background=[watcher])
    assert most == 2


def test_a_command_waits_for_both_samples_and_the_next_one_for_the_command():
    network, plan = small(3, (5, 6, 4, 3), **TWO_PHASE)
    batch = random_samples(np.random.default_rng(2), network, 3)
    run = network.simulate(batch, early_exit=False)
    pruned = prune(network, threshold=2).simulate(batch, early_exit=False)
    dut = Core(plan)
    events = []

    async def producer(ctx):
        ctx.set(dut.spikes.ready, 1)
        for sample in range(3):
            await put_all(ctx, dut.i, tokens(network, batch.sample(sample)))

    async def commander(ctx):
        await ctx.tick().until(dut.i.valid & dut.i.ready & (dut.i.p.kind == Kind.END))
        await ctx.tick().until(dut.i.valid & dut.i.ready)  # of the second sample
        for layer in range(3):
            await command(ctx, dut, Command.PRUNE, layer=layer, value=2)
            events.append(f"layer {layer}")

    async def consumer(ctx):
        for sample, want in enumerate((run, run, pruned)):
            got = await take(ctx, dut.o)
            events.append(f"sample {sample}")
            assert (got.neuron, got.tick, got.margin) == (
                want.decisions[sample],
                want.ticks[sample],
                want.margins[sample],
            )

    simulate(dut, producer, commander, consumer)
    assert events == ["sample 0", "sample 1", "layer 0", "layer 1", "layer 2", "sample 2"]


def test_what_comes_after_the_verdict_is_swallowed():
    network, plan = small()
    dut = Core(plan)
    told = tokens(network, random_samples(np.random.default_rng(0), network, 2).sample(1))

    async def testbench(ctx):
        ctx.set(dut.early_exit, 1)
        first = await verdict_of(ctx, dut, told)
        # Far more ticks than the network has, and spikes behind them.
        second = await verdict_of(ctx, dut, [*told[:-1], TICK, spike(0), TICK, spike(1), END])
        assert ctx.get(dut.skipped) >= 4
        third = await verdict_of(ctx, dut, told)
        for other in (second, third):
            assert other == first
        assert ctx.get(dut.inferences) == 3
        assert not ctx.get(dut.stray)

    simulate(dut, testbench)


def test_a_sample_may_end_early_or_be_empty():
    network, plan = small()
    dut = Core(plan)

    async def testbench(ctx):
        nothing = await verdict_of(ctx, dut, [END])
        assert (nothing.silent, nothing.neuron, nothing.tick, nothing.margin) == (1, 0, 0, 0)
        short = await verdict_of(ctx, dut, [TICK, TICK, END])
        assert (short.silent, short.tick) == (1, 1)
        largest = max(-theta for theta in network.layers[-1].threshold.values.tolist())
        assert short.margin == largest  # nothing has come in: U = 0

    simulate(dut, testbench)


@pytest.mark.parametrize("readout", [FirstSpike, Potential])
def test_a_two_phase_sample_that_ends_early_has_ticks_without_spikes(readout):
    network, plan = small(seed=7, program=RampProgram, schedule=TwoPhase, readout=readout)
    batch = random_samples(np.random.default_rng(1), network, 12)
    dut = Core(plan)

    async def testbench(ctx):
        silent = 0
        for sample in range(batch.n_samples):
            ticks, sources = batch.sample(sample)
            cut = int(ticks.max(initial=0)) + 1
            whole = await verdict_of(ctx, dut, tokens(network, (ticks, sources)))
            told = tokens(network, (ticks, sources))
            at = [index for index, one in enumerate(told) if one is TICK][cut - 1]
            short = await verdict_of(ctx, dut, [*told[: at + 1], END])
            assert short == whole
            silent += whole.silent
        nothing = await verdict_of(ctx, dut, [END])
        empty = await verdict_of(ctx, dut, tokens(network, batch.sample(0)))
        assert nothing == empty
        assert 0 < silent < batch.n_samples

    simulate(dut, testbench)


def test_sources_that_do_not_exist_are_dropped_and_flagged():
    network, plan = small()  # 5 sources, so addresses 5, 6, 7 can be said
    dut = Core(plan)
    told = tokens(network, random_samples(np.random.default_rng(0), network, 2).sample(1))

    async def testbench(ctx):
        first = await verdict_of(ctx, dut, told)
        assert not ctx.get(dut.stray)
        second = await verdict_of(ctx, dut, [spike(7), told[0], spike(5), *told[1:]])
        assert second == first
        assert ctx.get(dut.stray)

    simulate(dut, testbench)


class Resettable(Core):
    """A core whose reset a testbench can pull."""

    def __init__(self, plan):
        super().__init__(plan)
        self.reset = Signal()

    def elaborate(self, platform):
        return ResetInserter(self.reset)(super().elaborate(platform))


def test_a_reset_in_the_middle_of_pruning_invalidates_the_image():
    network, plan = small(density=1.0)
    dut = Resettable(plan)
    told = tokens(network, random_samples(np.random.default_rng(0), network, 2).sample(1))

    async def testbench(ctx):
        assert not (await verdict_of(ctx, dut, told)).refused
        await put(ctx, dut.commands, {"op": Command.PRUNE, "layer": 0, "lane": 0, "value": 2})
        await ctx.tick().repeat(9)
        assert not ctx.get(dut.image_valid)
        await reset(ctx, dut)
        assert not ctx.get(dut.image_valid)
        for _ in range(2):
            assert (await verdict_of(ctx, dut, told)).refused
        assert not ctx.get(dut.image_valid)

    simulate(dut, testbench)


def test_a_reset_after_pruning_keeps_a_whole_image():
    network, plan = small(density=1.0)
    dut = Resettable(plan)
    told = tokens(network, random_samples(np.random.default_rng(0), network, 2).sample(1))
    small_weights = int((np.abs(network.layers[0].connectivity.weights) < 2).sum())

    async def testbench(ctx):
        assert await command(ctx, dut, Command.PRUNE, layer=0, value=2) == small_weights
        before = await verdict_of(ctx, dut, told)
        await reset(ctx, dut)
        assert ctx.get(dut.image_valid)
        assert ctx.get(dut.pruned) == small_weights
        assert ctx.get(dut.live) == network.n_synapses - small_weights
        assert await verdict_of(ctx, dut, told) == before
        assert ctx.get(dut.inferences) == 1  # this one does not outlive a reset

    simulate(dut, testbench)


def test_commands_for_what_does_not_exist_do_nothing():
    network, plan = small()
    dut = Core(plan)

    async def testbench(ctx):
        assert await command(ctx, dut, Command.PRUNE, layer=60, value=255) == 0
        assert await command(ctx, dut, Command.READ_SYNAPSE, layer=60, value=1) == 0
        assert ctx.get(dut.live) == network.n_synapses
        assert ctx.get(dut.image_valid)

    simulate(dut, testbench)


def test_only_a_plan_makes_a_core():
    class Unused(Core):
        _MustUse__silence = True  # Amaranth warns of components that are never elaborated

    with pytest.raises(TypeError, match="must be a CorePlan, not 3"):
        Unused(3)
