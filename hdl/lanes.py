"""What every lane of a layer gets of its synapses, thresholds and biases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike.hdl.banks import BankName, DenseBank, ListBank

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firstspike.hdl.banks import Bank
    from firstspike.integer_network import SynapseLists

__all__ = ["LanePlan", "dealt", "smaller_bank"]


@dataclass(frozen=True, eq=False)
class LanePlan:
    """What makes one lane different from the others of its layer: its synapses and thresholds.

    Neuron ``j`` of a layer is neuron ``m = j // lanes`` of lane ``j % lanes``, and stands there in
    row ``m // columns``, column ``m % columns``.

    Parameters
    ----------
    layer, index : int
        Which layer, and which lane of it.
    thresholds : ndarray of int64, shape (rows * columns,)
        Thresholds of the lane's neurons; places without a neuron have one that is never reached.
    biases : ndarray of int64, shape (rows * columns,)
        Biases of the lane's neurons if the layer is two-phase, else zeros.
    lengths : ndarray of int64, shape (n_sources,)
        Number of synapses of each source onto this lane.
    places : ndarray of int64, shape (n_synapses,)
        Local neuron of each synapse, segment after segment.
    weights : ndarray of int64, shape (n_synapses,)
        Weight of each synapse.
    """

    layer: int
    index: int
    thresholds: NDArray[np.int64]
    biases: NDArray[np.int64]
    lengths: NDArray[np.int64]
    places: NDArray[np.int64]
    weights: NDArray[np.int64]

    @property
    def name(self) -> str:
        """Name of the lane in file names."""
        return f"layer{self.layer}_lane{self.index}"

    @property
    def n_synapses(self) -> int:
        """Number of synapses."""
        return self.weights.size

    @property
    def bases(self) -> NDArray[np.int64]:
        """Where each segment starts, shape (n_sources,)."""
        bases: NDArray[np.int64] = np.cumsum(self.lengths) - self.lengths
        bases[self.lengths == 0] = 0
        return bases


def dealt(
    index: int,
    lists: SynapseLists,
    lanes: int,
    bank: Bank,
    thresholds: NDArray[np.int64],
    biases: NDArray[np.int64],
) -> tuple[LanePlan, ...]:
    """Deal a layer out to its lanes, every `lanes`-th neuron to the same.

    In a dense bank a weight of zero is no synapse: nothing tells the two apart.

    Parameters
    ----------
    index : int
        Which layer.
    lists : SynapseLists
        Its synapses.
    lanes : int
        Number of lanes.
    bank : Bank
        How they keep their synapses.
    thresholds, biases : ndarray of int64, shape (places,)
        Of all places, with or without a neuron.
    """
    stays = lists.weights != 0 if isinstance(bank, DenseBank) else np.ones(lists.weights.size, bool)
    sources, weights = lists.sources[stays], lists.weights[stays].astype(np.int64)
    targets = lists.targets[stays].astype(np.int64)
    plans = []
    for lane in range(lanes):
        mine = targets % lanes == lane
        plans.append(
            LanePlan(
                layer=index,
                index=lane,
                thresholds=thresholds[lane::lanes],
                biases=biases[lane::lanes],
                lengths=np.bincount(sources[mine], minlength=lists.n_sources),
                places=targets[mine] // lanes,
                weights=weights[mine],
            )
        )
    return tuple(plans)


def smaller_bank(lists: SynapseLists, weight_bits: int, lanes: int, columns: int) -> BankName:
    """Return which kind of bank needs fewer bits, for a layer of so many lanes.

    Parameters
    ----------
    lists : SynapseLists
        The synapses.
    weight_bits : int
        Width of a weight.
    lanes, columns : int
        Layout as lists; a dense bank has as many columns as there would be lanes.
    """
    targets = lists.targets.astype(np.int64)
    places = lists.sources * lanes + targets % lanes
    lengths = np.bincount(places, minlength=lists.n_sources * lanes)
    neurons = -(-lists.n_targets // lanes)
    as_lists = ListBank().bits(lengths.reshape(-1, lanes).T, neurons, columns, weight_bits)
    as_rows = DenseBank().bits(lists.n_sources, neurons, lanes, weight_bits)
    return "dense" if as_rows < as_lists else "list"
