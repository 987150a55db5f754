"""Cores that are wrong on purpose: a check that does not notice them is worth nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from firstspike.hdl.banks import DenseBank
from firstspike.integer_network import SynapseLists

if TYPE_CHECKING:
    from firstspike.hdl.plan import CorePlan
    from firstspike.integer_network import IntegerNetwork, TickBatch

__all__ = ["MUTANTS", "Mutant", "mutated"]

Mutant: TypeAlias = Literal["weight", "compare", "prune"]

MUTANTS: tuple[Mutant, ...] = ("weight", "compare", "prune")


#: Weights that are tried until one makes a difference that can be seen.
MOST_TRIES = 100


def mutated(
    plan: CorePlan, mutant: Mutant | None, network: IntegerNetwork, batch: TickBatch
) -> CorePlan:
    """Return the plan of a wrong core.

    ``weight`` turns the sign of one weight of the first layer, one that the simulator says matters
    to what can be seen from outside;
    ``compare`` makes ``U >= theta`` into ``U > theta`` in the last layer, or lowers its biases by
    one if it never fires. ``prune`` leaves the plan
    as it is: it is up to the caller to prune with a wrong threshold.
    """
    if mutant == "weight":
        return _flip(plan, network, batch)
    if mutant == "compare":
        last = plan.layers[-1]
        common = last.common_threshold
        if last.window:
            above = tuple(threshold + 1 for threshold in last.window.thresholds)
            wrong = replace(
                last,
                window=replace(last.window, thresholds=above),
                lanes=tuple(replace(lane, biases=lane.biases - last.ranks) for lane in last.lanes),
                common_bias=None if last.common_bias is None else last.common_bias - last.ranks,
                threshold_bits=last.threshold_bits + 1,
                margin_bits=last.margin_bits + 1,
                widths=replace(
                    last.widths,
                    membrane=replace(
                        last.widths.membrane, bits=last.widths.membrane.bits + last.ranks
                    ),
                ),
            )
            return replace(plan, layers=(*plan.layers[:-1], wrong))
        wrong = replace(
            last,
            lanes=tuple(replace(lane, thresholds=lane.thresholds + 1) for lane in last.lanes),
            common_threshold=None if common is None else common + 1,
            threshold_bits=last.threshold_bits + 1,
            margin_bits=last.margin_bits + 1,
        )
        return replace(plan, layers=(*plan.layers[:-1], wrong))
    return plan


def _flip(plan: CorePlan, network: IntegerNetwork, batch: TickBatch) -> CorePlan:
    layer = network.layers[0]
    # A zero in a dense bank is no synapse.
    lists = layer.connectivity.to_lists(min_magnitude=int(plan.layers[0].bank == DenseBank()))
    spikes = np.bincount(batch.sources, minlength=layer.n_sources)
    order = np.argsort(-spikes[lists.sources], kind="stable")
    steps = max(1, order.size // MOST_TRIES)
    if not order.size:
        return plan
    right = _seen(network, batch)
    for at in order[::steps]:
        weights = lists.weights.copy()
        weights[at] = -weights[at] or 1
        wrong = SynapseLists(lists.n_targets, lists.offsets, lists.targets, weights)
        changed = replace(layer, connectivity=wrong)
        if _seen(replace(network, layers=(changed, *network.layers[1:])), batch) != right:
            break
    source, target = int(lists.sources[at]), int(lists.targets[at])
    first = plan.layers[0]
    count = len(first.lanes)
    lane = first.lanes[target % count]
    segment = slice(lane.bases[source], lane.bases[source] + lane.lengths[source])
    place = segment.start + int(np.flatnonzero(lane.places[segment] == target // count)[0])
    flipped = lane.weights.copy()
    flipped[place] = weights[at]
    lanes = list(first.lanes)
    lanes[lane.index] = replace(lane, weights=flipped)
    return replace(plan, layers=(replace(first, lanes=tuple(lanes)), *plan.layers[1:]))


def _seen(network: IntegerNetwork, batch: TickBatch) -> list[bytes]:
    """Return what a run shows from outside."""
    run = network.simulate(batch, threads=1)
    return [run.decisions.tobytes(), run.ticks.tobytes(), run.margins.tobytes()]
