"""New samples from pairs of samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firstspike import _checks

if TYPE_CHECKING:
    from firstspike import _core

__all__ = ["Blend"]


@dataclass(frozen=True)
class Blend:
    r"""Mix a sample with another one of its class.

    With the given probability, a second sample of the same class is drawn. Both are moved to the
    mean of their mean times and the mean of their mean channels (rounded), and every spike of
    either is kept with probability 1/2. Spikes moved out of the input's channels are lost, times
    below zero become zero. The second sample comes as it is in the data set: put `Blend` first.

    Parameters
    ----------
    probability : float
        From 0 to 1; with 1/2, half of the samples of an epoch are as recorded.

    Raises
    ------
    DomainError
        If the probability is out of range.

    References
    ----------
    Nowotny, Turner & Knight, "Loss shaping enhances exact gradient learning with Eventprop in
    spiking neural networks" (2025), doi:10.1088/2634-4386/ada852.

    Examples
    --------
    >>> from firstspike.train import Blend
    >>> Blend(0.5)
    Blend(probability=0.5)
    """

    probability: float = 0.5

    def __post_init__(self) -> None:
        _checks.within("probability", self.probability, 0.0, 1.0)

    def code(self) -> _core.Augment:
        """Return the name and the constants that the core knows this by."""
        return ("blend", self.probability, None)
