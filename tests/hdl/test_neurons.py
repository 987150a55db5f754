"""The neurons of a lane against the specification's arithmetic, whatever follows what."""

import random

import numpy as np
import pytest
from stream_tools import simulate

from firstspike.hdl.cores.neurons import NeuronRows
from firstspike.hdl.cores.operation import DRAIN, Action
from firstspike.hdl.plan import CorePlan
from firstspike.testing import random_network

REST = {"action": Action.REST}


def lane_of(seed, sweep):
    network = random_network(np.random.default_rng(seed), sizes=[12, 10], ticks=12, weight_bits=4)
    return CorePlan.from_network(network, lanes=2, sweep=sweep).layers[0]


def script(layer, rng, ticks, drain):
    """Draw operations: every synapse is used at most once, as the width proof wants it."""
    lane = layer.lanes[0]
    synapses = list(zip(lane.places.tolist(), lane.weights.tolist(), strict=True))
    rng.shuffle(synapses)
    clear = [{"action": Action.CLEAR, "row": row} for row in range(layer.rows)]
    operations = [*clear, *[REST] * DRAIN]
    for _ in range(ticks):
        count = min(len(synapses), rng.randrange(8))
        chosen = sorted(synapses[:count]) if rng.random() < 0.5 else synapses[:count]
        del synapses[:count]
        for place, weight in chosen:  # sorted: the same neuron several times in a row
            row, column = divmod(place, layer.columns)
            operations.append(
                {"action": Action.ADD, "row": row, "column": column, "weight": weight}
            )
            operations += [REST] * (rng.random() < 0.2)
        for row in range(layer.rows):
            last = row == layer.rows - 1
            operations.append({"action": Action.SWEEP, "row": row, "last": last})
        operations += [REST] * drain
    return operations


def expected(layer, operations):
    """What rows report: (row, fired mask, margins)."""
    program, lane = layer.program, layer.lanes[0]
    half = 1 << (program.shift - 1)
    places = layer.rows * layer.columns
    u, i, fired, reports = [0] * places, [0] * places, [False] * places, []
    for op in operations:
        if op["action"] == Action.ADD:
            i[op["row"] * layer.columns + op["column"]] += op["weight"] << program.guard
        elif op["action"] == Action.SWEEP:
            mask, margins = 0, []
            for column in range(layer.columns):
                j = op["row"] * layer.columns + column
                u[j] = (program.decay_mem * u[j] + program.drive * i[j] + half) >> program.shift
                i[j] = (program.decay_syn * i[j] + half) >> program.shift
                margins.append(u[j] - int(lane.thresholds[j]))
                if margins[-1] >= 0 and not fired[j]:
                    fired[j] = True
                    mask |= 1 << column
            # A neuron that has fired is never read again: its margin means nothing.
            known = [
                m if mask >> c & 1 or not fired[op["row"] * layer.columns + c] else None
                for c, m in enumerate(margins)
            ]
            reports.append((op["row"], mask, known))
    return reports


def run(layer, operations):
    dut = NeuronRows(layer, layer.lanes[0])
    reports = []

    async def testbench(ctx):
        for op in [*operations, *[REST] * 6]:
            ctx.set(dut.op, op)
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
    operations = script(layer, random.Random(seed), 10, DRAIN)
    assert agree(run(layer, operations), expected(layer, operations))


def test_a_shorter_rest_after_a_sweep_would_be_wrong():
    wrong = 0
    for seed in range(6):
        layer = lane_of(seed, 5)  # one row: the next operation hits it at once
        operations = script(layer, random.Random(seed), 10, DRAIN - 1)
        wrong += not agree(run(layer, operations), expected(layer, operations))
    assert wrong
