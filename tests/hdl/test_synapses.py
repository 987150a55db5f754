"""The synapse bank: which operations a token becomes, how long that takes, pruning in place."""

import random

import numpy as np
import pytest
from stream_tools import Pauses, put_all, simulate

from firstspike.hdl.cores.operation import DRAIN, Action
from firstspike.hdl.cores.synapses import SynapseBank
from firstspike.hdl.cores.tokens import Kind
from firstspike.hdl.cosim.pruning import pruned_images
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


def operations(layer, lane, token):
    """What a token becomes, by way of `seen`."""
    if token is TICK:
        last = layer.rows - 1
        return [("sweep", row, row == last) for row in range(layer.rows)]
    if token is END:
        return [("end",)]
    source = token["addr"]
    start = int(lane.lengths[:source].sum())
    slots = range(start, start + int(lane.lengths[source]))
    return [
        ("add", *divmod(int(lane.places[at]), layer.columns), int(lane.weights[at])) for at in slots
    ]


def seen(op):
    if op.action == Action.ADD:
        return ("add", op.row, op.column, op.weight)
    if op.action == Action.SWEEP:
        return ("sweep", op.row, bool(op.last))
    return ("end",) if op.action == Action.END else None


def watch(dut, got):
    """Record every operation but those that clear, with its cycle."""

    async def testbench(ctx):
        cycle = 0
        while True:
            _, _, op = await ctx.tick().sample(dut.op)
            if op.action != Action.CLEAR and seen(op):
                got.append((cycle, seen(op)))
            cycle += 1

    return testbench


def draw(layer, rng):
    tokens = []
    for _ in range(6):
        tokens += map(spike, rng.sample(range(layer.n_sources), rng.randrange(6)))
        tokens.append(TICK)
    return [*tokens, END]


@pytest.mark.parametrize("share", [0.0, 0.6])
def test_tokens_become_operations_in_order(plan, share):
    layer, lane = plan.layers[0], plan.layers[0].lanes[1]
    tokens = draw(layer, random.Random(3))
    dut, got = SynapseBank(layer, lane), []

    async def producer(ctx):
        await put_all(ctx, dut.i, tokens, Pauses(5, share))
        await ctx.tick().repeat(20)

    simulate(dut, producer, background=[watch(dut, got)])
    expected = [op for token in tokens for op in operations(layer, lane, token)]
    assert [op for _, op in got] == expected


def test_a_busy_bank_issues_without_gaps(plan):
    layer, lane = plan.layers[0], plan.layers[0].lanes[0]
    tokens = draw(layer, random.Random(4))
    dut, got = SynapseBank(layer, lane), []

    async def producer(ctx):
        await put_all(ctx, dut.i, tokens)
        await ctx.tick().repeat(20)

    simulate(dut, producer, background=[watch(dut, got)])
    work = 0
    for token in tokens:
        rest = DRAIN if token is TICK else 0
        work += max(1, len(operations(layer, lane, token)) + rest)
    first_work = len(operations(layer, lane, tokens[0]))
    assert first_work, "the first token must be seen for this count"
    assert got[-1][0] - got[0][0] == work - 1  # END is the last cycle of work


@pytest.mark.parametrize("threshold", [0, 1, 3, 9])
def test_pruning_moves_what_stays_together(plan, threshold):
    layer, lane = plan.layers[0], plan.layers[0].lanes[0]
    images = {(image.lane, image.memory): image for image in pruned_images(plan, [threshold])}
    dut = SynapseBank(layer, lane)
    result = {"dropped": 0, "cycles": 0}

    async def testbench(ctx):
        await ctx.tick().until(~dut.clearing)
        ctx.set(dut.threshold, threshold)
        ctx.set(dut.prune, 1)
        await ctx.tick()
        ctx.set(dut.prune, 0)
        while ctx.get(dut.pruning):
            _, _, dropped = await ctx.tick().sample(dut.dropped)
            result["dropped"] += dropped
            result["cycles"] += 1
        for memory, port in (("segments", dut.segment), ("synapses", dut.synapse)):
            for at, word in enumerate(images[0, memory].words):
                ctx.set(dut.inspect, at)
                await ctx.tick()
                assert ctx.get(port) == word, (memory, at)

    simulate(dut, testbench)
    assert result["dropped"] == int((np.abs(lane.weights) < threshold).sum())
    assert result["cycles"] == int((lane.lengths + 4).sum())
