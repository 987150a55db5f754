"""Lanes and columns for a device: as few cycles as there is room for."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firstspike.errors import FitError
from firstspike.hdl.banks import DenseBank, chosen_banks
from firstspike.hdl.cores.synapses import synapse
from firstspike.hdl.cycles import planned_cycles
from firstspike.hdl.fit.census import Ram
from firstspike.hdl.fit.memories import stored_in
from firstspike.hdl.fit.prices import Estimator, cells, priced, shortage
from firstspike.hdl.fit.room import refusal
from firstspike.hdl.fit.rough import Judge, Rough, lane_sizes
from firstspike.hdl.layout import MOST_LANES
from firstspike.hdl.plan import CorePlan, LayerPlan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from firstspike.hdl.banks import BankName
    from firstspike.hdl.boards.devices import Device
    from firstspike.integer_network import IntegerNetwork, TickBatch

__all__ = ["fitting_plan"]

#: Lanes and columns that are tried.
LANES = (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128)
COLUMNS = (1, 2, 4, 8)
#: Ways to keep synapses that are tried for each name.
_KINDS: dict[BankName, tuple[BankName, ...]] = {
    "list": ("list",),
    "dense": ("dense",),
    "smallest": ("list", "dense"),
}
#: Share of the look-up tables that may be filled; beyond that placement fails or gets slow.
FILL = 0.85
#: A core that takes so much longer but fewer look-up tables is preferred.
SLACK = 1.01
#: Most combinations that are told apart.
MOST_COMBINATIONS = 4096


@dataclass(frozen=True, eq=False)
class _Option:
    """A layer laid out in one way.

    Parameters
    ----------
    layer : LayerPlan
        The layer.
    cycles : float
        Cycles of an inference if nothing else takes time.
    size : float
        Logic cells that its lanes take, roughly.
    blocks : int
        Block RAMs that its synapses take at least.
    """

    layer: LayerPlan
    cycles: float
    size: float
    blocks: int


def fitting_plan(
    network: IntegerNetwork,
    device: Device,
    samples: TickBatch,
    *,
    banks: BankName | Sequence[BankName] = "list",
) -> CorePlan:
    """Choose lanes and columns of every layer for a device.

    Of all layouts that are expected to fit, with ``core_wishbone`` and the serial line around them
    and 15 % of the look-up tables to spare, the one with the fewest mean cycles; among those within
    1 % of it, the smallest. Cycles come from the exact model, cells from an estimate.

    Parameters
    ----------
    network : IntegerNetwork
        The network.
    device : Device
        The device.
    samples : TickBatch
        What cycles are counted with.
    banks : str or sequence of str, default "list"
        How every layer, or each, keeps its synapses: ``list``, ``dense``, or ``smallest`` to try
        both.

    Raises
    ------
    DomainError
        If `banks` is not valid.
    FitError
        If not even one lane per layer fits.
    """
    estimator = Estimator()
    kinds = [_KINDS[name] for name in chosen_banks(banks, len(network.layers))]
    smallest = CorePlan.from_network(network, lanes=1, banks=banks)
    options = _options(network, device, samples, estimator, kinds)
    frame = cells(priced(estimator.frame(smallest), device.family, shell=True), device)
    judge = Judge(device, frame, FILL * device.lut)
    best: CorePlan | None = None
    limit = float("inf")
    for cycles, chosen in _by_cycles(network, samples, options, judge):
        if cycles > limit:
            break
        plan = _plan(network, chosen)
        needs = priced(estimator.core(plan), device.family, shell=True)
        judge.learn(_rough(chosen), needs)
        if shortage(needs, device, FILL):
            continue
        if best is None or cells(needs, device) < judge.room:
            best = plan
            judge.room = cells(needs, device)
            limit = min(limit, SLACK * cycles)
    if best is None:
        census = estimator.core(smallest)
        excess = shortage(priced(census, device.family, shell=True), device, FILL)
        if not excess:
            return smallest
        raise FitError("even with one lane per layer, " + refusal(excess, device, census))
    return best


def _options(
    network: IntegerNetwork,
    device: Device,
    samples: TickBatch,
    estimator: Estimator,
    kinds: Sequence[tuple[BankName, ...]],
) -> list[list[_Option]]:
    """Return for every layer the ways to lay it out that are not worse in everything."""
    possible = [_layouts(network, index, device, banks) for index, banks in enumerate(kinds)]
    if not all(possible):
        return []
    fastest = [max(layers, key=lambda x: (x.width, x.columns)) for layers in possible]
    most = max(2, int(MOST_COMBINATIONS ** (1 / len(possible))))
    options = []
    for index, layers in enumerate(possible):
        sizes = lane_sizes(estimator, layers, device)
        found = []
        for layer in layers:
            alone = CorePlan(
                network.ticks, (*fastest[:index], layer, *fastest[index + 1 :]), network.digest
            )
            cycles = float(planned_cycles(network, alone, samples).mean())
            size = len(layer.lanes) * sizes[layer.bank, layer.columns]
            found.append(_Option(layer, cycles, size, _blocks(layer, device)))
        options.append(_thinned(_useful(found), most))
    return options


def _useful(found: Sequence[_Option]) -> list[_Option]:
    """Return those that no other one excels in everything, the fastest first."""
    kept: list[_Option] = []
    for one in sorted(found, key=lambda one: (one.cycles, one.size, one.blocks)):
        if all(one.size < other.size or one.blocks < other.blocks for other in kept):
            kept.append(one)
    return kept


def _thinned(options: Sequence[_Option], most: int) -> list[_Option]:
    """Return about so many of them, among them the smallest ones."""
    some = options[:: -(-len(options) // most)]
    least = (min(options, key=lambda x: x.size), min(options, key=lambda x: x.blocks))
    return [*some, *(one for one in dict.fromkeys(least) if one not in some)]


def _layouts(
    network: IntegerNetwork, index: int, device: Device, banks: tuple[BankName, ...]
) -> list[LayerPlan]:
    """Return the layouts of a layer whose synapses alone do not overfill the block RAM."""
    layer, widths = network.layers[index], network.widths()[index]
    found = []
    for lanes, name in itertools.product(sorted({*LANES, layer.n_targets}), banks):
        if lanes > min(layer.n_targets, MOST_LANES):
            continue
        neurons = -(-layer.n_targets // lanes)
        # A dense bank has as many columns as it adds synapses per cycle.
        columns = [n for n in COLUMNS if n <= neurons] if name == "list" else [None]
        for own in columns:
            made = LayerPlan.from_layer(
                index,
                layer,
                widths,
                lanes=lanes,
                columns=own,
                last=index == len(network.layers) - 1,
                ticks=network.ticks,
                banks=name,
            )
            if _blocks(made, device) <= device.bram:
                found.append(made)
    return found


def _blocks(layer: LayerPlan, device: Device) -> int:
    """Return the block RAMs that the synapses of a layer take at least."""
    if isinstance(layer.bank, DenseBank):
        return layer.capacity * layer.columns * layer.weight_bits // (device.bram_bits * 9 // 8)
    return (
        len(layer.lanes) * stored_in(Ram(layer.capacity, synapse(layer).size), device.family).blocks
    )


def _by_cycles(
    network: IntegerNetwork,
    samples: TickBatch,
    options: Sequence[Sequence[_Option]],
    judge: Judge,
) -> Iterator[tuple[float, tuple[_Option, ...]]]:
    """Go through the combinations that may fit by ascending cycles, counted where they matter.

    A core is never faster than with all layers but one as fast as they can be.
    """
    queue: list[tuple[float, bool, int, tuple[_Option, ...]]] = [
        (max(one.cycles for one in chosen), False, number, chosen)
        for number, chosen in enumerate(itertools.product(*options))
        if chosen
    ]
    heapq.heapify(queue)
    while queue:
        cycles, exact, number, chosen = heapq.heappop(queue)
        if not judge.is_worth_counting(_rough(chosen)):
            continue
        if exact:
            yield cycles, chosen
            continue
        counted = float(planned_cycles(network, _plan(network, chosen), samples).mean())
        heapq.heappush(queue, (max(cycles, counted), True, number, chosen))


def _plan(network: IntegerNetwork, chosen: Sequence[_Option]) -> CorePlan:
    return CorePlan(network.ticks, tuple(one.layer for one in chosen), network.digest)


def _rough(chosen: Sequence[_Option]) -> Rough:
    return Rough(
        kinds=tuple(one.layer.bank for one in chosen),
        lanes=sum(one.size for one in chosen),
        blocks=sum(one.blocks for one in chosen),
    )
