"""Encoders one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from firstspike.encoders.base import check_spikes
from firstspike.errors import DomainError

if TYPE_CHECKING:
    from firstspike.encoders.base import Encoder
    from firstspike.encoders.normalize import Normalize
    from firstspike.events import SpikeBatch

__all__ = ["Chain"]


@dataclass(frozen=True)
class Chain:
    """Give the inputs to the first encoder, what it makes of them to the next, and so on.

    Parameters
    ----------
    encoders : tuple of Encoder
        At least one. Each takes what the one before it answers: spikes, or signals after
        `Normalize`.

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

    encoders: tuple[Encoder | Normalize, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "encoders", tuple(self.encoders))
        if not self.encoders:
            msg = "encoders is empty, expected at least one"
            raise DomainError(msg)

    def __call__(self, inputs: Any, /) -> SpikeBatch:  # noqa: ANN401
        """Encode `inputs`, whatever the first encoder takes."""
        for encoder in self.encoders:
            inputs = encoder(inputs)
        return check_spikes(inputs)
