"""Where weights start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firstspike.models.li import LI
    from firstspike.models.lif import LIF
    from firstspike.models.ramp import Ramp

__all__ = ["FanIn", "Initializer", "Normal", "check_initializer", "peak_response"]


def check_initializer(init: object) -> None:
    """Refuse what draws no weights."""
    _checks.offering("init", init, ("draw",), "an initializer such as firstspike.Normal(1.0, 0.5)")


def peak_response(
    tau_mem: NDArray[np.float64], tau_syn: NDArray[np.float64]
) -> NDArray[np.float64]:
    r"""Return the peak of a leaky membrane's answer to one spike of weight 1.

    .. math:: \kappa = r^{-r/(r-1)}, \quad r = \tau_\mathrm{mem}/\tau_\mathrm{syn}
    """
    ratio = tau_mem / tau_syn
    away = np.abs(ratio - 1.0) > 1e-6
    # r ln(r) / (r - 1) tends to 1 for r -> 1
    exponent = np.divide(ratio * np.log(ratio), ratio - 1.0, out=np.ones_like(ratio), where=away)
    peak: NDArray[np.float64] = np.exp(-exponent)
    return peak


class Initializer(Protocol):
    """Anything that draws the weights of a layer; see `Normal` for an example."""

    def draw(self, layer: LIF | LI | Ramp, rng: np.random.Generator, /) -> NDArray[np.float64]:
        """Return weights of shape (n_in, n_out)."""
        ...


@dataclass(frozen=True)
class Normal:
    """Weights from a normal distribution.

    Parameters
    ----------
    mean, std : float
        In units of the threshold's unit.

    Raises
    ------
    DomainError
        If a number is not finite or `std` is negative.

    Examples
    --------
    >>> import firstspike as fs
    >>> net = fs.Network([fs.LIF(5, 200, init=fs.Normal(1.5, 0.78))], seed=1)
    >>> bool(abs(net.weights[0].mean() - 1.5) < 0.1)
    True
    """

    mean: float
    std: float

    def __post_init__(self) -> None:
        if not np.isfinite(_checks.number("mean", self.mean)):
            msg = f"mean is {self.mean}, expected a finite number"
            raise DomainError(msg)
        _checks.within("std", self.std, 0.0)

    def draw(self, layer: LIF | LI | Ramp, rng: np.random.Generator, /) -> NDArray[np.float64]:
        """Return weights of shape (n_in, n_out)."""
        return rng.normal(self.mean, self.std, size=(layer.n_in, layer.n_out))


@dataclass(frozen=True)
class FanIn:
    r"""Normal weights scaled so that a layer fires whatever its width and time constants.

    .. math::

        w \sim \mathcal N\left(\frac{d\,\theta}{n_\mathrm{in}\,\kappa},\;
            \left(\frac{s\,\theta}{\sqrt{n_\mathrm{in}}\,\kappa}\right)^2\right),
        \qquad \kappa = r^{-r/(r-1)},\quad r = \tau_\mathrm{mem}/\tau_\mathrm{syn}

    where :math:`\kappa` is the peak of the membrane's answer to one spike of weight 1. That of a
    `Ramp` never ends, so it is measured :math:`\tau` after the spike: :math:`\kappa = 1`.

    Parameters
    ----------
    drive : float, default 3
        Mean peak potential, in thresholds, if every input spiked at the same moment.
    spread : float, default 0.25
        Standard deviation of that peak, in thresholds.

    Raises
    ------
    DomainError
        If `drive` is not finite or `spread` is negative.

    Examples
    --------
    >>> import firstspike as fs
    >>> net = fs.Network([fs.LIF(400, 100, init=fs.FanIn(drive=2.0))], seed=1)
    >>> round(float(net.weights[0].sum(axis=0).mean() * 4 ** (-4 / 3)), 1)
    2.0
    """

    drive: float = 3.0
    spread: float = 0.25

    def __post_init__(self) -> None:
        if not np.isfinite(_checks.number("drive", self.drive)):
            msg = f"drive is {self.drive}, expected a finite number"
            raise DomainError(msg)
        _checks.within("spread", self.spread, 0.0)

    def draw(self, layer: LIF | LI | Ramp, rng: np.random.Generator, /) -> NDArray[np.float64]:
        """Return weights of shape (n_in, n_out)."""
        unit = layer.values("threshold") / layer.response()
        mean, std = self.drive * unit / layer.n_in, self.spread * unit / np.sqrt(layer.n_in)
        return rng.normal(mean, std, size=(layer.n_in, layer.n_out))
