"""Parameters of a network as attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstspike.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firstspike.models.parameters import Parameters

__all__ = ["NamedParameters"]


class NamedParameters:
    """Anything with `parameters` by name, so that ``x.weights`` is ``x.parameters["weights"]``."""

    parameters: Mapping[str, Parameters]

    @property
    def weights(self) -> Parameters:
        """Weights of each layer, shape (n_in, n_out)."""
        return self.parameters["weights"]

    @property
    def thresholds(self) -> Parameters:
        """Thresholds of each layer, shape (n_out,)."""
        return self.parameters["thresholds"]

    @property
    def tau_mem(self) -> Parameters:
        """Membrane time constants of each layer in seconds, shape (n_out,)."""
        return self._optional("tau_mem", "LIF()")

    @property
    def tau_syn(self) -> Parameters:
        """Synaptic time constants of each layer in seconds, shape (n_out,)."""
        return self._optional("tau_syn", "LIF()")

    @property
    def resets(self) -> Parameters:
        """Potential after a spike, of each layer, shape (n_out,)."""
        return self._optional("resets", "LIF()")

    @property
    def leaks(self) -> Parameters:
        """Resting potential of each layer, shape (n_out,)."""
        return self._optional("leaks", "LIF()")

    @property
    def recurrent_weights(self) -> Parameters:
        """Weights of each layer onto itself, shape (n_out, n_out)."""
        return self._optional("recurrent_weights", "LIF(recurrent=Recurrent())")

    @property
    def delays(self) -> Parameters:
        """Delays of each layer's inputs in seconds, per synapse or per source."""
        return self._optional("delays", "LIF(delays=SynapseDelays())")

    @property
    def recurrent_delays(self) -> Parameters:
        """Delays of each layer's synapses onto itself in seconds, per synapse or per source."""
        return self._optional("recurrent_delays", "LIF(recurrent=Recurrent(delays=...))")

    def _optional(self, name: str, how: str) -> Parameters:
        if name not in self.parameters:
            msg = f"the network has no {name}, expected a layer with {how}"
            raise DomainError(msg)
        return self.parameters[name]
