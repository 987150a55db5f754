"""Commands: what is loaded counts as what was there from the start, and nothing wrong is done."""

from dataclasses import replace

import numpy as np
import pytest
from amaranth.hdl import Const, ResetInserter, Signal, Value
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from stream_tools import put_all, simulate, take

from firstspike import (
    Causal,
    ConstThreshold,
    Dense,
    FirstSpike,
    LifProgram,
    RampProgram,
    StepProgram,
    TableProgram,
    TwoPhase,
)
from firstspike.errors import DomainError
from firstspike.hdl.build.images import core_images
from firstspike.hdl.cores.core import Core
from firstspike.hdl.cores.steward import COLUMN_AT, Command
from firstspike.hdl.cores.steward import command as COMMAND
from firstspike.hdl.cores.tokens import Kind
from firstspike.hdl.plan import CorePlan
from firstspike.hdl.room import loadable_images, with_room
from firstspike.testing import random_network, random_samples

TICK, END = {"kind": Kind.TICK, "addr": 0}, {"kind": Kind.END, "addr": 0}

PROGRAMS = {
    "step": (StepProgram, Causal, "list"),
    "ramp": (RampProgram, Causal, "list"),
    "lif": (LifProgram, Causal, ("dense", "list")),
    "two-phase ramp": (RampProgram, TwoPhase, "list"),
    "two-phase table": (TableProgram, TwoPhase, ("list", "dense")),
}


def retrained(network, rng):
    """Draw another network of the same shape; thresholds of two-phase layers stay."""
    layers = []
    for layer in network.layers:
        most = 2 ** (layer.weight_bits - 1) - 1
        weights = rng.integers(-most // 3, most + 1, (layer.n_sources, layer.n_targets))
        changed = {"connectivity": Dense(weights.astype(np.int8))}
        if isinstance(layer.threshold, ConstThreshold):
            thetas = layer.threshold.values * rng.uniform(0.4, 1.2, layer.n_targets)
            changed["threshold"] = ConstThreshold(np.maximum(1, thetas).astype(np.int64))
        else:
            low = int(layer.bias.min())
            changed["bias"] = rng.integers(low, int(layer.bias.max()) + 1, layer.n_targets)
        layers.append(replace(layer, **changed))
    return replace(network, layers=tuple(layers))


def roomy(program, schedule, banks, seed=3):
    options = {"program": program, "schedule": schedule, "readout": FirstSpike}
    rng = np.random.default_rng(seed)
    network = random_network(rng, sizes=[3, 5, 3], ticks=7, weight_bits=4, **options)
    plan = CorePlan.from_network(network, lanes=2, banks=banks)
    return network, with_room(network, plan), retrained(network, rng)


def tokens(network, sample):
    ticks, sources = sample
    told = []
    for tick in range(network.ticks):
        told += [{"kind": Kind.SPIKE, "addr": s} for s in sources[ticks == tick].tolist()]
        told.append(TICK)
    return [*told, END]


async def command(ctx, dut, op, layer=0, lane=0, value=0):
    bits = {"op": Const.cast(op).value, "layer": layer, "lane": lane, "value": value}
    word = sum(bits[name] << field.offset for name, field in COMMAND)  # whatever `op` is
    ctx.set(Value.cast(dut.commands.payload), word)
    ctx.set(dut.commands.valid, 1)
    await ctx.tick().until(dut.commands.ready)
    ctx.set(dut.commands.valid, 0)
    return await take(ctx, dut.responses)


async def load(ctx, dut, plan, image):
    """Write one memory; return whether anything was denied."""
    layer, kind = plan.layers[image.layer], image.memory.rstrip("0123456789")
    number = int(image.memory.removeprefix(kind) or 0)
    op, lane, first, count = {
        "segments": (Command.READ_SEGMENT, image.lane, 0, layer.n_sources),
        "synapses": (Command.READ_SYNAPSE, image.lane, 0, layer.capacity),
        "weights": (Command.READ_SYNAPSE, number, 0, layer.capacity),
        "thresholds": (Command.READ_NEURON, image.lane, number << COLUMN_AT, layer.rows),
        "biases": (Command.READ_NEURON, image.lane, number << COLUMN_AT, layer.rows),
    }[kind]
    await command(ctx, dut, op, image.layer, lane, first)
    denied = ctx.get(dut.denied)
    for word in image.words[:count]:
        await command(ctx, dut, Command.LOAD, value=word)
        denied |= ctx.get(dut.denied)
    return denied


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_loaded_image_is_as_good_as_an_initial_one(name):
    network, plan, other = roomy(*PROGRAMS[name])
    images = loadable_images(plan, other)
    old = {image.name: image for image in core_images(plan)}
    own = [image for image in images if image.memory[:4] in ("thre", "bias")]
    assert own
    assert any(image.words != old[image.name].words for image in own)
    batch = random_samples(np.random.default_rng(1), network, 6)
    want = other.simulate(batch, threads=1)
    before = network.simulate(batch, threads=1)
    told = [(r.decisions.tolist(), r.ticks.tolist(), r.margins.tolist()) for r in (want, before)]
    assert told[0] != told[1]
    dut = Core(plan)

    async def testbench(ctx):
        ctx.set(dut.spikes.ready, 1)
        ctx.set(dut.early_exit, 1)
        for image in images:
            assert not await load(ctx, dut, plan, image)
        assert not ctx.get(dut.image_valid)
        assert await command(ctx, dut, Command.PRUNE) == 0
        assert ctx.get(dut.image_valid)
        assert ctx.get(dut.live) == plan.stored(other).n_synapses
        for sample in range(batch.n_samples):
            await put_all(ctx, dut.i, tokens(other, batch.sample(sample)))
            got = await take(ctx, dut.o)
            expected = (want.decisions[sample], want.ticks[sample], want.margins[sample])
            assert (got.neuron, got.tick, got.margin) == expected, sample
            assert (got.tie, got.silent) == (want.ties[sample], want.silent[sample])

    simulate(dut, testbench)


def test_what_a_core_cannot_compute_is_refused():
    network, plan, other = roomy(StepProgram, Causal, "list")
    tight = CorePlan.from_network(network, lanes=2)
    with pytest.raises(DomainError, match="loadable=True"):
        loadable_images(
            replace(tight, layers=(replace(tight.layers[0], arrival_bits=2), *tight.layers[1:])),
            other,
        )
    with pytest.raises(DomainError, match="expected 3 sources"):
        loadable_images(plan, replace(other, layers=other.layers[:1]))
    ramp = [replace(layer, program=RampProgram()) for layer in other.layers]
    with pytest.raises(DomainError, match="has program"):
        loadable_images(plan, replace(other, layers=tuple(ramp)))


def test_after_lock_nothing_changes_until_reset():
    network, plan, _ = roomy(LifProgram, Causal, "list")
    core = Core(plan)
    core_reset = Signal()
    dut = ResetInserter(core_reset)(core)

    async def testbench(ctx):
        assert not ctx.get(core.locked)
        word = await command(ctx, core, Command.READ_SYNAPSE)
        await command(ctx, core, Command.LOCK)
        assert ctx.get(core.locked)
        assert not ctx.get(core.denied)
        for op in (Command.PRUNE, Command.LOAD):
            assert await command(ctx, core, op, value=0xFF) == 0
            assert ctx.get(core.denied)
        assert await command(ctx, core, Command.READ_SYNAPSE) == word
        assert not ctx.get(core.denied)
        assert ctx.get(core.image_valid)
        assert ctx.get(core.live) == network.n_synapses
        ctx.set(core_reset, 1)
        await ctx.tick()
        ctx.set(core_reset, 0)
        assert not ctx.get(core.locked)
        assert await command(ctx, core, Command.PRUNE, value=0xFF) > 0
        assert not ctx.get(core.denied)

    simulate(dut, testbench)


COMMANDS = st.lists(
    st.tuples(
        st.sampled_from(range(8)),
        st.one_of(st.integers(0, 3), st.integers(0, 63)),
        st.one_of(st.integers(0, 3), st.integers(0, 255)),
        st.one_of(st.integers(0, 20), st.integers(0, 2**32 - 1)),
    ),
    max_size=25,
)


def exists(plan, named):
    """Whether there is the word that a READ names."""
    op, index, lane, value = named
    if index >= len(plan.layers):
        return False
    layer = plan.layers[index]
    dense = layer.bank.name == "dense"
    row, column = value % (1 << COLUMN_AT), value >> COLUMN_AT
    return {
        1: not dense and lane < len(layer.lanes) and value < layer.n_sources,
        2: lane < (1 if dense else len(layer.lanes)) and value < layer.capacity,
        4: lane < len(layer.lanes) and row < layer.rows and column < layer.columns,
    }.get(op, False)


@given(COMMANDS)
@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_wrong_commands_are_denied_and_never_hang(commands):
    network, plan, _ = roomy(StepProgram, Causal, ("dense", "list"))
    dut = Core(plan)
    sample = random_samples(np.random.default_rng(1), network, 1).sample(0)

    async def testbench(ctx):
        named, locked, loaded = (0, 0, 0, 0), False, False
        ctx.set(dut.spikes.ready, 1)
        for given_command in commands:
            op, layer, lane, value = given_command
            denied = locked if op in (0, 3) else op > 5
            if op in (1, 2, 4):
                named = given_command
                denied = not exists(plan, named)
            elif op == 0:
                denied |= layer >= len(plan.layers)
                loaded &= denied
            elif op == 3 and not locked:
                denied = not exists(plan, named)
                loaded |= not denied
                named = (*named[:3], named[3] + (not denied))
            locked |= op == 5
            response = await command(ctx, dut, op, layer, lane, value)
            assert ctx.get(dut.denied) == denied
            assert not (denied and response)
            assert ctx.get(dut.locked) == locked
            assert ctx.get(dut.image_valid) == (not loaded)
        await put_all(ctx, dut.i, tokens(network, sample))
        assert (await take(ctx, dut.o)).refused == loaded

    simulate(dut, testbench)
