"""Linear code: small values spike early, every input spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firstspike import _checks
from firstspike.encoders.base import FEATURES, check_seconds
from firstspike.events import SpikeBatch

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Linear"]


@dataclass(frozen=True)
class Linear:
    """Encode ``x`` as one spike at ``t = x t_max``; zero spikes at once.

    The code of the Yin-Yang task (with ``t_max = 30 ms``), whose inputs are coordinates: none of
    them means "nothing here".

    Parameters
    ----------
    t_max : float
        Time in seconds of the value 1.

    Raises
    ------
    DomainError
        If `t_max` is negative or not finite.

    References
    ----------
    L. Kriener, J. Göltz, M. A. Petrovici, "The Yin-Yang dataset", arXiv:2102.08211.

    Examples
    --------
    >>> from firstspike.encoders import Linear
    >>> Linear(t_max=30e-3)([[0.0, 1.0]]).times.tolist()
    [0.0, 0.03]
    """

    t_max: float

    def __post_init__(self) -> None:
        check_seconds("t_max", self.t_max)

    def __call__(self, inputs: ArrayLike, /) -> SpikeBatch:
        """Encode `inputs`, shape (n_samples, n_features), entries in [0, 1]."""
        return SpikeBatch.from_dense(_checks.unit_matrix("inputs", inputs, FEATURES) * self.t_max)
