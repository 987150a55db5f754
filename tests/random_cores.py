"""Random networks by the thousand on few compiled cores: reference = Rust = RTL.

A compiled core depends on sizes, layout and neuron constants only, so one compilation serves all
networks of a family: what differs between them is loaded into its memories. Sixteen of them run at
a time, each in a copy of its own.

Everything is drawn from a seed, the number of the family, and the number of the network in it, so
that a failure names the one network that shows it.
"""

from dataclasses import dataclass, replace

import numpy as np
import reference_integer

from firstspike import (
    ConstThreshold,
    Dense,
    FirstSpike,
    IntegerNetwork,
    Potential,
    TwoPhase,
)
from firstspike.errors import WidthError
from firstspike.hdl import CorePlan
from firstspike.hdl.build.images import core_images
from firstspike.hdl.build.netlist import core_rtlil
from firstspike.hdl.cosim.compare import Expectation
from firstspike.hdl.cosim.library import compile_core
from firstspike.hdl.cosim.model import CompiledCore, Stalls
from firstspike.hdl.cosim.pruning import dropped, pruned_network
from firstspike.hdl.layout import can_skip
from firstspike.hdl.tb.samples import join
from firstspike.integer_network import LayerWidths, Reach
from firstspike.testing import CELLS, random_network, random_samples

KINDS = ("dense", "lists", "largest weights")
#: Samples of every network.
SAMPLES = 4
#: Largest numbers of neurons and inputs, lanes, columns, ticks and layers, save for some corners.
WIDEST, MOST_LANES, MOST_COLUMNS, LONGEST, DEEPEST = 14, 5, 4, 14, 3


@dataclass(frozen=True)
class Shape:
    """What the networks of a family have in common."""

    program: type
    schedule: type
    readout: type
    sizes: tuple[int, ...]
    ticks: int
    weight_bits: int
    lanes: tuple[int, ...]
    sweep: tuple[int, ...] | None
    banks: tuple[str, ...]

    def __str__(self):
        names = "/".join(one.__name__ for one in (self.program, self.schedule, self.readout))
        sizes = "-".join(map(str, self.sizes))
        return (
            f"{names} {sizes}, {self.ticks} ticks, {self.weight_bits} bits, "
            f"lanes {self.lanes}, sweep {self.sweep}, banks {self.banks}"
        )


@dataclass(frozen=True)
class Family:
    """Networks that differ in what a core's memories hold, with one logic for all."""

    shape: Shape
    members: list[IntegerNetwork]
    plans: list[CorePlan]

    def library(self, *, wide=True):
        """Compile the logic, in which only the number of synapses is told."""
        dense = self.plans[0].n_synapses
        equal = [plan for plan in self.plans if plan.n_synapses == dense]
        texts = {core_rtlil(plan) for plan in (equal[0], equal[-1])}
        assert len(texts) == 1, "the logic must not depend on the weights"
        return compile_core(texts.pop(), self.plans[0], wide=wide)


def draw_shape(seed, family):
    """Draw a shape; families take turns with the programs, and every third one has a corner."""
    rng = np.random.default_rng([seed, family])
    program, schedule = CELLS[family % len(CELLS)]
    sizes = rng.integers(1, WIDEST + 1, rng.integers(2, DEEPEST + 2))
    ticks = int(rng.integers(1, LONGEST + 1))
    lanes = [int(rng.integers(1, min(n, MOST_LANES) + 2)) for n in sizes[1:]]
    sweep = [int(rng.integers(1, MOST_COLUMNS + 1)) for _ in sizes[1:]]
    corner = rng.integers(0, 12)
    if corner == 0:  # one neuron each
        sizes[1:] = 1
    elif corner == 1:  # one lane, one column
        lanes, sweep = [1] * len(lanes), [1] * len(sweep)
    elif corner == 2:  # a lane per neuron, and some without
        lanes = [int(n) + 3 for n in sizes[1:]]
    elif corner == 3:  # one tick
        ticks = 1
    banks = [str(bank) for bank in rng.choice(["list", "list", "dense"], len(lanes))]
    if corner in (4, 5):  # a wide lane
        layer = int(rng.integers(0, len(lanes)))
        lanes[layer], banks[layer] = int(rng.integers(17, 40)), "dense"
        sizes[layer + 1] = rng.integers(17, 50)
    readout = Potential if schedule is TwoPhase and rng.random() < 0.5 else FirstSpike
    return Shape(
        program,
        schedule,
        readout,
        tuple(map(int, sizes)),
        ticks,
        int(rng.integers(2, 9)),
        tuple(lanes),
        None if "dense" in banks or rng.random() < 0.2 else tuple(sweep),
        tuple(banks),
    )


def draw_base(rng, shape):
    """Draw the network that the others of a family are variants of; as lively as can be found."""
    best, liveliest = None, -1.0
    for _ in range(20):
        base = random_network(
            rng,
            program=shape.program,
            schedule=shape.schedule,
            readout=shape.readout,
            sizes=shape.sizes,
            ticks=shape.ticks,
            weight_bits=shape.weight_bits,
        )
        run = base.simulate(random_samples(rng, base, 50), threads=1)
        life = min(1 - run.silent_rate, 0.5) + min(run.tie_rate, 0.05)
        if life > liveliest:
            best, liveliest = base, life
        if life > 0.54 or (base.n_outputs == 1 and life >= 0.5):
            break
    return best


def draw_family(shape, base, rngs):
    """Draw one network per generator, and lay all of them out alike."""
    members = [draw_member(base, rng, KINDS[index % 3]) for index, rng in enumerate(rngs)]
    # The default number of columns follows from the widths, which differ: take the first one's.
    layout = {"lanes": shape.lanes, "banks": shape.banks}
    first = CorePlan.from_network(members[0], **layout, sweep=shape.sweep)
    layout["sweep"] = [layer.columns for layer in first.layers]
    plans = [CorePlan.from_network(member, **layout) for member in members]
    return Family(shape, members, [with_room_for_all(plan, plans) for plan in plans])


def draw_member(base, rng, kind):
    """Draw a variant of a network; some are too wide and are drawn again."""
    while True:
        try:
            return variant(base, rng, kind)
        except WidthError:
            continue


def variant(network, rng, kind):
    """Draw another network of the same family."""
    layers = []
    for layer in network.layers:
        largest = 2 ** (layer.weight_bits - 1) - 1
        shape = (layer.n_sources, layer.n_targets)
        weights = rng.integers(-largest // 3, largest + 1, shape)
        if kind == "largest weights":
            weights = np.where(rng.random(shape) < 0.7, largest, -largest)
        dense = Dense(weights.astype(np.int8))
        if kind == "lists":
            weights = np.where(rng.random(shape) < 0.5, weights, 0)
            dense = Dense(weights.astype(np.int8)).to_lists(min_magnitude=1)
        if isinstance(layer.schedule, TwoPhase):  # thresholds are part of the logic
            bias = layer.bias + rng.integers(-9, 10, layer.n_targets)
            layers.append(replace(layer, connectivity=dense, bias=bias))
            continue
        thetas = np.maximum(1, layer.threshold.values * rng.uniform(0.2, 1.5, layer.n_targets))
        layers.append(
            replace(layer, connectivity=dense, threshold=ConstThreshold(thetas.astype(np.int64)))
        )
    return replace(network, layers=layers)


def with_room_for_all(plan, plans):
    """Return a plan whose logic fits every plan of a family."""
    layers = []
    for index, layer in enumerate(plan.layers):
        others = [other.layers[index] for other in plans]
        reaches = {
            name: [getattr(other.widths, name) for other in others]
            for name in ("current", "membrane")
        }
        widths = LayerWidths(
            **{
                name: Reach(
                    min(reach.low for reach in own),
                    max(reach.high for reach in own),
                    max(reach.bits for reach in own),
                )
                for name, own in reaches.items()
            }
        )
        room = {
            name: max(getattr(other, name) for other in others)
            for name in ("capacity", "threshold_bits", "margin_bits", "arrival_bits")
        }
        own = {"common_threshold": None, "common_bias": None}
        # So that it is seen in small layers, too, where it does not pay.
        own["skips"] = layer.rows > 1 and can_skip(layer.window, last=layer.last)
        layers.append(replace(layer, widths=widths, **own, **room))
    return replace(plan, layers=tuple(layers))


def check_family(seed, family, count, *, spoil=None):
    """Run `count` networks of a family; return what differs and how often rare things happened.

    Every network runs four samples with early exit, all ticks with random pauses, and once more
    with early exit after pruning every layer; one sample of it is also run by the reference.
    `spoil` changes the plans of the cores, to see whether anything is noticed.
    """
    shape = draw_shape(seed, family)
    base = draw_base(np.random.default_rng([seed, family, 1 << 32]), shape)
    rngs = [np.random.default_rng([seed, family, network]) for network in range(count)]
    drawn = draw_family(shape, base, rngs)
    batches = [
        random_samples(rng, net, SAMPLES) for rng, net in zip(rngs, drawn.members, strict=True)
    ]
    plans = [spoil(plan) for plan in drawn.plans] if spoil else drawn.plans
    found, seen = [], {"silent": 0, "tie": 0, "dropped": 0, "cycles": 0}
    with CompiledCore(Family(shape, drawn.members, plans).library(), plans[0], []) as core:
        for first in range(0, count, core.copies):
            chosen = range(first, min(first + core.copies, count))
            differences = check_together(core, drawn, plans, batches, chosen, seen)
            found += [
                f"seed {seed}, family {family} ({shape}), network {index}: {text}; repeat with "
                f"python benchmarks/random_networks.py --seed {seed} --family {family} "
                f"--networks {index + 1}"
                for index, text in differences
            ]
    return found, seen


def check_together(core, drawn, plans, batches, chosen, seen):
    """Run one network per copy; return a list of (number of the network, what differs)."""
    found = []
    early, whole = [], []
    for copy, index in enumerate(chosen):
        network, plan, batch = drawn.members[index], drawn.plans[index], batches[index]
        core.fill(core_images(plans[index]), copy)
        early.append(Expectation.of(network, plan, batch, early_exit=True, threads=1))
        whole.append(Expectation.of(network, plan, batch, early_exit=False, threads=1))
    core.reset()
    batch = batches[chosen[0]]
    for index in chosen[1:]:
        batch = join(batch, batches[index])
    shares = [SAMPLES * min(copy, len(chosen)) for copy in range(core.copies + 1)]

    def compare(expected, name, *, early_exit, stalls=None, streamed=False):
        got = core.run(
            batch,
            early_exit=early_exit,
            stalls=stalls,
            stop_at_verdict=not streamed,
            streamed=streamed,
            shares=shares,
        )
        seen["cycles"] += got.total_cycles
        parts = [got.part(SAMPLES * copy, SAMPLES * (copy + 1)) for copy in range(len(chosen))]
        for index, want, part in zip(chosen, expected, parts, strict=True):
            stream = want.stream(batches[index]) if streamed and not stalls else None
            differing = want.compare(part, timed=stalls is None, stream=stream)
            found.extend((index, f"{name}, {one}") for one in differing)
        return parts

    compare(early, "early exit", early_exit=True)
    compare(early, "early exit, stream", early_exit=True, streamed=True)
    compare(whole, "all ticks, stream", early_exit=False, streamed=True)
    stalls = Stalls(percent=40, seed=chosen[0])
    compare(early, "early exit with pauses", early_exit=True, stalls=stalls, streamed=True)
    parts = compare(whole, "all ticks with pauses", early_exit=False, stalls=stalls, streamed=True)
    for index, part, want in zip(chosen, parts, whole, strict=True):
        sample = index % SAMPLES
        found += [(index, text) for text in against_reference(drawn, batches, index, part, sample)]
        seen["silent"] += int(want.run.silent.sum())
        seen["tie"] += int(want.run.ties.sum())

    rng = np.random.default_rng(chosen[0])
    thresholds, floors = zip(
        *(
            (int(rng.integers(0, 2 ** (layer.weight_bits - 1) + 1)), int(rng.choice([0, 0, 1, 3])))
            for layer in drawn.members[0].layers
        ),
        strict=True,
    )
    gone = [
        core.prune_copies(layer, *pair)
        for layer, pair in enumerate(zip(thresholds, floors, strict=True))
    ]
    after = []
    for copy, index in enumerate(chosen):
        plan = drawn.plans[index]
        expected = dropped(plan, thresholds, floors)
        got = [counts[copy] for counts in gone]
        seen["dropped"] += sum(expected)
        if got != expected:
            found.append((index, f"pruning dropped {got}, expected {expected}"))
        pruned = pruned_network(plan.stored(drawn.members[index]), thresholds, floors)
        after.append(Expectation.of(pruned, plan, batches[index], early_exit=True, threads=1))
    compare(after, f"pruned with {thresholds}, floors {floors}", early_exit=True)
    return found


def against_reference(drawn, batches, index, got, sample):
    """Compare one sample with the Python integers: verdict and every output spike."""
    network, batch = drawn.members[index], batches[index]
    inputs = [tuple(map(int, pair)) for pair in zip(*batch.sample(sample), strict=True)]
    want = reference_integer.run(
        reference_integer.read(network), network.ticks, inputs, early_exit=False
    )
    verdict = {name: int(values[sample]) for name, values in got.verdicts.items()}
    expected = {
        "neuron": want.decision,
        "tick": want.tick,
        "margin": want.margin,
        "tie": want.tie,
        "silent": want.silent,
        "refused": 0,
    }
    if verdict != expected:
        yield f"sample {sample}: the verdict is {verdict}, the reference says {expected}"
    mine = got.spikes["sample"] == sample
    spikes = [got.spikes[name][mine].tolist() for name in ("tick", "neuron", "margin")]
    told = sorted(zip(*spikes, strict=True))
    if told != sorted(want.spikes[-1]):
        yield f"sample {sample}: spikes are {told}, the reference says {sorted(want.spikes[-1])}"
