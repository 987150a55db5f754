"""What a network did on a batch."""

from __future__ import annotations

import operator
import reprlib
from typing import TYPE_CHECKING

from firstspike.errors import DomainError
from firstspike.events import SpikeBatch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from firstspike._core import CircuitTape, LifTape, RampTape, Workers
    from firstspike.models.network import Network
    from firstspike.models.readout import Reading

__all__ = ["Tape"]


class Tape:
    """A recorded forward pass; made by `Network.forward`, consumed by `Network.backward`.

    A tape holds the parameters it was recorded with, so changing the network afterwards does not
    change the gradients.

    Attributes
    ----------
    network : Network
        The network that made it.
    inputs : SpikeBatch
        The input spikes.
    until : float or None
        End of the trial in seconds.
    readout : Reading or None
        What the network's readout made of the last spiking layer, if it has one.

    Examples
    --------
    >>> import firstspike as fs
    >>> net = fs.Network([fs.LIF(1, 2, init=fs.Normal(10.0, 0.0))], seed=0)
    >>> tape = net.forward(fs.SpikeBatch.from_lists([[(0.0, 0)], []], n_sources=1))
    >>> tape.spikes(-1).sources.tolist()
    [0, 1]
    >>> tape.first_spike_times().round(5).tolist()
    [[0.00283, 0.00283], [inf, inf]]
    """

    def __init__(
        self,
        network: Network,
        inputs: SpikeBatch,
        core: LifTape | CircuitTape | RampTape,
        workers: Workers,
        until: float | None = None,
    ) -> None:
        self.network = network
        self.inputs = inputs
        self.until = until
        self.readout: Reading | None = None
        self._core = core
        self._workers = workers

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return self.inputs.n_samples

    def spikes(self, layer: int = -1) -> SpikeBatch:
        """Return the spikes of a spiking layer; negative indices count from the last of them.

        Raises
        ------
        DomainError
            If there is no such layer.
        """
        index = self.index(layer)
        offsets, times, sources = self._core.spikes(index)
        return SpikeBatch(offsets, times, sources, self.network.spiking[index].n_out)

    def first_spike_times(self, layer: int = -1) -> NDArray[np.float64]:
        """Return the first spike time of each neuron in seconds, ``inf`` if there is none.

        Returns
        -------
        ndarray of float64, shape (n_samples, n_out)

        Raises
        ------
        DomainError
            If there is no such layer.
        """
        return self._core.first_spike_times(self.index(layer))

    def slopes(self, layer: int = -1) -> NDArray[np.float64]:
        r"""Return how steeply each spike of a layer crossed its threshold.

        Returns
        -------
        ndarray of float64, shape (n_spikes,)
            :math:`\tau_\mathrm{mem} \dot V` just before the spike, that is the current above the
            threshold :math:`I - \theta` where nothing else drives the membrane, and the slope
            :math:`S` of a `Ramp`; in the order of
            ``tape.spikes(layer).times``.

        Raises
        ------
        DomainError
            If there is no such layer.
        """
        return self._core.slopes(self.index(layer))

    def max_voltages(self, layer: int = -1) -> NDArray[np.float64]:
        r"""Return the highest potential :math:`\max_t V` of each neuron.

        A neuron that spiked has reached its threshold, so its entry is the threshold. A neuron
        that never rose above its start at 0 has the entry 0.

        Returns
        -------
        ndarray of float64, shape (n_samples, n_out)

        Raises
        ------
        DomainError
            If there is no such layer.
        """
        return self._core.max_voltages(self.index(layer), self._workers)

    def index(self, layer: int) -> int:
        """Return the index of a spiking layer, counted from the first.

        Raises
        ------
        DomainError
            If there is no such layer.
        """
        depth = len(self.network.spiking)
        try:
            layer = operator.index(layer)
        except TypeError:
            msg = f"layer is {reprlib.repr(layer)}, expected {-depth} to {depth - 1}"
            raise DomainError(msg) from None
        if not -depth <= layer < depth:
            msg = f"layer is {layer}, expected {-depth} to {depth - 1}"
            raise DomainError(msg)
        return layer % depth
