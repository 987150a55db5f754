"""The loss to start with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstspike.errors import DomainError
from firstspike.losses.first_spike import FirstSpikeCrossEntropy
from firstspike.losses.voltage import AverageVoltageCrossEntropy, MaxVoltageCrossEntropy
from firstspike.models import LI
from firstspike.models.reads import Average

if TYPE_CHECKING:
    from firstspike.losses.base import Loss
    from firstspike.models import Network

__all__ = ["suited_loss"]


def suited_loss(net: Network) -> Loss:
    """Return the cross-entropy of what decides: first spikes, or what the readout reads.

    Raises
    ------
    DomainError
        If the readout is not one of this package.

    Examples
    --------
    >>> import firstspike as fs
    >>> net = fs.Network([fs.LIF(4, 8), fs.LI(8, 3, duration=40e-3)], seed=0)
    >>> fs.losses.suited_loss(net)
    MaxVoltageCrossEntropy()
    """
    if net.readout is None:
        return FirstSpikeCrossEntropy()
    if not isinstance(net.readout, LI):
        msg = f"the readout is {net.readout!r}, expected LI(); say which loss you mean"
        raise DomainError(msg)
    reads = net.readout.reads
    if isinstance(reads, Average):
        return AverageVoltageCrossEntropy(window=reads.window)
    return MaxVoltageCrossEntropy()
