"""The synapse bank: which operations a token becomes, and how long that takes."""

import itertools
import random

import numpy as np
import pytest
from stream_tools import Pauses, put_all, simulate

from firstspike.hdl.cores.operation import Action
from firstspike.hdl.cores.synapses import SynapseBank
from firstspike.hdl.cores.tokens import Kind
from firstspike.hdl.plan import CorePlan
from firstspike.testing import random_network

TICK, END = {"kind": Kind.TICK, "addr": 0}, {"kind": Kind.END, "addr": 0}


@pytest.fixture(scope="module", params=[0.3, 1.0])
def plan(request):
    rng = np.random.default_rng(1)
    network = random_network(rng, sizes=[9, 11], ticks=8, weight_bits=4, density=request.param)
    return CorePlan.from_network(network, lanes=2, sweep=2)


def spike(source):
    return {"kind": Kind.SPIKE, "addr": source}


def arrivals(layer, lane, token, buffer):
    """What a spike brings to the neurons."""
    source = token["addr"]
    start = int(lane.lengths[:source].sum())
    return [
        (*divmod(int(lane.places[at]), layer.columns), int(lane.weights[at]), buffer)
        for at in range(start, start + int(lane.lengths[source]))
    ]


def sweeps(layer, tokens):
    """What the ends of ticks and of the sample become, in the order of the tokens."""
    told, buffer = [], 0
    for token in tokens:
        if token is TICK:
            told += [("sweep", row, row == layer.rows - 1, buffer) for row in range(layer.rows)]
            buffer ^= 1
        elif token is END:
            told.append(("end",))
    return told


def seen(op):
    if op.action == Action.SWEEP:
        return ("sweep", op.row, bool(op.last), op.buffer)
    return ("end",) if op.action == Action.END else None


def watch(dut, added, swept):
    """Record arrivals and operations but those that clear, each with its cycle."""

    async def testbench(ctx):
        cycle = 0
        while True:
            _, _, arrival, op = await ctx.tick().sample(dut.arrival, dut.op)
            if arrival.valid:
                what = (arrival.row, arrival.column, arrival.weight, arrival.buffer)
                added.append((cycle, what))
            if seen(op):
                swept.append((cycle, seen(op)))
            cycle += 1

    return testbench


def draw(layer, rng):
    tokens = []
    for _ in range(6):
        tokens += map(spike, rng.sample(range(layer.n_sources), rng.randrange(6)))
        tokens.append(TICK)
    return [*tokens, END]


@pytest.mark.parametrize("share", [0.0, 0.6])
def test_tokens_become_arrivals_and_sweeps_in_order(plan, share):
    layer, lane = plan.layers[0], plan.layers[0].lanes[1]
    tokens = draw(layer, random.Random(3))
    dut, added, swept = SynapseBank(layer, lane), [], []

    async def producer(ctx):
        await put_all(ctx, dut.i, tokens, Pauses(5, share))
        await ctx.tick().repeat(20)

    simulate(dut, producer, background=[watch(dut, added, swept)])
    expected, buffer = [], 0
    for token in tokens:
        if token is TICK:
            buffer ^= 1
        elif token is not END:
            expected += arrivals(layer, lane, token, buffer)
    assert [what for _, what in added] == expected
    assert [what for _, what in swept] == sweeps(layer, tokens)
    starts = [cycle for cycle, what in swept if what[:2] == ("sweep", 0)]
    assert all(later - one >= layer.period for one, later in itertools.pairwise(starts))


def test_a_busy_bank_issues_without_gaps(plan):
    layer, lane = plan.layers[0], plan.layers[0].lanes[0]
    tokens = [*map(spike, random.Random(4).sample(range(layer.n_sources), 7)), END]
    dut, added, swept = SynapseBank(layer, lane), [], []

    async def producer(ctx):
        await ctx.tick().until(~dut.clearing)
        await put_all(ctx, dut.i, tokens)
        await ctx.tick().repeat(20)

    simulate(dut, producer, background=[watch(dut, added, swept)])
    lengths = [len(arrivals(layer, lane, token, 0)) for token in tokens[:-1]]
    assert lengths[0], "the first token must be seen for this count"
    work = sum(max(1, length) for length in lengths)
    # A sweep comes one cycle later than an arrival would.
    assert swept[0][0] - added[0][0] == work + 1


def test_a_tick_before_the_first_arrival_is_not_swept():
    rng = np.random.default_rng(1)
    network = random_network(rng, sizes=[9, 11, 2], ticks=8, weight_bits=4, density=1.0)
    for layer in CorePlan.from_network(network, lanes=2, sweep=2).layers:
        dut, skipped, swept = SynapseBank(layer, layer.lanes[0]), [], []

        async def producer(ctx, dut=dut):
            await put_all(ctx, dut.i, [TICK, TICK, spike(0), TICK, TICK, END])
            await ctx.tick().repeat(20)

        async def observer(ctx, dut=dut, skipped=skipped, swept=swept):
            while True:
                _, _, op = await ctx.tick().sample(dut.op)
                skipped += [op.last] * (op.action == Action.SKIP)
                swept += [op.last] * (op.action == Action.SWEEP)

        simulate(dut, producer, background=[observer])
        # In the last layer every sweep may name the neuron closest to its threshold.
        assert skipped == ([] if layer.last else [1, 1])
        assert sum(swept) == (4 if layer.last else 2)
