"""Weights over a trial, for averages of the readout's potential."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from firstspike import _checks
from firstspike.errors import DomainError

__all__ = ["Exponential", "Flat", "Linear", "Sigmoid", "Window"]


@dataclass(frozen=True)
class Flat:
    """Every moment counts alike: ``g(t) = 1``.

    Examples
    --------
    >>> import firstspike as fs
    >>> fs.readouts.Average(fs.readouts.Flat()) == fs.readouts.Average()
    True
    """

    def code(self, duration: float) -> tuple[str, float, float]:  # noqa: ARG002
        """Return what the core calls this, for a trial of `duration` seconds."""
        return ("flat", 0.0, 0.0)


@dataclass(frozen=True)
class Exponential:
    r"""Early moments count more: :math:`g(t) = e^{-t/\tau}`.

    Parameters
    ----------
    tau : float, optional
        Time constant in seconds; the duration of the trial if omitted.

    Raises
    ------
    DomainError
        If `tau` is not positive.

    References
    ----------
    Nowotny, Turner & Knight, "Loss shaping enhances exact gradient learning with Eventprop in
    spiking neural networks", arXiv:2212.01232.
    """

    tau: float | None = None

    def __post_init__(self) -> None:
        if self.tau is not None:
            _checks.positive("tau", self.tau, "s")

    def code(self, duration: float) -> tuple[str, float, float]:
        """Return what the core calls this, for a trial of `duration` seconds."""
        return ("exponential", duration if self.tau is None else self.tau, 0.0)


@dataclass(frozen=True)
class Linear:
    """The weight falls to 0 at the end of the trial: ``g(t) = 1 - t/T``.

    References
    ----------
    arXiv:2212.01232, as `Exponential`.
    """

    def code(self, duration: float) -> tuple[str, float, float]:  # noqa: ARG002
        """Return what the core calls this, for a trial of `duration` seconds."""
        return ("linear", 0.0, 0.0)


@dataclass(frozen=True)
class Sigmoid:
    r"""The weight falls smoothly from 1 to 0: :math:`g(t) = 1 / (1 + e^{(t/T - c)/s})`.

    Its average has no elementary closed form; a Gauss-Legendre sum that is exact to rounding
    stands in.

    Parameters
    ----------
    centre : float, default 0.5
        Where the weight is one half, as a share `c` of the trial.
    width : float, default 0.2
        How gradually it falls, as a share `s` of the trial; at least 0.001.

    Raises
    ------
    DomainError
        If a number is not finite, or `width` is too small.

    References
    ----------
    arXiv:2212.01232, as `Exponential`.
    """

    centre: float = 0.5
    width: float = 0.2

    def __post_init__(self) -> None:
        _checks.within("centre", self.centre, -1e3, 1e3)
        _checks.within("width", self.width, 1e-3)

    def code(self, duration: float) -> tuple[str, float, float]:  # noqa: ARG002
        """Return what the core calls this, for a trial of `duration` seconds."""
        return ("sigmoid", self.centre, self.width)


Window: TypeAlias = Flat | Exponential | Linear | Sigmoid


def check_window(window: object) -> None:
    """Refuse anything else."""
    if not isinstance(window, Window):
        msg = (
            f"window is {window!r}, expected Flat(), Exponential(), Linear() or Sigmoid() of "
            "firstspike.readouts"
        )
        raise DomainError(msg)
