"""What may stand on top of the spiking layers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

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
        threads: int | None,
    ) -> Reading:
        """Return what the outputs make of a batch of spikes, to be found in ``tape.readout``."""

    @abstractmethod
    def describe(self) -> Mapping[str, Any]:
        """Return a JSON object with a ``type`` that `firstspike.models.store` knows."""


class Reading(ABC):
    """What a readout made of a batch; losses know what their readout offers."""

    @abstractmethod
    def backward(
        self, seeds: object, *, wrt: frozenset[str], threads: int | None
    ) -> tuple[Mapping[str, NDArray[Any]], NDArray[np.float64]]:
        """Differentiate, given the seeds a loss has made of this reading.

        Returns
        -------
        parameters : mapping of str to ndarray
            Derivatives of the parameters named in `wrt`.
        dL_dspikes : ndarray, shape (n_spikes,)
            dL/dt of every spike that was read, per second.
        """
