"""Which rows a two-phase lane compares in its second window, for any rows that fire."""

from dataclasses import replace

import pytest
from amaranth.hdl import Cat, Mux, Signal
from formal_memories import lying
from formal_tools import Bench, check, needs_formal

from firstspike import (
    Dense,
    IntegerLayer,
    IntegerNetwork,
    RampProgram,
    RampThreshold,
    TwoPhase,
)
from firstspike.hdl.cores import window_neurons, window_sweeper
from firstspike.hdl.cores.falling import Falling
from firstspike.hdl.cores.operation import Action, operation
from firstspike.hdl.cores.roster import Roster
from firstspike.hdl.cores.window_neurons import WindowNeurons
from firstspike.hdl.cores.window_sweeper import WindowSweeper
from firstspike.hdl.plan import CorePlan

pytestmark = [pytest.mark.slow, needs_formal]

#: Cycles in which three ticks have been heard, and all rows may have fired in three others.
DEPTH = 48


def planned(sweep):
    layers = [
        IntegerLayer(
            connectivity=Dense([[1] * targets] * sources),
            program=RampProgram(),
            threshold=RampThreshold(1),
            schedule=TwoPhase(),
        )
        for sources, targets in ((1, 3), (3, 1))
    ]
    network = IntegerNetwork(layers=layers, ticks=3, tick_seconds=1e-3)
    layer = CorePlan.from_network(network, lanes=1, sweep=sweep).layers[0]
    # Membranes are arbitrary here, also where weights could not bring them.
    return replace(layer, skips=True, margin_bits=layer.margin_bits + 2)


@pytest.fixture
def layer():
    return planned(1)


def surroundings(layer):
    """Return a sweeper that is told of three ticks whenever it is free, and of arbitrary rows.

    A row is told as its neurons would tell it, so many cycles after it was compared.
    """
    m = Bench()
    m.submodules.dut = dut = WindowSweeper(layer, layer.window)
    lives, ticks = m.constant("lives", layer.rows), Signal(range(layer.ticks + 1))
    m.d.comb += [
        dut.tick.eq(m.any("tick") & dut.free & (ticks != layer.ticks)),
        dut.quiet.eq(m.any("quiet")),
    ]
    m.d.sync += ticks.eq(ticks + dut.tick)
    op, first = dut.op, Signal(init=1)
    for stage in range(layer.stages + 2):
        later = Signal(operation(layer), name=f"op{stage}")
        m.d.sync += later.eq(op)
        op = later
    fires = op.action == Action.FIRE
    with m.module.If(fires & op.last):
        m.d.sync += first.eq(0)
    m.d.sync += [
        dut.lively.valid.eq(fires & first & lives.bit_select(op.row, 1)),
        dut.lively.row.eq(op.row),
    ]
    return m, dut, lives


@pytest.mark.parametrize("mutant", ["none", "one too few", "too early"])
def test_every_sweep_but_the_first_is_of_the_rows_that_fire(tmp_path, layer, mutant, monkeypatch):
    if mutant == "one too few":
        few = lying(Roster, count=lambda m, honest: Mux(honest.count > 1, honest.count - 1, 1))
        monkeypatch.setattr(window_sweeper, "Roster", few)
    if mutant == "too early":
        monkeypatch.setattr("firstspike.hdl.plan.SETTLES", 3)
    m, dut, lives = surroundings(layer)
    row, sweeps = m.constant("row", range(layer.rows)), Signal(2)
    m.given(row < layer.rows)
    fires = dut.op.action == Action.FIRE
    hit, seen, before, begun = Signal(), Signal(), Signal.like(dut.op.row), Signal()
    m.d.comb += hit.eq(fires & (dut.op.row == row))
    with m.module.If(fires):
        m.d.sync += [seen.eq(seen | hit), before.eq(dut.op.row), begun.eq(1)]
        with m.module.If(dut.op.last):
            m.d.sync += [seen.eq(0), begun.eq(0), sweeps.eq(sweeps + 1)]
    m.always(~fires | ~begun | (dut.op.row > before))
    wanted = (sweeps == 0) | lives.bit_select(row, 1)
    m.always(~(fires & dut.op.last) | ((seen | hit) == wanted) | ((sweeps != 0) & (lives == 0)))
    m.always(~(fires & (sweeps != 0) & (lives == 0)) | dut.op.last)
    m.always(~dut.free | (sweeps != 0) | ~fires)
    verdict = check(m, tmp_path, mode="bmc", depth=DEPTH, engine="boolector")
    assert verdict == ("PASS" if mutant == "none" else "FAIL")


@pytest.mark.parametrize("lively", [0, 2, 3])
def test_all_sweeps_come_to_an_end(tmp_path, layer, lively):
    m, dut, lives = surroundings(layer)
    sweeps = Signal(2)
    with m.module.If((dut.op.action == Action.FIRE) & dut.op.last):
        m.d.sync += sweeps.eq(sweeps + 1)
    m.reached((sweeps == layer.ticks) & dut.free & (sum(Cat(lives)) == lively))
    assert check(m, tmp_path, mode="cover", depth=DEPTH, engine="boolector") == "PASS"


def compared(layer):
    """Return neurons with arbitrary membranes, compared in all ticks; what they told; the end."""
    m = Bench()
    m.submodules.dut = dut = WindowNeurons(layer, layer.lanes[0])
    cycle = Signal(range(16))
    with m.module.If(cycle != 15):
        m.d.sync += cycle.eq(cycle + 1)
    with m.module.If(cycle < layer.ticks):
        m.d.comb += [dut.op.action.eq(Action.FIRE), dut.op.last.eq(1)]
    lively, fired = Signal(), Signal()
    with m.module.If(dut.lively.valid):
        m.d.sync += lively.eq(1)
    with m.module.If(dut.report.valid & dut.report.fired.any()):
        m.d.sync += fired.eq(1)
    return m, lively, fired, cycle == 15


@pytest.mark.parametrize("mutant", [False, True], ids=["true", "mutant"])
def test_a_row_is_lively_exactly_if_a_neuron_of_it_fires(tmp_path, mutant, monkeypatch):
    if mutant:
        above = lying(Falling, above=lambda m, honest: Mux(honest.first, 2, honest.above))
        monkeypatch.setattr(window_neurons, "Falling", above)
    m, lively, fired, done = compared(planned(3))
    m.always(~done | (lively == fired))
    verdict = check(m, tmp_path, mode="bmc", depth=18, engine="boolector", blank=True)
    assert verdict == ("FAIL" if mutant else "PASS")


@pytest.mark.parametrize("fires", [False, True])
def test_rows_fire_and_do_not(tmp_path, fires):
    m, _, fired, done = compared(planned(3))
    m.reached(done & (fired == fires))
    verdict = check(m, tmp_path, mode="cover", depth=18, engine="boolector", blank=True)
    assert verdict == "PASS"
