"""From the memories of a core back to an integer network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from firstspike.hdl.banks import DenseBank
from firstspike.hdl.cores.synapses import segment, synapse
from firstspike.hdl.cores.weights import parts
from firstspike.hdl.cosim.records import field
from firstspike.integer_network import SynapseLists

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firstspike.hdl.cosim.model import CompiledCore
    from firstspike.hdl.plan import LayerPlan
    from firstspike.integer_network import IntegerNetwork

__all__ = ["read_back"]


def read_back(core: CompiledCore, network: IntegerNetwork) -> IntegerNetwork:
    """Read every synapse through the command port; return `network` with these synapses.

    A weight of zero in a dense bank is none.

    Parameters
    ----------
    core : CompiledCore
        A core at rest, pruned or not.
    network : IntegerNetwork
        The network it was generated from.
    """
    layers = []
    for layer, planned in zip(network.layers, core.plan.layers, strict=True):
        sources, targets, weights = map(
            np.concatenate,
            zip(*(_lane(core, planned, lane.index) for lane in planned.lanes), strict=True),
        )
        order = np.lexsort((targets, sources))
        offsets = np.r_[0, np.cumsum(np.bincount(sources, minlength=layer.n_sources))]
        lists = SynapseLists(
            layer.n_targets,
            offsets,
            targets[order].astype(np.uint32),
            weights[order].astype(np.int8),
        )
        layers.append(replace(layer, connectivity=lists))
    return replace(network, layers=tuple(layers))


def _lane(
    core: CompiledCore, layer: LayerPlan, lane: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return source, target and weight of every synapse of a lane."""
    if isinstance(layer.bank, DenseBank):
        return _rows(core, layer)
    segments = np.array(core.segments(layer.index, lane), np.int64)
    words = np.array(core.synapses(layer.index, lane), np.int64)
    lengths, bases = (field(segments, segment(layer), name) for name in ("length", "base"))
    sources = np.repeat(np.arange(lengths.size), lengths)
    first = np.repeat(np.cumsum(lengths) - lengths, lengths)
    used = words[np.repeat(bases, lengths) + np.arange(sources.size) - first]
    row, column, weight = (
        field(used, synapse(layer), name) for name in ("row", "column", "weight")
    )
    return sources, (row * layer.columns + column) * len(layer.lanes) + lane, weight


def _rows(
    core: CompiledCore, layer: LayerPlan
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return source, target and weight of every weight of a dense layer that is not zero."""
    columns = []
    for index, part in enumerate(parts(layer)):
        words = np.array(core.synapses(layer.index, index), np.int64)
        for place in range(len(part)):
            bits = words >> place * layer.weight_bits & ((1 << layer.weight_bits) - 1)
            columns.append(bits - (bits >> (layer.weight_bits - 1) << layer.weight_bits))
    weights = np.array(columns).T.reshape(layer.n_sources, layer.rows * layer.columns)
    sources, targets = np.nonzero(weights)
    return sources, targets, weights[sources, targets]
