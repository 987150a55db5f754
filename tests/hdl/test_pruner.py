"""Pruning by command: which words are left, what is answered, and how long it takes."""

import itertools

import numpy as np
import pytest
from stream_tools import simulate

from firstspike.hdl.cores.core import Core
from firstspike.hdl.cores.steward import Command
from firstspike.hdl.cosim.pruning import dropped, pruned_images
from firstspike.hdl.cycles import pruning_cycles
from firstspike.hdl.plan import CorePlan
from firstspike.testing import random_network

#: From accepting a command to its response, but for the walk.
COMMAND = 4
BANKS = {"lists": "list", "dense": "dense", "mixed": ("list", "dense")}


def plan_of(banks, lanes=2, **options):
    """Lay out a random network in which no synapse has a weight of zero."""
    network = random_network(np.random.default_rng(1), ticks=8, **options)
    plan = CorePlan.from_network(network, lanes=lanes, banks=banks)
    return CorePlan.from_network(plan.stored(network), lanes=lanes, banks=banks)


async def command(ctx, dut, op, layer=0, lane=0, value=0):
    """Give a command; return its response, and the cycles it took."""
    fields = {"op": op, "layer": layer, "lane": lane, "value": value}
    ctx.set(dut.commands.payload, fields)
    ctx.set(dut.commands.valid, 1)
    await ctx.tick().until(dut.commands.ready)
    ctx.set(dut.commands.valid, 0)
    ctx.set(dut.responses.ready, 1)
    cycles = 1
    while not ctx.get(dut.responses.valid):
        await ctx.tick()
        cycles += 1
    response = ctx.get(dut.responses.payload)
    await ctx.tick()
    return response, cycles


def pruned(plan, thresholds, floors):
    """Prune every layer of a core; return responses, cycles, counters, and words that differ."""
    dut, told, wrong = Core(plan), [], []

    async def testbench(ctx):
        for layer, (threshold, floor) in enumerate(zip(thresholds, floors, strict=True)):
            told.append(await command(ctx, dut, Command.PRUNE, layer, 0, threshold | floor << 16))
        for image in pruned_images(plan, thresholds, floors):
            kind = image.memory.rstrip("0123456789")
            op = Command.READ_SEGMENT if kind == "segments" else Command.READ_SYNAPSE
            lane = int(image.memory.removeprefix(kind) or image.lane)
            layer = plan.layers[image.layer]
            words = layer.n_sources if kind == "segments" else layer.capacity
            for at, word in enumerate(image.words[:words]):
                found, _ = await command(ctx, dut, op, image.layer, lane, at)
                wrong.extend([(image.name, at, found, word)] * (found != word))
        told.append((ctx.get(dut.live), ctx.get(dut.pruned), ctx.get(dut.image_valid)))

    simulate(dut, testbench)
    return told, wrong


@pytest.mark.parametrize("banks", BANKS)
@pytest.mark.parametrize("threshold", [0, 3, 9])
def test_what_is_small_goes_and_the_walk_takes_as_long_as_it_says(banks, threshold):
    plan = plan_of(BANKS[banks], sizes=[4, 7, 3], weight_bits=4, density=0.7)
    expected = dropped(plan, [threshold, 2])
    told, wrong = pruned(plan, [threshold, 2], [0, 0])
    assert not wrong
    assert [response for response, _ in told[:-1]] == expected
    assert [cycles - COMMAND for _, cycles in told[:-1]] == [
        pruning_cycles(layer) for layer in plan.layers
    ]
    assert told[-1] == (plan.n_synapses - sum(expected), sum(expected), 1)


@pytest.mark.parametrize("banks", BANKS)
@pytest.mark.parametrize(("threshold", "floor"), [(5, 1), (9, 2), (200, 65535)])
def test_every_neuron_keeps_the_floor(banks, threshold, floor):
    plan = plan_of(BANKS[banks], sizes=[4, 7, 3], weight_bits=4, density=0.8)
    expected = dropped(plan, [threshold] * 2, [floor] * 2)
    assert any(expected) == (floor < 4)
    told, wrong = pruned(plan, [threshold] * 2, [floor] * 2)
    assert not wrong
    assert [response for response, _ in told[:-1]] == expected
    for (_, cycles), layer in zip(told, plan.layers, strict=False):
        walk = pruning_cycles(layer)
        most = pruning_cycles(layer, floored=True)
        assert walk < cycles - COMMAND <= most
        if floor > 4:  # nobody has more, so everybody is only counted
            assert 2 * (cycles - COMMAND) == most


def test_layers_of_different_shapes_share_the_walk():
    for bits, banks in itertools.product((2, 8), ("list", "dense")):
        plan = plan_of(banks, [9, 1, 2], sizes=[3, 9, 1, 4], weight_bits=bits)
        thresholds, floors = [1 << bits - 2, 1, 255], [1, 0, 0]
        told, wrong = pruned(plan, thresholds, floors)
        assert not wrong
        assert [response for response, _ in told[:-1]] == dropped(plan, thresholds, floors)
