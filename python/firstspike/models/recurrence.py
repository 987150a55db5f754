"""Synapses from a layer to itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from firstspike.errors import DomainError
from firstspike.models.delays import AxonDelays, SynapseDelays
from firstspike.models.initializers import FanIn, Initializer

__all__ = ["Recurrent"]


@dataclass(frozen=True)
class Recurrent:
    """Every neuron of a layer also listens to all neurons of that layer, itself included.

    A spike at `t` reaches neuron `m` at `t` plus the delay. Without a delay it changes the
    current of its targets at `t`, never their potential, so no cascade happens within an instant.

    Parameters
    ----------
    init : Initializer
        Where recurrent weights start; both sizes of the layer it is given are `n_out`.
    delays : SynapseDelays or AxonDelays, optional
        Delays of recurrent spikes; None for none.

    Raises
    ------
    DomainError
        If `delays` is something else.

    Examples
    --------
    >>> import firstspike as fs
    >>> layer = fs.LIF(3, 5, recurrent=fs.Recurrent(delays=fs.AxonDelays(1e-3)))
    >>> net = fs.Network([layer], seed=0)
    >>> net.recurrent_weights[0].shape, net.recurrent_delays[0].shape
    ((5, 5), (5,))
    """

    init: Initializer = field(default_factory=lambda: FanIn(drive=0.0))
    delays: SynapseDelays | AxonDelays | None = None

    def __post_init__(self) -> None:
        check_delays("delays", self.delays)


def check_delays(name: str, delays: object) -> None:
    """Refuse anything that does not describe delays."""
    if delays is not None and not isinstance(delays, SynapseDelays | AxonDelays):
        msg = f"{name} is {delays!r}, expected SynapseDelays, AxonDelays or None"
        raise DomainError(msg)
