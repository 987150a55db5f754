"""What is read off the potentials of a readout to decide."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from firstspike.models.windows import Flat, Window, check_window

if TYPE_CHECKING:
    from firstspike.models.observation import Observation
    from firstspike.models.potentials import Potentials

__all__ = ["Average", "Maximum", "Reads"]


@dataclass(frozen=True)
class Maximum:
    r"""Read the highest potential :math:`z = \max_{0 \le t \le T} V(t)`, never below the start 0.

    References
    ----------
    Wunderlich & Pehle, doi:10.1038/s41598-021-91786-z.
    """

    def of(self, potentials: Potentials) -> Observation:
        """Read it."""
        return potentials.maximum()

    def describe(self) -> dict[str, Any]:
        """Return this as a JSON object."""
        return {"type": "maximum"}


@dataclass(frozen=True)
class Average:
    r"""Read the weighted average :math:`z = \frac1T \int_0^T g(t)\, V(t)\, dt`.

    Parameters
    ----------
    window : Flat, Exponential, Linear or Sigmoid
        The weight `g`.

    Raises
    ------
    DomainError
        If `window` is something else.

    References
    ----------
    Nowotny, Turner & Knight, arXiv:2212.01232.

    Examples
    --------
    >>> import firstspike as fs
    >>> fs.LI(30, 10, duration=50e-3, reads=fs.readouts.Average(fs.readouts.Linear())).reads
    Average(window=Linear())
    """

    window: Window = field(default_factory=Flat)

    def __post_init__(self) -> None:
        check_window(self.window)

    def of(self, potentials: Potentials) -> Observation:
        """Read it."""
        return potentials.average(self.window)

    def describe(self) -> dict[str, Any]:
        """Return this as a JSON object."""
        name = type(self.window).__name__.lower()
        return {"type": "average", "window": {"type": name} | vars(self.window)}


Reads: TypeAlias = Maximum | Average
