"""What a layer of leaky integrators made of the spikes that reached it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from firstspike import _checks, _core
from firstspike.errors import DomainError
from firstspike.models.observation import (
    AverageSeed,
    MaximumSeed,
    Observation,
    ReadoutSeed,
    VoltageSeed,
)
from firstspike.models.readout import Reading
from firstspike.models.windows import Flat, Window, check_window

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import ArrayLike, NDArray

    from firstspike.events import SpikeBatch
    from firstspike.models.li import LI

__all__ = ["Potentials", "PotentialsGradients"]


@dataclass(frozen=True, eq=False)
class PotentialsGradients:
    """Derivatives of a loss on potentials.

    Attributes
    ----------
    weights : ndarray of float64, shape (n_in, n_out)
        dL/dw, summed over the batch.
    tau_mem, tau_syn : ndarray of float64, shape (n_out,)
        dL/dτ per second, summed over the batch; zero unless asked for.
    spike_times : ndarray of float64, shape (n_spikes,)
        dL/dt, per second, of every spike that arrived; what spiking layers go on with.
    """

    weights: NDArray[np.float64]
    tau_mem: NDArray[np.float64]
    tau_syn: NDArray[np.float64]
    spike_times: NDArray[np.float64]


class Potentials(Reading):
    r"""Potentials of leaky integrators on one batch, known at all times without being stepped.

    Networks make it: ``net.forward(spikes).readout``. A loss asks it for what it needs and answers
    with seeds, see `firstspike.losses.ReadoutLoss`.

    Parameters
    ----------
    layer : LI
        What the layer is.
    weights : array_like, shape (n_in, n_out)
        Its weights.
    spikes : SpikeBatch
        What arrived at it.
    tau_mem, tau_syn : array_like, shape (n_out,), optional
        Time constants in seconds; those of `layer` if omitted.
    workers : optional
        Threads to compute on; the calling one alone if omitted.

    Raises
    ------
    ShapeError
        If shapes disagree.
    DomainError
        If a weight is not finite or a time constant not positive.

    Examples
    --------
    >>> import numpy as np
    >>> import firstspike as fs
    >>> layer = fs.LI(1, 1, tau_mem=20e-3, tau_syn=5e-3, duration=40e-3)
    >>> spikes = fs.SpikeBatch.from_lists([[(2e-3, 0)]], n_sources=1)
    >>> reading = fs.readouts.Potentials(layer, np.array([[2.0]]), spikes)
    >>> reading.maximum().values.round(4).tolist()             # 2 * 4 ** (-4 / 3)
    [[0.315]]
    >>> reading.voltages([2e-3, 10e-3]).values.round(4).tolist()
    [[[0.0], [0.3123]]]
    """

    def __init__(
        self,
        layer: LI,
        weights: ArrayLike,
        spikes: SpikeBatch,
        *,
        tau_mem: ArrayLike | None = None,
        tau_syn: ArrayLike | None = None,
        workers: _core.Workers | None = None,
    ) -> None:
        self.layer = layer
        self._dtype = np.asarray(weights).dtype
        self._workers = _core.Workers(1) if workers is None else workers
        self._core = _core.Potentials(
            _taus("tau_mem", layer, tau_mem),
            _taus("tau_syn", layer, tau_syn),
            layer.duration,
            _checks.real_matrix("weights", weights, "(n_in, n_out)"),
            (spikes.offsets, spikes.times, spikes.sources, spikes.n_sources),
        )

    def maximum(self) -> Observation:
        """Highest potential of each integrator, shape (n_samples, n_out)."""
        return Observation(self._core.peaks(self._workers)[0], MaximumSeed)

    def maximum_times(self) -> NDArray[np.float64]:
        """Time in seconds of each maximum, shape (n_samples, n_out); 0 if it never rises."""
        return self._core.peaks(self._workers)[1]

    def average(self, window: Window | None = None) -> Observation:
        """Weighted average of each potential over the trial, shape (n_samples, n_out).

        Raises
        ------
        DomainError
            If `window` is not a window.
        """
        chosen = Flat() if window is None else window
        check_window(chosen)
        values = self._core.averages(chosen.code(self.layer.duration), self._workers)
        return Observation(values, lambda derivative: AverageSeed(chosen, derivative))

    def voltages(self, times: ArrayLike) -> Observation:
        """Potentials at given moments, shape (n_samples, n_times, n_out).

        Parameters
        ----------
        times : array_like, shape (n_times,)
            Seconds from 0 to the duration, sorted.

        Raises
        ------
        DomainError
            If a time is outside the trial or out of order.
        """
        moments = _checks.real_vector("times", times)
        values = self._core.voltages(moments, self._workers)
        return Observation(values, lambda derivative: VoltageSeed(moments, derivative))

    def scores(self) -> NDArray[np.float64]:
        """Return what the layer reads, shape (n_samples, n_out); the largest one decides."""
        return self.layer.reads.of(self).values

    def seed(self, dL_dscores: NDArray[np.float64], /) -> ReadoutSeed:
        """Return the seed of a loss given by its derivative with respect to `scores`."""
        return self.layer.reads.of(self).seed(dL_dscores)

    def gradients(
        self,
        seeds: ReadoutSeed | Sequence[ReadoutSeed],
        *,
        taus: bool = True,
        workers: _core.Workers | None = None,
    ) -> PotentialsGradients:
        """Differentiate a loss on this reading.

        Parameters
        ----------
        seeds : ReadoutSeed or sequence of ReadoutSeed
            From `Observation.seed`; several add up.
        taus : bool, default True
            Whether derivatives with respect to time constants are wanted.
        workers : optional
            Threads to compute on; those of the forward pass if omitted.

        Raises
        ------
        DomainError
            If `seeds` are something else.
        ShapeError
            If a seed belongs to a batch of another size.
        """
        given = [seeds] if isinstance(seeds, ReadoutSeed) else list(seeds)
        for seed in given:
            if not isinstance(seed, ReadoutSeed):
                msg = f"a seed is {seed!r}, expected what Observation.seed(derivative) returns"
                raise DomainError(msg)
        duration = self.layer.duration
        parts = self._core.backward(
            [(s.window.code(duration), s.values) for s in given if isinstance(s, AverageSeed)],
            [s.values for s in given if isinstance(s, MaximumSeed)],
            [(s.times, s.values) for s in given if isinstance(s, VoltageSeed)],
            taus,
            self._workers if workers is None else workers,
        )
        return PotentialsGradients(*parts)

    def backward(
        self, seeds: object, *, wrt: frozenset[str], workers: _core.Workers
    ) -> tuple[dict[str, NDArray[Any]], NDArray[np.float64]]:
        """Do for `Network.backward` what `gradients` does, in the precision of the network."""
        grads = self.gradients(
            cast("ReadoutSeed | Sequence[ReadoutSeed]", seeds),
            taus=not wrt.isdisjoint({"tau_mem", "tau_syn"}),
            workers=workers,
        )
        own = {
            "weights": grads.weights.astype(self._dtype),
            "tau_mem": grads.tau_mem,
            "tau_syn": grads.tau_syn,
        }
        return {name: own[name] for name in own if name in wrt}, grads.spike_times


def _taus(name: str, layer: LI, given: ArrayLike | None) -> NDArray[Any]:
    return layer.values(name) if given is None else _checks.real_vector(name, given)
