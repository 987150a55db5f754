"""Spiking layers in order, with an optional readout on top."""

from __future__ import annotations

import os
import reprlib
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from firstspike import _checks, _core
from firstspike.errors import DomainError, ShapeError
from firstspike.events import SpikeBatch
from firstspike.models import general, plain, ramps, store
from firstspike.models.gradients import Gradients
from firstspike.models.grid import TimeGrid
from firstspike.models.initial import initial_parameters
from firstspike.models.named import NamedParameters
from firstspike.models.seeds import make_seeds
from firstspike.models.stack import split
from firstspike.models.tape import Tape

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import ArrayLike, DTypeLike, NDArray

    from firstspike.models.parameters import Parameters
    from firstspike.models.readout import Readout
    from firstspike.models.stack import Spiking

__all__ = ["Network"]

# Samples that `infer` holds on tape at a time.
SLICE = 256


class Network(NamedParameters):
    """Spiking layers in order, simulated and differentiated exactly, event by event.

    Parameters
    ----------
    layers : sequence of LIF or of Ramp, the last of which may be a Readout
        Each layer's `n_in` is the `n_out` of the one before. Spiking layers are of one kind.
    seed : int
        Seed of the initial weights and delays.
    dtype : dtype, default float32
        Precision of weights, potentials and gradients, float32 or float64. Times, time constants
        and delays are float64 always.

    Attributes
    ----------
    layers : tuple of LIF, Ramp or Readout
        What the layers are.
    spiking : tuple of LIF or of Ramp
        The layers that spike: all, or all but the last.
    parameters : mapping of str to Parameters
        Everything that can be learned, by name; each has one array per layer, readable and
        settable, and is an attribute too: ``net.weights`` is ``net.parameters["weights"]``. An
        array is empty where a layer has no such parameter; networks of `Ramp` layers have
        ``weights`` and ``thresholds`` only.

        ================== ==============================  =====================================
        ``weights``        (n_in, n_out)
        ``thresholds``     (n_out,)                        θ
        ``tau_mem``        (n_out,)                        seconds
        ``tau_syn``        (n_out,)                        seconds
        ``resets``         (n_out,)                        potential after a spike
        ``leaks``          (n_out,)                        resting potential
        recurrent_weights  (n_out, n_out), source first    only where a layer is recurrent
        delays             (n_in, n_out) or (n_in,)        seconds; only where a layer has delays
        recurrent_delays   (n_out, n_out) or (n_out,)      seconds; likewise
        ================== ==============================  =====================================
    meta : dict of str to JSON values
        Free notes that are saved with the network, such as how its inputs were encoded.

    Raises
    ------
    ShapeError
        If there is no spiking layer or two neighbours disagree.
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

    def __init__(
        self, layers: Sequence[Spiking | Readout], *, seed: int, dtype: DTypeLike = np.float32
    ) -> None:
        self.layers = tuple(layers)
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
            msg = f"dtype is {self.dtype}, expected float32 or float64"
            raise DomainError(msg)
        self.spiking, self.readout = split(self.layers)
        self.parameters: Mapping[str, Parameters] = initial_parameters(
            self.layers, _checks.count("seed", seed), self.dtype
        )
        self.meta: dict[str, Any] = {}
        self._workers: dict[tuple[int, int | None], _core.Workers] = {}

    @property
    def extras(self) -> tuple[str, ...]:
        """What the spiking layers have beyond plain feed-forward LIF, in words.

        A network without any runs on the fast engine, and can be trained fused and quantized.
        `Ramp` layers have an engine of their own and are listed; they can be quantized too.
        """
        return plain.extras(self)

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
        self,
        spikes: SpikeBatch,
        *,
        until: float | None = None,
        grid: TimeGrid | None = None,
        tick: float | None = None,
        threads: int | None = None,
    ) -> Tape:
        """Simulate a batch and record it.

        Simultaneous inputs act together: a neuron that reaches its threshold exactly when they
        arrive spikes without them, and equal spike times are ordered by neuron.

        Parameters
        ----------
        spikes : SpikeBatch
            Input spikes, `n_in` sources.
        until : float, optional
            End of the trial in seconds: nothing happens after it. Without it a trial ends when
            nothing can happen any more; recurrent layers with `Many` might go on for ever, so
            they need it.
        grid : TimeGrid, optional
            When spikes may arrive; at any time by default, which is exact.
        tick : float, optional
            Seconds per tick of a clock, as the hardware has one: input spikes and those of hidden
            layers are rounded down to it, those of the last layer keep their exact times.
            `backward` treats the rounding as if it were not there. For networks without `extras`,
            and for those of `Ramp` layers, where it goes together with `until`.
        threads : int, optional
            Number of threads, all cores by default. Results do not depend on it.

        Raises
        ------
        ShapeError
            If the batch has another number of sources.
        DomainError
            If a parameter is out of range (not finite, a threshold not positive or not above the
            leak and reset potentials, a delay negative), a neuron spikes more often than its `Many`
            allows, `until` is missing where it is needed, or `tick` is given where neurons may
            spike more than once or the network has `extras`, or a `grid` to `Ramp` layers.
        """
        _checks.kind("grid", grid, TimeGrid, "firstspike.TimeGrid(step)")
        batch, workers, extras = _batch(spikes), self._threads(threads), self.extras
        until, tick = _checks.optional("until", until), _checks.optional("tick", tick)
        core: _core.LifTape | _core.CircuitTape | _core.RampTape
        if ramps.made_of_ramps(self):
            core = ramps.forward(self, batch, until, grid, tick, workers)
        elif tick is None and (extras or until is not None or grid is not None):
            step = None if grid is None else grid.step
            core = _core.circuit_forward(*general.parts(self), batch, until, step, workers)
        elif until is not None or grid is not None:
            msg = f"tick is {tick}, expected None: a clock goes with neither until nor a grid"
            raise DomainError(msg)
        else:
            parts = plain.parts(self, "a clock", extras)
            core = _core.lif_forward(*parts, batch, tick, workers)
        tape = Tape(self, spikes, core, workers, until)
        if self.readout is not None:
            own = {name: arrays[-1] for name, arrays in self.parameters.items() if arrays[-1].size}
            tape.readout = self.readout.read(own, tape.spikes(), until=until, workers=workers)
        return tape

    def infer(
        self,
        spikes: SpikeBatch,
        *,
        until: float | None = None,
        grid: TimeGrid | None = None,
        tick: float | None = None,
        threads: int | None = None,
    ) -> tuple[NDArray[np.float64], list[int]]:
        """Simulate without recording, for whole data sets; arguments as those of `forward`.

        Returns
        -------
        first_spike_times : ndarray of float64, shape (n_samples, n_out)
            Of the last spiking layer, in seconds; ``inf`` if silent.
        spike_counts : list of int
            Number of spikes in each spiking layer, over all samples.

        Raises
        ------
        ShapeError, DomainError
            As `forward`.
        """
        extras, tick = self.extras, _checks.optional("tick", tick)
        if not (extras or until is not None or grid is not None):
            parts = plain.parts(self, "the fast engine", extras)
            return _core.lif_infer(*parts, _batch(spikes), tick, self._threads(threads))
        times, counts = [np.zeros((0, self.spiking[-1].n_out))], [0] * len(self.spiking)
        _batch(spikes)
        for start in range(0, max(spikes.n_samples, 1), SLICE):
            part = spikes[start : start + SLICE]
            tape = self.forward(part, until=until, grid=grid, tick=tick, threads=threads)
            times.append(tape.first_spike_times())
            for layer in range(len(counts)):
                counts[layer] += tape.spikes(layer).n_spikes
        return np.concatenate(times), counts

    def backward(
        self,
        tape: Tape,
        dL_dt: ArrayLike | None = None,
        dL_dvmax: ArrayLike | Mapping[int, ArrayLike] | None = None,
        *,
        dL_dspikes: Mapping[int, ArrayLike] | None = None,
        dL_dreadout: object = None,
        wrt: Collection[str] | None = None,
        slope_guard: float | None = None,
        input_times: bool = True,
        threads: int | None = None,
    ) -> Gradients:
        r"""Differentiate a loss, given how it depends on what the network did.

        What is not given is 0; what is given adds up.

        Parameters
        ----------
        tape : Tape
            From this network's `forward`.
        dL_dt : array_like, shape (n_samples, n_out), optional
            Derivative with respect to the first spike time of each neuron of the last spiking
            layer, per second. Entries of silent neurons are ignored.
        dL_dvmax : array_like or mapping from layer to array_like, optional
            Derivative with respect to ``tape.max_voltages(layer)``, shape (n_samples, n_out); an
            array alone is for the last spiking layer. Only silent neurons may have an entry other
            than 0. A loss that also depends on thresholds directly, as a hinge
            :math:`\max(0, \theta - \max_t V)` does, adds that part to ``grads.thresholds`` itself.
        dL_dspikes : mapping from layer to array_like, shape (n_spikes,), optional
            Derivative with respect to every spike of a layer, per second, in the order of
            ``tape.spikes(layer).times``.
        dL_dreadout : optional
            Derivative with respect to ``tape.readout``, in the form that readout defines.
        wrt : collection of str, optional
            Names of the parameters to differentiate with respect to. By default ``weights``,
            ``thresholds``, and where the network has them ``recurrent_weights``, ``delays`` and
            ``recurrent_delays``.
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
            If the tape is another network's, a derivative is not finite, a spiking neuron has
            an entry in `dL_dvmax`, or `wrt` names what the network has not.
        ShapeError
            If an array has the wrong shape.
        """
        if not isinstance(tape, Tape):
            msg = f"tape is {reprlib.repr(tape)}, expected what forward returns"
            raise DomainError(msg)
        if tape.network is not self:
            msg = "tape was recorded by another network, expected a tape of this one"
            raise DomainError(msg)
        names = self._names(wrt)
        of_readout: Mapping[str, NDArray[Any]] = {}
        if dL_dreadout is not None:
            if tape.readout is None:
                msg = "dL_dreadout is given, expected None: the network has no readout"
                raise DomainError(msg)
            of_readout, dL_dlast = tape.readout.backward(
                dL_dreadout, wrt=names, workers=self._threads(threads)
            )
            last = len(self.spiking) - 1
            given = {tape.index(layer): values for layer, values in (dL_dspikes or {}).items()}
            dL_dspikes = given | {last: np.add(dL_dlast, given.get(last, 0.0))}
        seeds = make_seeds(tape, dL_dt, dL_dvmax, dL_dspikes)
        slope_guard = _checks.optional("slope_guard", slope_guard)
        core, workers = tape._core, self._threads(threads)
        engine: Callable[..., Gradients] = general.backward
        if isinstance(core, _core.RampTape):
            engine = plain.backward
        elif isinstance(core, _core.LifTape):
            if names <= plain.GRADIENTS:
                engine = plain.backward
            else:
                core = general.of_plain(self, core)
        found = engine(self, core, seeds, names, slope_guard, input_times, workers)
        return found if self.readout is None else _with_readout(self, found, of_readout)

    def _names(self, wrt: Collection[str] | None) -> frozenset[str]:
        if wrt is None:
            return frozenset(self.parameters) - {"tau_mem", "tau_syn", "resets", "leaks"}
        names = frozenset({wrt} if isinstance(wrt, str) else wrt)
        if not names <= set(self.parameters):
            msg = f"wrt is {sorted(names)}, expected some of {list(self.parameters)}"
            raise DomainError(msg)
        return names

    def _parts(self) -> tuple[list[_core.LifSpec], list[tuple[NDArray[Any], NDArray[Any]]]]:
        """Return what the fast engine needs."""
        return plain.parts(self, "the fast engine")

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


def _with_readout(network: Network, found: Gradients, own: Mapping[str, NDArray[Any]]) -> Gradients:
    """Append the readout's gradients to those of the spiking layers."""
    whole = {
        name: [*arrays, own.get(name, np.zeros_like(network.parameters[name][-1]))]
        for name, arrays in found.parameters.items()
    }
    return Gradients(whole, found.spike_times, found.input_times)


def _batch(spikes: SpikeBatch) -> _core.Batch:
    if not isinstance(spikes, SpikeBatch):
        msg = f"spikes is a {type(spikes).__name__}, expected a SpikeBatch; encoders make them"
        raise ShapeError(msg)
    return (spikes.offsets, spikes.times, spikes.sources, spikes.n_sources)
