"""Many networks on one compiled core: reference = Rust = RTL, before and after pruning.

A compiled core depends on sizes, layout and neuron constants only, so one compilation serves all
networks of a family: what differs between them is loaded into its memories.
"""

import functools
import shutil
from dataclasses import dataclass, replace

import numpy as np
import pytest
import reference_integer
from random_cores import KINDS, variant, with_room_for_all

from firstspike import (
    Causal,
    Dense,
    FirstSpike,
    IntegerNetwork,
    LifProgram,
    RampProgram,
    StepProgram,
    SynapseLists,
    TableProgram,
    TwoPhase,
    prune,
)
from firstspike.errors import WidthError
from firstspike.hdl.build.images import BANK_MEMORIES, core_images
from firstspike.hdl.build.netlist import core_rtlil, modules
from firstspike.hdl.cores.synapses import segment, segment_words, synapse_words
from firstspike.hdl.cosim.compare import Expectation
from firstspike.hdl.cosim.library import compile_core
from firstspike.hdl.cosim.model import CompiledCore, Stalls
from firstspike.hdl.cosim.pruning import pruned_images
from firstspike.hdl.cosim.readback import read_back
from firstspike.hdl.plan import CorePlan
from firstspike.testing import random_network, random_samples

pytestmark = pytest.mark.skipif(
    not any(map(shutil.which, ("c++", "g++", "clang++"))),
    reason="no C++ compiler: install one, or pip install firstspike[cosim]",
)

MEMBERS, SAMPLES = 30, 8

#: program, schedule, sizes, ticks, weight bits, lanes, sweep; banks, if they are not all lists
SHAPES = {
    "one neuron": (LifProgram, Causal, [1, 1], 5, 2, 8, None),
    "uneven lanes": (LifProgram, Causal, [9, 11, 5], 10, 4, 4, 2),
    "one lane, one column": (LifProgram, Causal, [6, 5, 3], 9, 8, 1, 1),
    "three layouts": (LifProgram, Causal, [5, 8, 6, 4], 12, 5, (2, 3, 4), (3, 1, 2)),
    "one row": (LifProgram, Causal, [12, 10], 8, 6, 5, 4),
    "step": (StepProgram, Causal, [7, 9, 4], 9, 4, (2, 3), (2, 1)),
    "causal ramp": (RampProgram, Causal, [7, 9, 4], 9, 4, (2, 3), (2, 1)),
    "two-phase ramp": (RampProgram, TwoPhase, [7, 9, 5], 7, 4, (2, 3), (2, 1)),
    "two-phase table": (TableProgram, TwoPhase, [7, 9, 5], 7, 4, (2, 3), (2, 1)),
    "dense": (LifProgram, Causal, [9, 11, 5], 10, 4, (4, 3), None, "dense"),
    "dense, one row in parts": (LifProgram, Causal, [12, 14], 8, 6, 16, None, "dense"),
    "dense step, list": (StepProgram, Causal, [7, 9, 4], 9, 4, (4, 3), None, ("dense", "list")),
    "list, dense ramp": (RampProgram, Causal, [7, 9, 4], 9, 4, (2, 3), None, ("list", "dense")),
    "dense ramps, two phases": (RampProgram, TwoPhase, [7, 9, 3], 7, 4, (4, 3), None, "dense"),
    "dense two-phase table": (TableProgram, TwoPhase, [7, 9, 5], 7, 4, (2, 5), None, "dense"),
    "wide lif": (LifProgram, Causal, [9, 18], 8, 4, 18, None, "dense"),
    "wide ramps, two phases": (RampProgram, TwoPhase, [7, 34, 3], 7, 4, (17, 3), None, "dense"),
}
#: Of so many sources, some always makes an output fire.
NEVER_SILENT = {"wide ramps, two phases"}


def family(shape, seed):
    program, schedule, sizes, ticks, bits, lanes, sweep, *given = SHAPES[shape]
    banks = given[0] if given else "list"
    options = {"program": program, "schedule": schedule, "readout": FirstSpike}
    rng = np.random.default_rng(seed)
    while True:
        base = random_network(rng, sizes=sizes, ticks=ticks, weight_bits=bits, **options)
        run = base.simulate(random_samples(rng, base, 50), threads=1)
        if run.silent_rate < 0.5 and (run.tie_rate > 0.05 or base.n_outputs == 1):
            break
    members = []
    while len(members) < MEMBERS:
        kind = KINDS[len(members) % 3]
        try:
            members.append(variant(base, rng, kind))
        except WidthError:
            continue
    # The default number of columns follows from the widths, which differ: take the first one's.
    first = CorePlan.from_network(members[0], lanes=lanes, sweep=sweep, banks=banks)
    layout = {"lanes": lanes, "sweep": [layer.columns for layer in first.layers], "banks": banks}
    plans = [CorePlan.from_network(member, **layout) for member in members]
    return members, [with_room_for_all(plan, plans) for plan in plans]


@dataclass(frozen=True)
class Compiled:
    members: list[IntegerNetwork]
    plans: list[CorePlan]
    library: object


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRSTSPIKE_CACHE", str(tmp_path_factory.mktemp("cache")))

        @functools.cache
        def build(shape):
            members, plans = family(shape, seed=len(shape))
            texts = [core_rtlil(plan) for plan in (plans[0], plans[-1])]
            # What the core counts its synapses from is all that may differ.
            lanes = [{n: t for n, t in modules(x).items() if n.startswith("layer")} for x in texts]
            assert lanes[0] == lanes[1], "the logic must not depend on the weights"
            return Compiled(members, plans, compile_core(texts[0], plans[0]))

        yield build


def check(core, network, plan, batch, *, stalls=None):
    for early_exit in (True, False):
        expected = Expectation.of(network, plan, batch, early_exit=early_exit, threads=1)
        got = core.run(batch, early_exit=early_exit)
        assert [str(found) for found in expected.compare(got)] == []
        if stalls:
            paused = core.run(batch, early_exit=early_exit, stalls=stalls, stop_at_verdict=False)
            assert [str(found) for found in expected.compare(paused, timed=False)] == []
            assert paused.total_cycles > got.total_cycles


@pytest.mark.parametrize("shape", SHAPES)
def test_rtl_equals_rust_before_and_after_pruning(compiled, shape):
    made = compiled(shape)
    rng = np.random.default_rng(7)
    seen = {"silent": 0, "tie": 0, "dropped": 0}
    for index, (network, plan) in enumerate(zip(made.members, made.plans, strict=True)):
        batch = random_samples(rng, network, SAMPLES)
        with CompiledCore(made.library, plan, core_images(plan)) as core:
            check(core, network, plan, batch, stalls=Stalls(percent=40, seed=index))
            threshold = int(rng.integers(0, 2 ** (network.layers[0].weight_bits - 1)))
            stored = plan.stored(network)
            pruned = prune(stored, threshold=threshold)
            for layer in range(len(plan.layers)):
                gone = stored.layers[layer].n_synapses - pruned.layers[layer].n_synapses
                assert core.prune(layer, threshold) == gone
                seen["dropped"] += gone
            check(core, pruned, plan, batch)
            run = network.simulate(batch)
            seen["silent"] += run.silent.sum()
            seen["tie"] += run.ties.sum()
    assert seen["silent"] or shape in NEVER_SILENT
    assert seen["dropped"]
    assert seen["tie"] or made.members[0].n_outputs == 1


@pytest.mark.parametrize("shape", SHAPES)
def test_rtl_equals_the_reference(compiled, shape):
    made = compiled(shape)
    rng = np.random.default_rng(8)
    for network, plan in list(zip(made.members, made.plans, strict=True))[:6]:
        batch = random_samples(rng, network, SAMPLES)
        layers = reference_integer.read(network)
        with CompiledCore(made.library, plan, core_images(plan)) as core:
            got = core.run(batch, early_exit=False)
        for sample in range(SAMPLES):
            inputs = [tuple(map(int, pair)) for pair in zip(*batch.sample(sample), strict=True)]
            want = reference_integer.run(layers, network.ticks, inputs, early_exit=False)
            verdict = {name: int(values[sample]) for name, values in got.verdicts.items()}
            assert verdict == {
                "neuron": want.decision,
                "tick": want.tick,
                "margin": want.margin,
                "tie": want.tie,
                "silent": want.silent,
                "refused": 0,
            }
            mine = got.spikes["sample"] == sample
            spikes = [got.spikes[name][mine].tolist() for name in ("tick", "neuron", "margin")]
            assert sorted(zip(*spikes, strict=True)) == sorted(want.spikes[-1])


FLOORED = ["uneven lanes", "two-phase ramp", "step", "dense", "dense ramps, two phases"]


@pytest.mark.parametrize("shape", FLOORED)
def test_every_neuron_keeps_its_floor(compiled, shape):
    made = compiled(shape)
    rng = np.random.default_rng(11)
    held = 0
    for network, plan in list(zip(made.members, made.plans, strict=True))[:8]:
        threshold, floor = int(rng.integers(1, 8)), int(rng.integers(1, 7))
        network = plan.stored(network)
        expected = pruned_by_the_reference(network, threshold, floor)
        with CompiledCore(made.library, plan, core_images(plan)) as core:
            for index, layer in enumerate(network.layers):
                gone = layer.n_synapses - expected.layers[index].n_synapses
                assert core.prune(index, threshold, floor) == gone
                held += gone < (np.abs(layer.connectivity.weights) < threshold).sum()
            assert read_back(core, network) == expected
            check(core, expected, plan, random_samples(rng, network, SAMPLES))
            # Counted afresh, the same command leaves what it has left.
            assert core.prune(0, threshold, floor) == 0
    assert held, "some floor must matter"


@pytest.mark.parametrize("shape", ["uneven lanes", "dense"])
def test_loaded_contents_are_as_good_as_initial_ones(compiled, shape):
    made = compiled(shape)
    network, plan = made.members[0], made.plans[0]
    other, others = made.members[4], made.plans[4]
    mixed = replace(  # thresholds stay as they are
        network,
        layers=[
            replace(layer, connectivity=given.connectivity)
            for layer, given in zip(network.layers, other.layers, strict=True)
        ],
    )
    batch = random_samples(np.random.default_rng(3), network, SAMPLES)
    with CompiledCore(made.library, plan, core_images(plan)) as core:
        core.prune(0, 3)
        images = [im for im in core_images(others) if im.memory.rstrip("01") in BANK_MEMORIES]
        for image in images:
            core.load(image)
        for image in images:
            assert core.memory(image.name, len(image.words)).tolist() == list(image.words)
        status = core.status()
        assert (status["image_valid"], status["live"]) == (0, plan.stored(other).n_synapses)
        assert core.run(batch).verdicts["refused"].all()
        core.reset()
        assert not core.status()["image_valid"]
        assert core.prune(0, 0) == 0
        assert core.status()["image_valid"]
        check(core, mixed, plan, batch)


def pruned_by_the_reference(network, threshold, floor):
    layers = []
    for layer, numbers in zip(network.layers, reference_integer.read(network), strict=True):
        kept = reference_integer.prune(numbers.synapses, threshold, floor)
        segments = [kept.get(source, []) for source in range(layer.n_sources)]
        lists = SynapseLists(
            layer.n_targets,
            np.cumsum([0, *map(len, segments)]),
            np.array([t for own in segments for t, _ in own], np.uint32),
            np.array([w for own in segments for _, w in own], np.int8),
        )
        layers.append(replace(layer, connectivity=lists))
    return replace(network, layers=layers)


def test_a_core_with_masked_weights_equals_a_pruned_one(compiled):
    made = compiled("uneven lanes")
    rng = np.random.default_rng(9)
    for network, plan in list(zip(made.members, made.plans, strict=True))[:6]:
        batch = random_samples(rng, network, SAMPLES)
        masked_layers = []
        for layer in network.layers:
            weights = layer.connectivity.to_dense().weights
            kept = np.where(np.abs(weights) >= 3, weights, 0).astype(np.int8)
            masked_layers.append(replace(layer, connectivity=Dense(kept)))
        columns = [layer.columns for layer in plan.layers]
        masked = CorePlan.from_network(
            replace(network, layers=masked_layers),
            lanes=[len(layer.lanes) for layer in plan.layers],
            sweep=columns,
        )
        masked = with_room_for_all(masked, made.plans)
        with CompiledCore(made.library, masked, core_images(masked)) as core:
            one = core.run(batch, early_exit=False)
        with CompiledCore(made.library, plan, core_images(plan)) as core:
            for layer in range(len(plan.layers)):
                core.prune(layer, 3)
            other = core.run(batch, early_exit=False)
        for name, values in one.verdicts.items():
            assert np.array_equal(values, other.verdicts[name])
        spikes = [
            sorted(zip(*(run.spikes[f].tolist() for f in sorted(run.spikes)), strict=True))
            for run in (one, other)
        ]
        assert spikes[0] == spikes[1]


def test_a_dense_bank_writes_zeros_and_keeps_its_time(compiled):
    made = compiled("dense")
    network, plan = made.members[0], made.plans[0]
    batch = random_samples(np.random.default_rng(5), network, SAMPLES)
    with CompiledCore(made.library, plan, core_images(plan)) as core:
        before = core.run(batch, early_exit=False)
        for index in range(len(plan.layers)):
            core.prune(index, 4)
        after = core.run(batch, early_exit=False)
        assert read_back(core, network).layers == prune(network, threshold=4).layers
        for image in pruned_images(plan, [4] * len(plan.layers)):
            assert core.memory(image.name, len(image.words)).tolist() == list(image.words)
    busy = [int(run.counters[:, 1].sum()) for run in (before, after)]
    assert busy[1] < busy[0], "fewer synapses are added"
    assert core.plan.layers[0].capacity == 9 * 3, "11 neurons in 3 rows, for each of 9 sources"


def test_the_memories_read_back_by_command_are_those_of_the_pruned_network(compiled):
    made = compiled("uneven lanes")
    network, plan = made.members[0], made.plans[0]
    pruned = prune(network, threshold=2)
    meant = CorePlan.from_network(
        pruned,
        lanes=[len(layer.lanes) for layer in plan.layers],
        sweep=[layer.columns for layer in plan.layers],
    )
    with CompiledCore(made.library, plan, core_images(plan)) as core:
        for index, layer in enumerate(plan.layers):
            layout = segment(layer)
            for lane in layer.lanes:
                assert core.segments(index, lane.index) == segment_words(layer, lane)
                assert core.synapses(index, lane.index) == synapse_words(layer, lane)
            core.prune(index, 2)
            for lane, target in zip(layer.lanes, meant.layers[index].lanes, strict=True):
                words, got = core.synapses(index, lane.index), []
                for entry in core.segments(index, lane.index):
                    base = entry >> layout["base"].offset
                    length = entry & ((1 << layout["length"].width) - 1)
                    got += words[base : base + length]
                expected = synapse_words(replace(layer, lanes=meant.layers[index].lanes), target)
                assert got == expected[: target.n_synapses]
        status = core.status()
    assert (status["live"], status["image_valid"]) == (pruned.n_synapses, 1)
    assert status["pruned"] == network.n_synapses - pruned.n_synapses
