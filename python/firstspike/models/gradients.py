"""Derivatives of a loss with respect to everything in a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from firstspike.errors import DomainError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Gradients"]


@dataclass(frozen=True, eq=False)
class Gradients(Mapping[str, Sequence["NDArray[Any]"]]):
    """What `Network.backward` returns: for each name in `wrt`, one array per layer.

    ``grads["tau_mem"][i]`` is the derivative with respect to ``net.tau_mem[i]``, summed over the
    batch, of that parameter's shape and dtype; ``grads.tau_mem`` is the same as
    ``grads["tau_mem"]``.

    Attributes
    ----------
    parameters : mapping of str to sequence of ndarray
        The derivatives by name: ``weights``, ``thresholds``, ``delays``, ...
    spike_times : sequence of ndarray, shape (n_spikes,)
        Total derivative dL/dt, per second, of every spike of each spiking layer: how the loss
        answers if that spike alone were moved and everything after it reacted. In the order of
        ``tape.spikes(layer).times``.
    input_times : ndarray, shape (n_spikes,), or None
        dL/dt, per second, of every input spike; None if not asked for.

    Raises
    ------
    DomainError
        For a name that was not asked for.

    Examples
    --------
    >>> import numpy as np
    >>> import firstspike as fs
    >>> net = fs.Network([fs.LIF(1, 1, init=fs.Normal(10.0, 0.0))], seed=0)
    >>> tape = net.forward(fs.SpikeBatch.from_lists([[(1e-3, 0)]], n_sources=1))
    >>> grads = net.backward(tape, np.ones((1, 1)))
    >>> bool(grads.weights[0][0, 0] < 0)           # a stronger synapse fires earlier
    True
    >>> round(float(grads.input_times[0]), 5)      # a later input delays the output by as much
    1.0
    """

    parameters: Mapping[str, Sequence[NDArray[Any]]]
    spike_times: Sequence[NDArray[Any]]
    input_times: NDArray[Any] | None

    @property
    def weights(self) -> Sequence[NDArray[Any]]:
        """dL/dw of each layer, shape (n_in, n_out)."""
        return self["weights"]

    @property
    def thresholds(self) -> Sequence[NDArray[Any]]:
        """dL/dθ of each layer, shape (n_out,)."""
        return self["thresholds"]

    @property
    def recurrent_weights(self) -> Sequence[NDArray[Any]]:
        """dL/dw of each layer's synapses onto itself, shape (n_out, n_out)."""
        return self["recurrent_weights"]

    @property
    def delays(self) -> Sequence[NDArray[Any]]:
        """dL/dd of each layer's inputs, per second, of the delays' shape."""
        return self["delays"]

    @property
    def recurrent_delays(self) -> Sequence[NDArray[Any]]:
        """dL/dd of each layer's synapses onto itself, per second, of the delays' shape."""
        return self["recurrent_delays"]

    @property
    def tau_mem(self) -> Sequence[NDArray[Any]]:
        """dL/dτ_mem of each layer, per second, shape (n_out,)."""
        return self["tau_mem"]

    @property
    def tau_syn(self) -> Sequence[NDArray[Any]]:
        """dL/dτ_syn of each layer, per second, shape (n_out,)."""
        return self["tau_syn"]

    @property
    def resets(self) -> Sequence[NDArray[Any]]:
        """dL/dV_r of each layer, shape (n_out,)."""
        return self["resets"]

    @property
    def leaks(self) -> Sequence[NDArray[Any]]:
        """dL/dE_L of each layer, shape (n_out,)."""
        return self["leaks"]

    def __getitem__(self, name: str) -> Sequence[NDArray[Any]]:
        try:
            return self.parameters[name]
        except KeyError:
            msg = (
                f"gradient of {name!r} was not computed, expected one of {list(self.parameters)}; "
                "ask for it with backward(..., wrt=[...])"
            )
            raise DomainError(msg) from None

    def __contains__(self, name: object) -> bool:
        return name in self.parameters

    def __iter__(self) -> Iterator[str]:
        return iter(self.parameters)

    def __len__(self) -> int:
        return len(self.parameters)
