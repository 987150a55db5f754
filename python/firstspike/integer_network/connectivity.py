"""Which source reaches which target, with what weight."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firstspike import _checks, _core
from firstspike.integer_network._frozen import equal_fields, rebuild, store

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Connectivity", "Dense", "SynapseLists"]


@dataclass(frozen=True, eq=False, repr=False)
class Dense:
    """One synapse for every pair of source and target, zero weights included.

    Parameters
    ----------
    weights : array_like of int8, shape (n_sources, n_targets)
        Signed integer weights.

    Raises
    ------
    ShapeError
        If `weights` is not a matrix of whole numbers, or has no row or no column.
    DomainError
        If a weight does not fit into 8 bits.

    Examples
    --------
    >>> from firstspike import Dense
    >>> Dense([[1, 0], [0, -2]]).to_lists(min_magnitude=1)
    SynapseLists(n_sources=2, n_targets=2, n_synapses=2)
    """

    weights: NDArray[np.int8]
    _core: _core.Connectivity = field(init=False)

    def __post_init__(self) -> None:
        weights = _checks.int_matrix("weights", self.weights, np.int8, "(n_sources, n_targets)")
        store(self, weights=weights, _core=_core.Connectivity.dense(weights))

    @property
    def n_sources(self) -> int:
        """Number of sources."""
        return int(self.weights.shape[0])

    @property
    def n_targets(self) -> int:
        """Number of targets."""
        return int(self.weights.shape[1])

    @property
    def n_synapses(self) -> int:
        """Number of synapses: every pair is one."""
        return self.weights.size

    def to_lists(self, *, min_magnitude: int = 0, floor: int = 0) -> SynapseLists:
        """Return the same synapses as lists, without those below a magnitude.

        Parameters
        ----------
        min_magnitude, floor : int, default 0
            See `SynapseLists.to_lists`.
        """
        n_sources, n_targets = self.weights.shape
        offsets = np.arange(n_sources + 1) * n_targets
        targets = np.tile(np.arange(n_targets, dtype=np.uint32), n_sources)
        every = SynapseLists(n_targets, offsets, targets, self.weights.reshape(-1))
        return every.to_lists(min_magnitude=min_magnitude, floor=floor)

    def to_dense(self) -> Dense:
        """Return the connectivity itself."""
        return self

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    def __hash__(self) -> int:
        return hash(self.weights.tobytes())

    __reduce__ = rebuild

    def __repr__(self) -> str:
        return f"Dense(n_sources={self.n_sources}, n_targets={self.n_targets})"


@dataclass(frozen=True, eq=False, repr=False)
class SynapseLists:
    """For each source a segment of synapses in ascending order of target.

    Source ``s`` owns the slots ``offsets[s]:offsets[s + 1]`` of `targets` and `weights`.

    Parameters
    ----------
    n_targets : int
        Number of targets; every target is below it.
    offsets : array_like of int64, shape (n_sources + 1,)
        Start of each segment; the last entry is the number of synapses.
    targets : array_like of uint32, shape (n_synapses,)
        Target of each synapse, at most once per segment.
    weights : array_like of int8, shape (n_synapses,)
        Signed integer weights.

    Raises
    ------
    ShapeError
        If the arrays disagree in length, or there is no source or no target.
    DomainError
        If offsets decrease, or targets are out of range, repeated or unsorted.

    Examples
    --------
    >>> from firstspike import SynapseLists
    >>> SynapseLists(3, [0, 2, 2], [0, 2], [5, -1]).to_dense().weights.tolist()
    [[5, 0, -1], [0, 0, 0]]
    """

    n_targets: int
    offsets: NDArray[np.int64]
    targets: NDArray[np.uint32]
    weights: NDArray[np.int8]
    _core: _core.Connectivity = field(init=False)

    def __post_init__(self) -> None:
        n_targets = _checks.count("n_targets", self.n_targets)
        offsets = _checks.int_vector("offsets", self.offsets, np.int64)
        targets = _checks.int_vector("targets", self.targets, np.uint32)
        weights = _checks.int_vector("weights", self.weights, np.int8)
        handle = _core.Connectivity.lists(n_targets, offsets, targets, weights)
        store(self, n_targets=n_targets, offsets=offsets, targets=targets, weights=weights)
        store(self, _core=handle)

    @property
    def n_sources(self) -> int:
        """Number of sources."""
        return self.offsets.size - 1

    @property
    def n_synapses(self) -> int:
        """Number of synapses, those of weight zero included."""
        return self.weights.size

    @property
    def sources(self) -> NDArray[np.int64]:
        """Source of each synapse, shape (n_synapses,)."""
        return np.repeat(np.arange(self.n_sources), np.diff(self.offsets))

    def segment(self, source: int) -> tuple[NDArray[np.uint32], NDArray[np.int8]]:
        """Return targets and weights of one source, as views."""
        slots = slice(int(self.offsets[source]), int(self.offsets[source + 1]))
        return self.targets[slots], self.weights[slots]

    def fan_in(self) -> NDArray[np.int64]:
        """Return the number of synapses onto each target, shape (n_targets,)."""
        return np.bincount(self.targets, minlength=self.n_targets)

    def to_lists(self, *, min_magnitude: int = 0, floor: int = 0) -> SynapseLists:
        """Return the lists without the synapses below a magnitude; see section 6 of the format.

        Parameters
        ----------
        min_magnitude : int, default 0
            Synapses with ``|w| < min_magnitude`` are left out, in ascending order of source.
        floor : int, default 0
            But none whose target has no more than `floor` synapses left.

        Examples
        --------
        >>> from firstspike import SynapseLists
        >>> lists = SynapseLists(1, [0, 1, 2, 3], [0, 0, 0], [1, 9, 1])
        >>> lists.to_lists(min_magnitude=5).weights.tolist()
        [9]
        >>> lists.to_lists(min_magnitude=5, floor=2).weights.tolist()
        [9, 1]
        """
        small = np.abs(self.weights.astype(np.int64)) < min_magnitude
        # Of the small ones onto a target, the first so many go: rank them by source.
        by_target = np.argsort(self.targets, kind="stable")
        ranked = small[by_target]
        before: NDArray[np.int64] = np.cumsum(ranked) - ranked
        fan_in = self.fan_in()
        first = np.cumsum(fan_in) - fan_in
        start = np.concatenate((before, [0]))[np.minimum(first, before.size)]
        target = self.targets[by_target]
        goes = np.zeros(self.n_synapses, np.bool_)
        goes[by_target] = ranked & (before - start[target] < fan_in[target] - floor)
        keep = ~goes
        kept_before = np.concatenate(([0], np.cumsum(keep)))
        offsets = kept_before[self.offsets]
        return SynapseLists(self.n_targets, offsets, self.targets[keep], self.weights[keep])

    def to_dense(self) -> Dense:
        """Return a dense connectivity with the same effect: absent synapses get weight zero."""
        weights = np.zeros((self.n_sources, self.n_targets), dtype=np.int8)
        weights[self.sources, self.targets] = self.weights
        return Dense(weights)

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    def __hash__(self) -> int:
        return hash((self.n_targets, self.targets.tobytes(), self.weights.tobytes()))

    __reduce__ = rebuild

    def __repr__(self) -> str:
        return (
            f"SynapseLists(n_sources={self.n_sources}, n_targets={self.n_targets}, "
            f"n_synapses={self.n_synapses})"
        )


Connectivity: TypeAlias = Dense | SynapseLists
