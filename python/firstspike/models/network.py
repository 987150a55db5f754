"""A feed-forward stack of spiking layers."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from firstspike import _checks, _core
from firstspike.errors import DomainError, ShapeError
from firstspike.events import SpikeBatch
from firstspike.models import store
from firstspike.models.gradients import Gradients
from firstspike.models.parameters import Parameters
from firstspike.models.tape import Tape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, DTypeLike, NDArray

    from firstspike.models.lif import LIF

__all__ = ["Network"]


class Network:
    """LIF layers in order, simulated and differentiated exactly, event by event.

    Parameters
    ----------
    layers : sequence of LIF
        Each layer's `n_in` is the `n_out` of the one before.
    seed : int
        Seed of the initial weights.
    dtype : dtype, default float32
        Precision of weights, states and gradients, float32 or float64. Times are float64 always.

    Attributes
    ----------
    layers : tuple of LIF
        What the layers are.
    weights : Parameters
        Per layer, shape (n_in, n_out); readable and settable.
    thresholds : Parameters
        Per layer, shape (n_out,); readable and settable.
    meta : dict of str to JSON values
        Free notes that are saved with the network, such as how its inputs were encoded.

    Raises
    ------
    ShapeError
        If there is no layer or two neighbours disagree.
    DomainError
        If `dtype` is neither float32 nor float64.

    References
    ----------
    Wunderlich & Pehle, doi:10.1038/s41598-021-91786-z.

    Examples
    --------
    >>> import numpy as np
    >>> import firstspike as fs
    >>> net = fs.Network([fs.LIF(3, 20), fs.LIF(20, 2)], seed=0, dtype=np.float64)
    >>> spikes = fs.SpikeBatch.from_dense([[1e-3, 2e-3, 4e-3]])
    >>> tape = net.forward(spikes)
    >>> times = tape.first_spike_times()
    >>> grads = net.backward(tape, np.array([[1.0, -1.0]]))       # L = t_0 - t_1
    >>> [g.shape for g in grads.weights]
    [(3, 20), (20, 2)]
    """

    def __init__(self, layers: Sequence[LIF], *, seed: int, dtype: DTypeLike = np.float32) -> None:
        self.layers = tuple(layers)
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
            msg = f"dtype is {self.dtype}, expected float32 or float64"
            raise DomainError(msg)
        _check_stack(self.layers)
        seed = _checks.count("seed", seed)
        rngs = [np.random.default_rng([seed, index]) for index in range(len(self.layers))]
        self._weights = Parameters(
            "weights",
            [
                layer.init.draw(layer, rng).astype(self.dtype)
                for layer, rng in zip(self.layers, rngs, strict=True)
            ],
        )
        self._thresholds = Parameters(
            "thresholds",
            [np.full(layer.n_out, layer.threshold, self.dtype) for layer in self.layers],
        )
        self.meta: dict[str, Any] = {}
        self._workers: dict[tuple[int, int | None], _core.Workers] = {}

    @property
    def weights(self) -> Parameters:
        """Weights of each layer, shape (n_in, n_out)."""
        return self._weights

    @property
    def thresholds(self) -> Parameters:
        """Thresholds of each layer, shape (n_out,)."""
        return self._thresholds

    @property
    def n_in(self) -> int:
        """Number of input channels."""
        return self.layers[0].n_in

    @property
    def n_out(self) -> int:
        """Number of neurons in the last layer."""
        return self.layers[-1].n_out

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to one safetensors file, which appears complete or not at all.

        Raises
        ------
        DomainError
            If `meta` cannot be written as JSON.
        """
        store.save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a network that `save` wrote.

        Raises
        ------
        FormatError
            If the file is truncated, foreign, of a newer version, or contradicts itself.
        OSError
            If it cannot be read at all.
        """
        return store.load(path, cls)

    def forward(
        self, spikes: SpikeBatch, *, tick: float | None = None, threads: int | None = None
    ) -> Tape:
        """Simulate a batch and record it.

        Simultaneous inputs act together: a neuron that reaches its threshold exactly when they
        arrive spikes without them, and equal spike times are ordered by neuron.

        Parameters
        ----------
        spikes : SpikeBatch
            Input spikes, `n_in` sources.
        tick : float, optional
            Seconds per tick of a clock, as the hardware has one: input spikes and those of hidden
            layers are rounded down to it, those of the last layer keep their exact times.
            `backward` treats the rounding as if it were not there.
        threads : int, optional
            Number of threads, all cores by default. Results do not depend on it.

        Raises
        ------
        ShapeError
            If the batch has another number of sources.
        DomainError
            If a parameter is not finite, a threshold not positive, a neuron spikes more often than
            its `Many` allows, or `tick` is given where neurons may spike more than once.
        """
        workers = self._threads(threads)
        core = _core.lif_forward(*self._parts(), _batch(spikes), tick, workers)
        return Tape(self, spikes, core, workers)

    def infer(
        self, spikes: SpikeBatch, *, tick: float | None = None, threads: int | None = None
    ) -> tuple[NDArray[np.float64], list[int]]:
        """Simulate without recording, for whole data sets; arguments as those of `forward`.

        Returns
        -------
        first_spike_times : ndarray of float64, shape (n_samples, n_out)
            Of the last layer, in seconds; ``inf`` if silent.
        spike_counts : list of int
            Number of spikes in each layer, over all samples.

        Raises
        ------
        ShapeError, DomainError
            As `forward`.
        """
        return _core.lif_infer(*self._parts(), _batch(spikes), tick, self._threads(threads))

    def backward(
        self,
        tape: Tape,
        dL_dt: ArrayLike,
        dL_dvmax: ArrayLike | Mapping[int, ArrayLike] | None = None,
        *,
        slope_guard: float | None = None,
        input_times: bool = True,
        threads: int | None = None,
    ) -> Gradients:
        r"""Differentiate a loss, given how it depends on spikes and on silent potentials.

        Parameters
        ----------
        tape : Tape
            From this network's `forward`.
        dL_dt : array_like, shape (n_samples, n_out)
            Derivative with respect to the first spike time of each output, per second. Entries of
            silent outputs are ignored.
        dL_dvmax : array_like or mapping from layer to array_like, optional
            Derivative with respect to ``tape.max_voltages(layer)``, shape (n_samples, n_out); an
            array alone is for the last layer. Only silent neurons may have an entry other
            than 0. A loss that also depends on thresholds directly, as a hinge
            :math:`\max(0, \theta - \max_t V)` does, adds that part to ``grads.thresholds`` itself.
        slope_guard : float, optional
            Credit every spike with a slope :math:`I - \theta` of at least this much. The gradient
            of a spike that barely happens grows without bound; 0.02 to 0.05 (in units of the
            threshold) touches under 1 % of the spikes of a trained network and bounds the
            variance. None gives the exact gradient.
        input_times : bool, default True
            Whether derivatives with respect to input times are wanted.
        threads : int, optional
            Number of threads, all cores by default. Results do not depend on it.

        Raises
        ------
        DomainError
            If the tape is another network's, a derivative is not finite, or a spiking neuron has
            an entry in `dL_dvmax`.
        ShapeError
            If an array has the wrong shape.
        """
        if tape.network is not self:
            msg = "tape was recorded by another network, expected a tape of this one"
            raise DomainError(msg)
        if dL_dvmax is None:
            jumps: Mapping[int, ArrayLike] = {}
        else:
            jumps = dL_dvmax if isinstance(dL_dvmax, Mapping) else {-1: dL_dvmax}
        weights, thresholds, spike_times, inputs = tape._core.backward(
            self._per_output("dL_dt", tape, -1, dL_dt),
            [
                (tape._layer(layer), self._per_output("dL_dvmax", tape, layer, values))
                for layer, values in jumps.items()
            ],
            slope_guard,
            input_times,
            self._threads(threads),
        )
        return Gradients(weights, thresholds, spike_times, inputs)

    def _per_output(
        self, name: str, tape: Tape, layer: int, values: ArrayLike
    ) -> NDArray[np.float64]:
        array = _checks.real_matrix(name, values, "(n_samples, n_out)")
        expected = (tape.n_samples, self.layers[tape._layer(layer)].n_out)
        if array.shape != expected:
            msg = f"{name} has shape {array.shape}, expected (n_samples, n_out) = {expected}"
            raise ShapeError(msg)
        return array

    def _parts(self) -> tuple[list[_core.LifSpec], list[tuple[NDArray[Any], NDArray[Any]]]]:
        specs = [layer._spec() for layer in self.layers]
        return specs, list(zip(self.weights, self.thresholds, strict=True))

    def _threads(self, threads: int | None) -> _core.Workers:
        if threads is not None:
            threads = _checks.count("threads", threads)
        key = (os.getpid(), threads)  # threads do not survive a fork
        if key not in self._workers:
            self._workers[key] = _core.Workers(threads)
        return self._workers[key]

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_workers": {}}  # threads cannot be copied

    def __repr__(self) -> str:
        sizes = "-".join(str(n) for n in (self.n_in, *(layer.n_out for layer in self.layers)))
        return f"<Network {sizes}, {self.dtype}>"


def _check_stack(layers: tuple[LIF, ...]) -> None:
    if not layers:
        msg = "layers is empty, expected at least one layer"
        raise ShapeError(msg)
    for index, (below, above) in enumerate(itertools.pairwise(layers), start=1):
        if below.n_out != above.n_in:
            msg = (
                f"layers[{index}] has n_in = {above.n_in}, "
                f"expected n_out of layers[{index - 1}], that is {below.n_out}"
            )
            raise ShapeError(msg)


def _batch(spikes: SpikeBatch) -> _core.Batch:
    if not isinstance(spikes, SpikeBatch):
        msg = f"spikes is a {type(spikes).__name__}, expected a SpikeBatch; encoders make them"
        raise ShapeError(msg)
    return (spikes.offsets, spikes.times, spikes.sources, spikes.n_sources)
