"""A bias channel: one more input that always spikes at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike.encoders.base import Encoder, check_seconds
from firstspike.events import SpikeBatch

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Bias"]


@dataclass(frozen=True)
class Bias:
    """Append a channel that spikes once in every sample.

    Its weights act as a learned bias current, which a network of pure latencies lacks.

    Parameters
    ----------
    encoder : Encoder
        Encoder of the other channels, whose numbers stay as they are.
    time : float, default 0
        Time in seconds of the bias spike.

    Raises
    ------
    DomainError
        If `time` is negative or not finite.

    References
    ----------
    T. C. Wunderlich, C. Pehle, "Event-based backpropagation can compute exact gradients for
    spiking neural networks", doi:10.1038/s41598-021-91786-z (bias source of the Yin-Yang task).

    Examples
    --------
    >>> from firstspike.encoders import Bias, Linear
    >>> batch = Bias(Linear(t_max=30e-3))([[0.5, 1.0]])
    >>> batch.n_sources, batch.sources.tolist()
    (3, [2, 0, 1])
    """

    encoder: Encoder
    time: float = 0.0

    def __post_init__(self) -> None:
        check_seconds("time", self.time)

    def __call__(self, inputs: ArrayLike, /) -> SpikeBatch:
        """Encode `inputs`, shape (n_samples, n_features), and add the bias spike."""
        batch = self.encoder(inputs)
        every = np.arange(batch.n_samples)
        return SpikeBatch.from_events(
            np.concatenate((batch.samples, every)),
            np.concatenate((batch.times, np.full(every.size, self.time))),
            np.concatenate((batch.sources, np.full(every.size, batch.n_sources, dtype=np.uint32))),
            n_samples=batch.n_samples,
            n_sources=batch.n_sources + 1,
        )
