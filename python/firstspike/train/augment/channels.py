"""Disturbances of the channels that spikes come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firstspike import _checks
from firstspike.errors import DomainError

if TYPE_CHECKING:
    from firstspike import _core

__all__ = ["ChannelJitter", "ChannelShift", "most_channels"]


@dataclass(frozen=True)
class ChannelShift:
    """Move a whole sample along the channels, as a voice is higher or lower.

    All its spikes move by one number of channels, uniform in ``-most .. most``; those that leave
    the input are lost.

    Parameters
    ----------
    most : int
        Largest shift in channels.

    Raises
    ------
    DomainError
        If `most` is not a whole number from 0 to 2^31 - 1.

    References
    ----------
    Nowotny, Turner & Knight, "Loss shaping enhances exact gradient learning with Eventprop in
    spiking neural networks" (2025), doi:10.1088/2634-4386/ada852.

    Examples
    --------
    >>> from firstspike.train import ChannelShift
    >>> ChannelShift(40)
    ChannelShift(most=40)
    """

    most: int

    def __post_init__(self) -> None:
        most_channels("most", self.most)

    def code(self) -> _core.Augment:
        """Return the name and the constants that the core knows this by."""
        return ("channel_shift", float(self.most), None)


@dataclass(frozen=True)
class ChannelJitter:
    """Move every spike by a normal deviate, rounded to channels; those that leave are lost.

    Parameters
    ----------
    sigma : float
        Standard deviation in channels.

    Raises
    ------
    DomainError
        If the deviation is negative.

    Examples
    --------
    >>> from firstspike.train import ChannelJitter
    >>> ChannelJitter(2.0)
    ChannelJitter(sigma=2.0)
    """

    sigma: float

    def __post_init__(self) -> None:
        _checks.within("sigma", self.sigma, 0.0)

    def code(self) -> _core.Augment:
        """Return the name and the constants that the core knows this by."""
        return ("channel_jitter", self.sigma, None)


def most_channels(name: str, value: int) -> None:
    """Refuse what is no number of channels."""
    if _checks.count(name, value) >= 2**31:
        msg = f"{name} is {value}, expected a number of channels below 2^31"
        raise DomainError(msg)
