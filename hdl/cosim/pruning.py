"""What the synapse memories must hold after pruning in place."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from firstspike.hdl.banks import DenseBank
from firstspike.hdl.build.images import Image, bank_words, padded
from firstspike.hdl.cores.synapses import segment, segment_words, synapse, synapse_words
from firstspike.integer_network import SynapseLists

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from firstspike.hdl.plan import CorePlan, LanePlan, LayerPlan
    from firstspike.integer_network import IntegerLayer, IntegerNetwork

__all__ = ["dropped", "kept", "pruned_images", "pruned_network"]


def kept(
    targets: NDArray[np.integer], weights: NDArray[np.integer], threshold: int, floor: int
) -> NDArray[np.bool_]:
    """Return which synapses stay, given in the order of the walk.

    A target with `n` synapses loses its first ``n - floor`` ones below the threshold.
    """
    small = np.abs(weights.astype(np.int64)) < threshold
    if floor == 0 or not small.any():
        return ~small
    places = np.flatnonzero(small)
    order = np.argsort(targets[places], kind="stable")
    ordered = targets[places][order]
    begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    rank = np.arange(ordered.size) - np.repeat(begins, np.diff(np.r_[begins, ordered.size]))
    spare = np.bincount(targets)[ordered] - floor
    stays = ~small
    stays[places[order]] = rank >= spare
    return stays


def pruned_network(
    network: IntegerNetwork, thresholds: Sequence[int], floors: Iterable[int] = itertools.repeat(0)
) -> IntegerNetwork:
    """Return the network that a core computes after pruning every layer."""
    return replace(network, layers=tuple(map(_pruned_layer, network.layers, thresholds, floors)))


def _pruned_layer(layer: IntegerLayer, threshold: int, floor: int) -> IntegerLayer:
    lists = layer.connectivity.to_lists()
    stays = kept(lists.targets, lists.weights, threshold, floor)
    ends = np.r_[0, np.cumsum(stays)][lists.offsets]
    pruned = SynapseLists(lists.n_targets, ends, lists.targets[stays], lists.weights[stays])
    return replace(layer, connectivity=pruned)


def dropped(
    plan: CorePlan, thresholds: Sequence[int], floors: Iterable[int] = itertools.repeat(0)
) -> list[int]:
    """Return how many synapses each layer loses."""
    return [
        sum(int((~kept(lane.places, lane.weights, threshold, floor)).sum()) for lane in layer.lanes)
        for layer, threshold, floor in zip(plan.layers, thresholds, floors, strict=False)
    ]


def pruned_images(
    plan: CorePlan, thresholds: Sequence[int], floors: Iterable[int] = itertools.repeat(0)
) -> list[Image]:
    """Return the synapse memories after pruning every layer, word for word.

    In a dense bank what goes becomes zero. In lists, bases stay; what is kept moves to the front of
    its segment, with a floor once for every neuron; the words behind it stay as they were, and no
    longer belong to any segment.
    """
    images = []
    for layer, threshold, floor in zip(plan.layers, thresholds, floors, strict=False):
        for lane in layer.lanes:
            stays = kept(lane.places, lane.weights, threshold, floor)
            if isinstance(layer.bank, DenseBank):
                erased = replace(lane, weights=np.where(stays, lane.weights, 0))
                images += [
                    Image(layer.index, lane.index, f"weights{part}", width, padded(words))
                    for part, (width, words) in enumerate(bank_words(layer, erased))
                ]
                continue
            segments, synapses = _pruned(layer, lane, _walks(lane, stays, floor))
            images += [
                Image(layer.index, lane.index, "segments", segment(layer).size, padded(segments)),
                Image(layer.index, lane.index, "synapses", synapse(layer).size, padded(synapses)),
            ]
    return images


def _walks(lane: LanePlan, stays: NDArray[np.bool_], floor: int) -> list[NDArray[np.bool_]]:
    """Return what stays in each walk through the lane."""
    if floor == 0:
        return [stays]
    return [stays | (lane.places != neuron) for neuron in np.unique(lane.places[~stays])]


def _pruned(
    layer: LayerPlan, lane: LanePlan, walks: list[NDArray[np.bool_]]
) -> tuple[list[int], list[int]]:
    words = synapse_words(layer, lane)
    lengths = []
    start = 0
    for length in lane.lengths.tolist():
        own, places = words[start : start + length], np.arange(start, start + length)
        for stays in walks:
            kept_here = stays[places]
            own = list(itertools.compress(own, kept_here))
            places = places[kept_here]
            words[start : start + len(own)] = own
        lengths.append(len(own))
        start += length
    shorter = np.array(lengths, np.int64)
    table = [
        word - int(old) + int(new)  # the length stands in the low bits
        for word, old, new in zip(segment_words(layer, lane), lane.lengths, shorter, strict=True)
    ]
    return table, words
