"""Encoders one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from firstspike.errors import DomainError

if TYPE_CHECKING:
    from firstspike.encoders.base import Encoder
    from firstspike.events import SpikeBatch

__all__ = ["Chain"]


@dataclass(frozen=True)
class Chain:
    """Give the inputs to the first encoder, and its spikes to the next, and so on.

    Parameters
    ----------
    encoders : tuple of Encoder
        At least one. All but the first take spikes.

    Raises
    ------
    DomainError
        If there is none.

    Examples
    --------
    >>> from firstspike.encoders import Chain, DelayLine, Latency
    >>> encoder = Chain((Latency(t_max=20e-3), DelayLine(copies=2, step=5e-3)))
    >>> encoder([[1.0]]).times.tolist()
    [0.0, 0.005]
    """

    encoders: tuple[Encoder, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "encoders", tuple(self.encoders))
        if not self.encoders:
            msg = "encoders is empty, expected at least one"
            raise DomainError(msg)

    def __call__(self, inputs: Any, /) -> SpikeBatch:  # noqa: ANN401
        """Encode `inputs`, whatever the first encoder takes."""
        spikes: SpikeBatch = self.encoders[0](inputs)
        for encoder in self.encoders[1:]:
            spikes = encoder(spikes)
        return spikes
