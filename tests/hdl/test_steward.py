"""Whether the image is valid after commands that a reset interrupts."""

import numpy as np
import pytest
from amaranth.hdl import Module, ResetInserter, Signal
from amaranth.sim import Simulator

from firstspike.hdl.cores.steward import Command, Steward
from firstspike.hdl.plan import CorePlan
from firstspike.testing import random_network

PLAN = CorePlan.from_network(random_network(np.random.default_rng(0), sizes=[4, 3], ticks=8))


@pytest.mark.parametrize("loaded", [False, True])
@pytest.mark.parametrize("interrupted", [False, True])
def test_only_a_whole_walk_leaves_a_valid_image(interrupted, loaded):
    m, reset, steward = Module(), Signal(), Steward(PLAN)
    m.submodules.steward = ResetInserter(reset)(steward)

    async def give(ctx, op):
        ctx.set(steward.commands.payload, {"op": op, "layer": 0, "lane": 0, "value": 1})
        ctx.set(steward.commands.valid, 1)
        await ctx.tick().until(steward.commands.ready)
        ctx.set(steward.commands.valid, 0)

    async def prune(ctx, stop):
        await give(ctx, Command.PRUNE)
        await ctx.tick().repeat(5)
        assert not ctx.get(steward.image_valid)
        ctx.set(reset, stop)
        await ctx.tick()
        ctx.set(reset, 0)
        while ctx.get(steward.wants):
            await ctx.tick()

    async def run(ctx):
        ctx.set(steward.idle, 1)
        ctx.set(steward.responses.ready, 1)
        if loaded:
            await give(ctx, Command.READ_SEGMENT)
            await give(ctx, Command.LOAD)
        await prune(ctx, interrupted)
        assert ctx.get(steward.image_valid) == (not interrupted)
        await prune(ctx, False)
        assert ctx.get(steward.image_valid) == (not interrupted)
        await give(ctx, Command.READ_SEGMENT)
        await give(ctx, Command.LOAD)
        await prune(ctx, False)
        assert ctx.get(steward.image_valid)

    simulator = Simulator(m)
    simulator.add_clock(1e-8)
    simulator.add_testbench(run)
    simulator.run()
