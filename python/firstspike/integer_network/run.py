"""What a batch of samples did in an integer network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError, ShapeError
from firstspike.integer_network._frozen import store
from firstspike.integer_network.ticks import TickBatch

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from firstspike import _core

__all__ = ["Counters", "IntegerRun", "LayerSpikes"]


@dataclass(frozen=True, eq=False)
class Counters:
    """Exact counts of what happened, one row per sample and one column per layer.

    Parameters
    ----------
    arrivals : ndarray of int64, shape (n_samples, n_layers)
        Spikes that came into the layer.
    synaptic_adds : ndarray of int64, shape (n_samples, n_layers)
        Synapses added for them; synapses of weight zero count as well.
    spikes : ndarray of int64, shape (n_samples, n_layers)
        Spikes that the layer fired.
    ticks_run : ndarray of int32, shape (n_samples,)
        Number of ticks that were run.
    """

    arrivals: NDArray[np.int64]
    synaptic_adds: NDArray[np.int64]
    spikes: NDArray[np.int64]
    ticks_run: NDArray[np.int32]

    def totals(self) -> dict[str, list[int]]:
        """Return the sums over all samples: one number per layer, one for the ticks.

        Returns
        -------
        dict
            `arrivals`, `synaptic_adds` and `spikes` per layer, `ticks_run` alone.
        """
        per_layer = {name: getattr(self, name) for name in ("arrivals", "synaptic_adds", "spikes")}
        sums = {name: [int(n) for n in counts.sum(axis=0)] for name, counts in per_layer.items()}
        return sums | {"ticks_run": [int(self.ticks_run.sum(dtype=np.int64))]}


@dataclass(frozen=True, eq=False)
class LayerSpikes:
    """The spikes that one layer fired, with their margins.

    Parameters
    ----------
    batch : TickBatch
        Ticks and neurons, sorted by (tick, neuron) within a sample.
    margins : ndarray of int64, shape (n_spikes,)
        ``U - threshold`` of each spike.
    """

    batch: TickBatch
    margins: NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class IntegerRun:
    """Decisions, spikes and counters of a batch; made by `IntegerNetwork.simulate`.

    Parameters
    ----------
    decisions : ndarray of int64, shape (n_samples,)
        Output neuron that won.
    ticks : ndarray of int32, shape (n_samples,)
        Deciding tick.
    margins : ndarray of int64, shape (n_samples,)
        ``U - threshold`` of the winner in the deciding tick; negative where silent.
    ties : ndarray of bool, shape (n_samples,)
        More than one output neuron fired in the deciding tick.
    silent : ndarray of bool, shape (n_samples,)
        No output neuron fired at all.
    counters : Counters
        Spikes, synaptic adds and ticks.
    dropped : int
        Input events outside the window.
    layers : tuple of LayerSpikes
        Spikes of every layer; empty unless recorded.
    """

    decisions: NDArray[np.int64]
    ticks: NDArray[np.int32]
    margins: NDArray[np.int64]
    ties: NDArray[np.bool_]
    silent: NDArray[np.bool_]
    counters: Counters
    dropped: int
    layers: tuple[LayerSpikes, ...]

    def __post_init__(self) -> None:
        store(self, **{name: getattr(self, name) for name in self.__dataclass_fields__})

    @classmethod
    def from_core(cls, run: _core.IntegerRun, sizes: tuple[int, ...], dropped: int) -> IntegerRun:
        """Take over what the core computed; `sizes` are the numbers of neurons per layer."""
        layers = tuple(
            LayerSpikes(TickBatch(offsets, ticks, neurons, size), margins)
            for (offsets, ticks, neurons, margins), size in zip(run.spikes(), sizes, strict=False)
        )
        counters = Counters(run.arrivals(), run.synaptic_adds(), run.fired(), run.ticks_run())
        return cls(
            run.decisions(),
            run.ticks(),
            run.margins(),
            run.ties(),
            run.silent(),
            counters,
            dropped,
            layers,
        )

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return self.decisions.size

    @property
    def tie_rate(self) -> float:
        """Share of the samples in which more than one output fired in the deciding tick."""
        return float(self.ties.mean()) if self.n_samples else 0.0

    @property
    def silent_rate(self) -> float:
        """Share of the samples in which no output fired."""
        return float(self.silent.mean()) if self.n_samples else 0.0

    def spikes(self, layer: int) -> LayerSpikes:
        """Return the recorded spikes of one layer; negative numbers count from the last.

        Raises
        ------
        DomainError
            If the run was made without ``record=True``.
        IndexError
            If there is no such layer.
        """
        if not self.layers:
            msg = "this run holds no spikes, expected one made by simulate(..., record=True)"
            raise DomainError(msg)
        return self.layers[layer]

    def accuracy(self, labels: ArrayLike) -> float:
        """Return the share of the decisions that equal their label.

        Parameters
        ----------
        labels : array_like of int64, shape (n_samples,)
            Right output neuron of each sample.

        Raises
        ------
        ShapeError
            If there is not exactly one label per sample, or no sample.
        """
        expected = _checks.int_vector("labels", labels, np.int64)
        if expected.size != self.n_samples or not self.n_samples:
            msg = f"labels has {expected.size} entries, expected one for each of {self.n_samples}"
            raise ShapeError(f"{msg} samples, at least one")
        return float((self.decisions == expected).mean())

    def __repr__(self) -> str:
        return (
            f"IntegerRun(n_samples={self.n_samples}, tie_rate={self.tie_rate:.3g}, "
            f"silent_rate={self.silent_rate:.3g})"
        )
