"""Disturbances of images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firstspike import _checks
from firstspike.errors import DomainError
from firstspike.train.augment.channels import most_channels

if TYPE_CHECKING:
    from firstspike import _core

__all__ = ["ImageShift", "Mirror"]


@dataclass(frozen=True, kw_only=True)
class ImageShift:
    """Move an image by some pixels; spikes of pixels that leave it are lost.

    Pixel (x, y) of plane p is channel ``(p * height + y) * width + x``; further channels, such as a
    bias, stay as they are. Both shifts are uniform in ``-most .. most``, and every plane moves
    alike.

    Parameters
    ----------
    most : int
        Largest shift in pixels along each axis.
    height, width : int
        Size of the image.
    planes : int
        Images behind one another, such as the two polarities of an event camera.

    Raises
    ------
    DomainError
        If a number is not whole or out of range; when training starts, if the image has more
        pixels than there are channels.

    Examples
    --------
    >>> from firstspike.train import ImageShift
    >>> ImageShift(most=1, height=28, width=28).planes
    1
    """

    most: int
    height: int
    width: int
    planes: int = 1

    def __post_init__(self) -> None:
        most_channels("most", self.most)
        _check_shape(self.height, self.width, self.planes)

    def code(self) -> _core.Augment:
        """Return the name and the constants that the core knows this by."""
        return ("image_shift", float(self.most), (self.height, self.width, self.planes))


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """Exchange left and right of an image.

    Channels are those of `ImageShift`.

    Parameters
    ----------
    probability : float
        From 0 to 1.
    height, width : int
        Size of the image.
    planes : int
        Images behind one another.

    Raises
    ------
    DomainError
        As `ImageShift`.

    Examples
    --------
    >>> from firstspike.train import Mirror
    >>> Mirror(height=28, width=28).probability
    0.5
    """

    probability: float = 0.5
    height: int
    width: int
    planes: int = 1

    def __post_init__(self) -> None:
        _checks.within("probability", self.probability, 0.0, 1.0)
        _check_shape(self.height, self.width, self.planes)

    def code(self) -> _core.Augment:
        """Return the name and the constants that the core knows this by."""
        return ("mirror", self.probability, (self.height, self.width, self.planes))


def _check_shape(height: int, width: int, planes: int) -> None:
    for name, value in (("height", height), ("width", width), ("planes", planes)):
        if not 1 <= _checks.count(name, value) < 2**16:
            msg = f"{name} is {value}, expected 1 to 65535"
            raise DomainError(msg)
