"""What pruning left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firstspike.errors import ShapeError

if TYPE_CHECKING:
    from firstspike.integer_network import IntegerNetwork

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
    """

    total: int
    live: int

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
    return PruneReport(tuple(LayerSynapses(one.n_synapses, two.n_synapses) for one, two in pairs))
