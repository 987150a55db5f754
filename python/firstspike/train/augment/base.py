"""What a disturbance of input events is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from firstspike import _core

__all__ = ["Augment"]


class Augment(Protocol):
    """One of the disturbances of this package.

    Those of a run are applied in order to every training sample, every epoch anew. Each sample has
    its own random numbers, which depend on the seed, the epoch and its place in the data set
    only: not on the batch size, on the number of threads, or on a resumption.

    Examples
    --------
    >>> import firstspike as fs
    >>> from firstspike.train import ChannelShift, InputDropout
    >>> data, _ = fs.datasets.load("digits")
    >>> net = fs.Network([fs.LIF(64, 10)], seed=0)
    >>> history = fs.train(
    ...     net, data[:64], encoder=fs.encoders.Latency(t_max=20e-3), epochs=1,
    ...     augment=[ChannelShift(1), InputDropout(0.1)],
    ... )
    """

    def code(self) -> _core.Augment:
        """Return the name and the constants that the core knows this by."""
        ...
