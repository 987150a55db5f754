"""What the synapse memories must hold after pruning in place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from firstspike.hdl.build.images import Image
from firstspike.hdl.cores.synapses import segment, segment_words, synapse, synapse_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firstspike.hdl.plan import CorePlan, LanePlan, LayerPlan
    from firstspike.integer_network import IntegerNetwork

__all__ = ["dropped", "pruned_images", "pruned_network"]


def pruned_network(network: IntegerNetwork, thresholds: Sequence[int]) -> IntegerNetwork:
    """Return the network that a core computes after pruning every layer."""
    layers = tuple(
        replace(layer, connectivity=layer.connectivity.to_lists(min_magnitude=threshold))
        for layer, threshold in zip(network.layers, thresholds, strict=True)
    )
    return replace(network, layers=layers)


def dropped(plan: CorePlan, thresholds: Sequence[int]) -> list[int]:
    """Return how many synapses each layer loses to its threshold."""
    return [
        sum(int((np.abs(lane.weights) < threshold).sum()) for lane in layer.lanes)
        for layer, threshold in zip(plan.layers, thresholds, strict=True)
    ]


def pruned_images(plan: CorePlan, thresholds: Sequence[int]) -> list[Image]:
    """Return segment and synapse memories after pruning every layer, word for word.

    Bases stay; what is kept moves to the front of its segment; the words behind it stay as they
    were, and no longer belong to any segment.
    """
    images = []
    for layer, threshold in zip(plan.layers, thresholds, strict=True):
        for lane in layer.lanes:
            segments, synapses = _pruned(layer, lane, threshold)
            images += [
                Image(layer.index, lane.index, "segments", segment(layer).size, tuple(segments)),
                Image(layer.index, lane.index, "synapses", synapse(layer).size, tuple(synapses)),
            ]
    return images


def _pruned(layer: LayerPlan, lane: LanePlan, threshold: int) -> tuple[list[int], list[int]]:
    words = synapse_words(layer, lane)
    lengths = []
    keep = np.abs(lane.weights) >= threshold
    start = 0
    for length in lane.lengths.tolist():
        kept = [words[start + at] for at in np.flatnonzero(keep[start : start + length])]
        words[start : start + len(kept)] = kept
        lengths.append(len(kept))
        start += length
    shorter = np.array(lengths, np.int64)
    table = [
        word - int(old) + int(new)  # the length stands in the low bits
        for word, old, new in zip(segment_words(layer, lane), lane.lengths, shorter, strict=True)
    ]
    return table, words
