"""Two-phase layers that leave out the rows in which no neuron will fire."""

import inspect
from dataclasses import replace

import numpy as np
import pytest
import reference_integer
from stream_tools import put_all, simulate, take

from firstspike import Potential, RampProgram, TableProgram, TwoPhase
from firstspike.errors import DomainError
from firstspike.hdl.cores import roster, window_neurons, window_sweeper
from firstspike.hdl.cores.core import Core
from firstspike.hdl.cores.tokens import Kind
from firstspike.hdl.cycles import planned_cycles
from firstspike.hdl.plan import CorePlan
from firstspike.integer_network.core_shape import CoreShape, LayerShape
from firstspike.integer_network.cycles import predict_cycles
from firstspike.testing import random_network, random_samples

PROGRAMS = {"ramp": RampProgram, "table": TableProgram}


def drawn(program="ramp", sizes=(6, 12, 3), seed=0, samples=3):
    """Return a network in whose first layer some rows of a sample fire, and some do not."""
    rng = np.random.default_rng(seed)
    options = {"program": PROGRAMS[program], "schedule": TwoPhase, "readout": Potential}
    while True:
        network = random_network(rng, **options, sizes=sizes, ticks=6)
        batch = random_samples(rng, network, samples)
        share = network.simulate(batch, threads=1).counters.spikes[:, 0].mean() / sizes[1]
        if 0.2 < share < 0.5:
            return network, batch


def skipping(plan, *, skips=True):
    """Return a plan whose first layer leaves out rows, or does not."""
    first, *others = plan.layers
    return replace(plan, layers=(replace(first, skips=skips), *others))


def run(plan, network, batch):
    """Return verdicts and cycles of a simulated core."""
    dut = Core(plan)
    found = []

    async def testbench(ctx):
        ctx.set(dut.spikes.ready, 1)
        for sample in range(batch.n_samples):
            ticks, sources = batch.sample(sample)
            told = []
            for tick in range(network.ticks):
                told += [{"kind": Kind.SPIKE, "addr": n} for n in sources[ticks == tick].tolist()]
                told.append({"kind": Kind.TICK, "addr": 0})
            await put_all(ctx, dut.i, [*told, {"kind": Kind.END, "addr": 0}])
            got = await take(ctx, dut.o)
            found.append((got.neuron, got.margin, got.silent, ctx.get(dut.cycles)))

    simulate(dut, testbench)
    return found


def wanted(plan, network, batch):
    """Return the same from the reference and the cycle model."""
    layers = reference_integer.read(network)
    cycles = planned_cycles(network, plan, batch, early_exit=False)
    found = []
    for sample, count in enumerate(cycles.tolist()):
        inputs = [list(map(int, pair)) for pair in zip(*batch.sample(sample), strict=True)]
        want = reference_integer.run(layers, network.ticks, inputs, early_exit=False)
        found.append((want.decision, want.margin, want.silent, count))
    return found


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(("lanes", "sweep"), [(2, 1), (1, 2)])
def test_nothing_but_time_changes(program, lanes, sweep):
    network, batch = drawn(program)
    plan = CorePlan.from_network(network, lanes=lanes, sweep=sweep)
    found = []
    for skips in (True, False):
        made = skipping(plan, skips=skips)
        found.append(run(made, network, batch))
        assert found[-1] == wanted(made, network, batch)
    assert [one[:3] for one in found[0]] == [one[:3] for one in found[1]]
    if sweep == 1:
        assert sum(one[3] for one in found[0]) < sum(one[3] for one in found[1])


@pytest.mark.parametrize(
    ("module", "name", "right", "wrong"),
    [
        (window_neurons, "WindowNeurons", "in columns).all()", "in columns).any()"),
        (roster, "Roster", "self.count.eq(follows + 1),", ""),
        (window_sweeper, "WindowSweeper", "rows - 1 + layer.settling)", "rows - 1)"),
    ],
    ids=["rows with any silent neuron", "all but one", "too early"],
)
def test_one_row_too_many_is_noticed(module, name, right, wrong, monkeypatch):
    network, batch = drawn()
    plan = skipping(CorePlan.from_network(network, lanes=1, sweep=2))
    source = inspect.getsource(module)
    assert source.count(right) == 1
    mutant = {"__name__": "mutant"}
    exec(source.replace(right, wrong), mutant)
    for user in ("lane.WindowNeurons", "window_sweeper.Roster", "walker.WindowSweeper"):
        if user.endswith(f".{name}"):
            monkeypatch.setattr(f"firstspike.hdl.cores.{user}", mutant[name])
    found, right_ones = run(plan, network, batch), wanted(plan, network, batch)
    assert [one[:2] for one in found] != [one[:2] for one in right_ones]


def test_rows_are_left_out_where_it_pays():
    network, _ = drawn(sizes=(6, 24, 24, 3))
    for lanes, sweep, banks, skips in [
        (2, 1, "list", [True, True, False]),
        (3, 1, "list", [False, False, False]),  # eight rows
        ([4, 1, 1], [1, 2, 1], "list", [False, True, False]),
        (1, 3, "list", [False, False, False]),
        (2, None, "dense", [True, True, False]),  # two columns
        (3, None, "dense", [False, False, False]),
    ]:
        plan = CorePlan.from_network(network, lanes=lanes, sweep=sweep, banks=banks)
        assert [layer.skips for layer in plan.layers] == skips
    plan = CorePlan.from_network(network, lanes=1)
    assert [layer.columns for layer in plan.layers] == [1, 1, 1]


def test_a_layer_that_cannot_skip_is_refused():
    network, batch = drawn()
    layer = LayerShape(lanes=1, columns=1, stages=1, skips=True)
    with pytest.raises(DomainError, match="skips of layer 1 is rows that are left out"):
        predict_cycles(network, batch, CoreShape((layer, layer), queue_depth=33))
