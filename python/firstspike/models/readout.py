"""What may stand on top of the spiking layers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from firstspike._core import Workers
    from firstspike.events import SpikeBatch

__all__ = ["Reading", "Readout"]


class Readout(ABC):
    """A last layer without spikes; `Network` gives it the spikes of the layer below.

    Parameters
    ----------
    n_in, n_out : int
        Number of neurons below and of outputs.
    """

    n_in: int
    n_out: int

    @abstractmethod
    def draw(self, rng: np.random.Generator, dtype: np.dtype[Any], /) -> Mapping[str, NDArray[Any]]:
        """Return the initial parameters: ``weights``, and any of ``tau_mem``, ``tau_syn``."""

    @abstractmethod
    def read(
        self,
        parameters: Mapping[str, NDArray[Any]],
        spikes: SpikeBatch,
        *,
        until: float | None,
        workers: Workers,
    ) -> Reading:
        """Return what the outputs make of a batch of spikes, to be found in ``tape.readout``."""

    @abstractmethod
    def describe(self) -> Mapping[str, Any]:
        """Return a JSON object with a ``type`` that `firstspike.models.store` knows."""


class Reading(ABC):
    """What a readout made of a batch; losses know what else their readout offers."""

    @abstractmethod
    def scores(self) -> NDArray[np.float64]:
        """Return what decides, shape (n_samples, n_out); the largest one does."""

    @abstractmethod
    def seed(self, dL_dscores: NDArray[np.float64], /) -> object:
        """Return the seeds, for `backward`, of a loss given by its derivative by the scores."""

    def decisions(self) -> NDArray[np.int64]:
        """Index of the largest score of each sample, the lower where scores are equal."""
        decisions: NDArray[np.int64] = np.argmax(self.scores(), axis=1)
        return decisions

    @abstractmethod
    def backward(
        self, seeds: object, *, wrt: frozenset[str], workers: Workers
    ) -> tuple[Mapping[str, NDArray[Any]], NDArray[np.float64]]:
        """Differentiate, given the seeds a loss has made of this reading.

        Returns
        -------
        parameters : mapping of str to ndarray
            Derivatives of the parameters named in `wrt`.
        dL_dspikes : ndarray, shape (n_spikes,)
            dL/dt of every spike that was read, per second.
        """
