"""Networks as JAX functions with their own derivative rule (extra ``firstspike[jax]``).

The function calls back into the core, so it runs under ``jit``, ``grad`` and ``vmap`` (sample
batches one after the other), on the host.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.errors import ShapeError
from firstspike.events import SpikeBatch
from firstspike.interop._calls import Calls, require

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from firstspike.models import Network

__all__ = ["to_function"]


def to_function(
    net: Network,
    *,
    wrt: Sequence[str] = ("weights",),
    slope_guard: float | None = None,
    until: float | None = None,
    threads: int | None = None,
) -> tuple[Callable[[dict[str, Any], Any], Any], dict[str, Any]]:
    """Make a JAX function of a network, and the parameters to start with.

    ``function(parameters, times)`` takes an array of shape (n_samples, n_in) with one time in
    seconds per channel, ``inf`` for "no spike", and gives one of shape (n_samples, n_out): what the
    readout reads, or the first spike times of the last layer, ``inf`` where an output is
    silent. ``function(parameters, spikes)`` takes a `SpikeBatch` instead, which is a constant to
    JAX. Derivatives are exact and reach parameters and times; entries of silent outputs get none.
    The backward pass runs the network forwards once more: JAX may not keep anything in between.

    Outputs are float64 if ``jax_enable_x64`` is set, else float32.

    Parameters
    ----------
    net : Network
        Copied, never changed.
    wrt : sequence of str
        Parameters to hold, of ``net.parameters``.
    slope_guard : float, optional
        See `Network.backward`.
    until : float, optional
        See `Network.forward`.
    threads : int, optional
        Number of threads, all cores by default.

    Returns
    -------
    function : callable
        ``(parameters, times or spikes) -> outputs``.
    parameters : dict of str to array
        ``weights_0``, ``weights_1``, ...

    Raises
    ------
    MissingExtraError
        If jax is not installed.
    DomainError
        If `wrt` names what the network has not.
    """
    jax = require("jax")
    calls = Calls.of(net, wrt, slope_guard=slope_guard, until=until, threads=threads)
    names = [f"{name}_{layer}" for name, layer in calls.slots]
    start = {
        key: jax.numpy.asarray(calls.net.parameters[name][layer])
        for key, (name, layer) in zip(names, calls.slots, strict=True)
    }
    host = _Host(calls)

    def function(parameters: dict[str, Any], spikes: Any) -> Any:  # noqa: ANN401
        arrays = [parameters[key] for key in names]
        if isinstance(spikes, SpikeBatch):
            return _differentiable(jax, host, spikes)(jax.numpy.zeros((0, 0)), *arrays)
        times = jax.numpy.asarray(spikes)
        n_in = calls.net.n_in
        if times.ndim != 2 or times.shape[1] != n_in:
            msg = f"times has shape {times.shape}, expected (n_samples, n_in) with n_in = {n_in}"
            raise ShapeError(msg)
        return _differentiable(jax, host, None)(times, *arrays)

    return function, start


class _Host:
    """The core's side of the callbacks; one at a time, for they share a network."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self._lock = threading.Lock()

    def value(
        self, batch: SpikeBatch | None, times: NDArray[Any], arrays: Sequence[NDArray[Any]]
    ) -> NDArray[np.float64]:
        with self._lock:
            return self.calls.forward(arrays, _batch(batch, times))[0]

    def gradients(
        self,
        batch: SpikeBatch | None,
        outputs: NDArray[Any],
        times: NDArray[Any],
        arrays: Sequence[NDArray[Any]],
    ) -> tuple[NDArray[Any], ...]:
        with self._lock:
            values, tape = self.calls.forward(arrays, _batch(batch, times))
            given = np.where(np.isfinite(values), np.asarray(outputs, np.float64), 0.0)
            grads = self.calls.backward(tape, given)
        of_times = np.zeros(np.shape(times), np.asarray(times).dtype)
        if batch is None and grads.input_times is not None:
            of_times[...] = Calls.dense_input_gradient(
                np.asarray(times, np.float64), grads.input_times
            )
        found = [grads[name][layer] for name, layer in self.calls.slots]
        return of_times, *(
            np.asarray(g, np.asarray(like).dtype) for g, like in zip(found, arrays, strict=True)
        )


def _batch(batch: SpikeBatch | None, times: NDArray[Any]) -> SpikeBatch:
    return SpikeBatch.from_dense(np.asarray(times, np.float64)) if batch is None else batch


def _differentiable(jax: Any, host: _Host, batch: SpikeBatch | None) -> Any:  # noqa: ANN401
    """Return ``(times, *arrays) -> outputs`` with its derivative rule."""
    n_out = host.calls.net.n_out

    def output(times: Any) -> Any:  # noqa: ANN401
        n_samples = times.shape[0] if batch is None else batch.n_samples
        dtype = jax.dtypes.canonicalize_dtype(np.float64)
        return jax.ShapeDtypeStruct((n_samples, n_out), dtype)

    def on_host(times: Any, *arrays: Any) -> Any:  # noqa: ANN401
        values = host.value(batch, np.asarray(times), [np.asarray(a) for a in arrays])
        return values.astype(output(times).dtype)

    def back_on_host(outputs: Any, times: Any, *arrays: Any) -> Any:  # noqa: ANN401
        host_arrays = [np.asarray(a) for a in arrays]
        return host.gradients(batch, np.asarray(outputs), np.asarray(times), host_arrays)

    @jax.custom_vjp
    def run(times: Any, *arrays: Any) -> Any:  # noqa: ANN401
        return jax.pure_callback(on_host, output(times), times, *arrays, vmap_method="sequential")

    def forward(times: Any, *arrays: Any) -> Any:  # noqa: ANN401
        return run(times, *arrays), (times, *arrays)

    def backward(kept: Any, outputs: Any) -> Any:  # noqa: ANN401
        shapes = tuple(jax.ShapeDtypeStruct(a.shape, a.dtype) for a in kept)
        return jax.pure_callback(back_on_host, shapes, outputs, *kept, vmap_method="sequential")

    run.defvjp(forward, backward)
    return run
