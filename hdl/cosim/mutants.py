"""Cores that are wrong on purpose: a check that does not notice them is worth nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from firstspike.hdl.plan import CorePlan
    from firstspike.integer_network import TickBatch

__all__ = ["MUTANTS", "Mutant", "mutated"]

Mutant: TypeAlias = Literal["weight", "compare", "prune"]

MUTANTS: tuple[Mutant, ...] = ("weight", "compare", "prune")


def mutated(plan: CorePlan, mutant: Mutant | None, batch: TickBatch) -> CorePlan:
    """Return the plan of a wrong core.

    ``weight`` flips one bit of one weight of the first layer, of the source that spikes most;
    ``compare`` makes ``U >= theta`` into ``U > theta`` in the last layer, or lowers its biases by
    one if it never fires. ``prune`` leaves the plan
    as it is: it is up to the caller to prune with a wrong threshold.
    """
    if mutant == "weight":
        return _flip(plan, batch)
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


def _flip(plan: CorePlan, batch: TickBatch) -> CorePlan:
    layer = plan.layers[0]
    spikes = np.bincount(batch.sources, minlength=layer.n_sources)
    reach = np.sum([lane.lengths > 0 for lane in layer.lanes], axis=0)
    source = int(np.argmax(spikes * (reach > 0)))
    for index, lane in enumerate(layer.lanes):
        if lane.lengths[source]:
            weights = lane.weights.copy()
            weights[lane.bases[source]] ^= 1 << (layer.weight_bits - 2)
            lanes = list(layer.lanes)
            lanes[index] = replace(lane, weights=weights)
            return replace(plan, layers=(replace(layer, lanes=tuple(lanes)), *plan.layers[1:]))
    return plan
