"""What pruning left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike.errors import ShapeError

if TYPE_CHECKING:
    from firstspike.integer_network import IntegerLayer, IntegerNetwork

__all__ = ["LayerSynapses", "PruneReport", "compare"]


@dataclass(frozen=True)
class LayerSynapses:
    """Synapses of one layer.

    Parameters
    ----------
    total : int
        Before pruning.
    live : int
        After pruning.
    least_fan_in, most_fan_in : int
        Synapses onto the neurons that have fewest and most of them left.
    idle_sources : int
        Sources whose spikes no longer reach any neuron: they cost no cycle.
    """

    total: int
    live: int
    least_fan_in: int = 0
    most_fan_in: int = 0
    idle_sources: int = 0

    @property
    def pruned_share(self) -> float:
        """Share of the synapses that went, 0 to 1."""
        return 1.0 - self.live / self.total if self.total else 0.0


@dataclass(frozen=True)
class PruneReport:
    """Synapses before and after, layer by layer.

    Parameters
    ----------
    layers : tuple of LayerSynapses
        One per layer.
    """

    layers: tuple[LayerSynapses, ...]

    @property
    def synapses_total(self) -> int:
        """Synapses of all layers before pruning."""
        return sum(layer.total for layer in self.layers)

    @property
    def synapses_live(self) -> int:
        """Synapses of all layers after pruning."""
        return sum(layer.live for layer in self.layers)

    @property
    def pruned_share(self) -> float:
        """Share of all synapses that went, 0 to 1."""
        return LayerSynapses(self.synapses_total, self.synapses_live).pruned_share


def compare(before: IntegerNetwork, after: IntegerNetwork) -> PruneReport:
    """Count the synapses of a network before and after pruning.

    Parameters
    ----------
    before, after : IntegerNetwork
        Of the same layer sizes.

    Raises
    ------
    ShapeError
        If the networks differ in their layers' sizes.

    Examples
    --------
    >>> import numpy as np
    >>> import firstspike as fs
    >>> from firstspike.prune import compare
    >>> from firstspike.testing import random_network
    >>> network = random_network(np.random.default_rng(0), sizes=[4, 3], ticks=8, density=1.0)
    >>> compare(network, fs.prune(network, sparsity=1.0)).synapses_live
    0
    """
    sizes = [[(x.n_sources, x.n_targets) for x in network.layers] for network in (before, after)]
    if sizes[0] != sizes[1]:
        msg = f"the networks have layers {sizes[0]} and {sizes[1]}, expected the same sizes"
        raise ShapeError(msg)
    pairs = zip(before.layers, after.layers, strict=True)
    return PruneReport(tuple(_count(one, two) for one, two in pairs))


def _count(before: IntegerLayer, after: IntegerLayer) -> LayerSynapses:
    lists = after.connectivity.to_lists()
    fan_in = lists.fan_in()
    return LayerSynapses(
        total=before.n_synapses,
        live=after.n_synapses,
        least_fan_in=int(fan_in.min()),
        most_fan_in=int(fan_in.max()),
        idle_sources=int((np.diff(lists.offsets) == 0).sum()),
    )
