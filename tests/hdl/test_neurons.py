"""Neurons of a lane against the specified arithmetic, while arrivals and sweeps overlap."""

import random

import numpy as np
import pytest
from stream_tools import simulate

from firstspike.hdl.cores.neurons import NeuronRows
from firstspike.hdl.cores.operation import Action
from firstspike.hdl.plan import CorePlan
from firstspike.testing import random_network

REST, NOTHING = {"action": Action.REST}, {"valid": 0}


def lane_of(seed, sweep):
    network = random_network(np.random.default_rng(seed), sizes=[12, 10], ticks=12, weight_bits=4)
    return CorePlan.from_network(network, lanes=2, sweep=sweep).layers[0]


def script(layer, rng, ticks, period):
    """Draw arrivals and sweeps by cycle, as close together as the bank may issue them.

    Every synapse is used at most once, as the width proof wants it.
    """
    lane = layer.lanes[0]
    synapses = list(zip(lane.places.tolist(), lane.weights.tolist(), strict=True))
    rng.shuffle(synapses)
    ops = {row: {"action": Action.CLEAR, "row": row} for row in range(layer.rows)}
    arrivals, per_tick = {}, []
    now, swept = layer.rows + 1, -period
    for tick in range(ticks):
        count = min(len(synapses), rng.randrange(8))
        chosen = sorted(synapses[:count]) if rng.random() < 0.5 else synapses[:count]
        del synapses[:count]
        for place, weight in chosen:  # sorted: the same neuron several times in a row
            row, column = divmod(place, layer.columns)
            arrivals[now] = {
                "valid": 1,
                "buffer": tick % 2,
                "row": row,
                "column": column,
                "weight": weight,
            }
            now += 1 + (rng.random() < 0.2)
        per_tick.append(chosen)
        swept = max(now + 1, swept + period)
        for row in range(layer.rows):
            last = row == layer.rows - 1
            ops[swept + row] = {
                "action": Action.SWEEP,
                "row": row,
                "last": last,
                "buffer": tick % 2,
            }
        now = swept
    return arrivals, ops, per_tick


def expected(layer, per_tick):
    """What rows report: (row, fired mask, margins)."""
    program, lane = layer.program, layer.lanes[0]
    half = 1 << (program.shift - 1)
    places = layer.rows * layer.columns
    u, i, fired, reports = [0] * places, [0] * places, [False] * places, []
    for chosen in per_tick:
        for place, weight in chosen:
            i[place] += weight << program.guard
        for row in range(layer.rows):
            mask, margins = 0, []
            for column in range(layer.columns):
                j = row * layer.columns + column
                u[j] = (program.decay_mem * u[j] + program.drive * i[j] + half) >> program.shift
                i[j] = (program.decay_syn * i[j] + half) >> program.shift
                margins.append(u[j] - int(lane.thresholds[j]))
                if margins[-1] >= 0 and not fired[j]:
                    fired[j] = True
                    mask |= 1 << column
            # A neuron that has fired is never read again: its margin means nothing.
            known = [
                m if mask >> c & 1 or not fired[row * layer.columns + c] else None
                for c, m in enumerate(margins)
            ]
            reports.append((row, mask, known))
    return reports


def run(layer, arrivals, ops):
    dut = NeuronRows(layer, layer.lanes[0])
    reports = []

    async def testbench(ctx):
        for cycle in range(max(ops) + 10):
            ctx.set(dut.op, ops.get(cycle, REST))
            ctx.set(dut.arrival, arrivals.get(cycle, NOTHING))
            _, _, report = await ctx.tick().sample(dut.report)
            if report.valid:
                margins = [report.margins[column] for column in range(layer.columns)]
                reports.append((report.row, int(report.fired), margins))

    simulate(dut, testbench)
    return reports


def agree(got, wanted):
    return len(got) == len(wanted) and all(
        one[:2] == other[:2]
        and all(a == b for a, b in zip(one[2], other[2], strict=True) if b is not None)
        for one, other in zip(got, wanted, strict=True)
    )


@pytest.mark.parametrize("sweep", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", range(3))
def test_any_sequence_of_operations(seed, sweep):
    layer = lane_of(seed, sweep)
    arrivals, ops, per_tick = script(layer, random.Random(seed), 10, layer.period)
    assert agree(run(layer, arrivals, ops), expected(layer, per_tick))


def test_sweeps_that_follow_each_other_faster_would_be_wrong():
    wrong = 0
    for seed in range(6):
        layer = lane_of(seed, 5)  # one row: the next sweep hits it at once
        arrivals, ops, per_tick = script(layer, random.Random(seed), 10, layer.period - 1)
        wrong += not agree(run(layer, arrivals, ops), expected(layer, per_tick))
    assert wrong
