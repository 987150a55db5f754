"""What a layer of leaky integrators is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError, ShapeError
from firstspike.models.initializers import FanIn, Initializer, check_initializer, peak_response
from firstspike.models.pieces import INITIALIZERS, typed
from firstspike.models.potentials import Potentials
from firstspike.models.readout import Readout
from firstspike.models.reads import Average, Maximum, Reads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from firstspike._core import Workers
    from firstspike.events import SpikeBatch

__all__ = ["LI"]


@dataclass(frozen=True)
class LI(Readout):
    r"""A readout: a fully connected layer of leaky integrators that never spike.

    .. math::

        \tau_\mathrm{mem} \dot V = -V + I, \qquad
        \tau_\mathrm{syn} \dot I = -I, \qquad
        I \leftarrow I + w \text{ on arrival}, \qquad 0 \le t \le T

    It is the last layer of a network, and nothing of it is stepped: averages are closed forms of
    the arrival times, maxima and potentials are found between arrivals.

    Parameters
    ----------
    n_in, n_out : int
        Number of input channels and of integrators.
    tau_mem, tau_syn : float or sequence of float
        Time constants in seconds, one for all or one per integrator. Any ratio from 0.001 to 1000
        is exact.
    duration : float
        End of the trial `T` in seconds; spikes at that time or later are not seen.
    reads : Maximum or Average
        What decides: the integrator with the largest one.
    init : Initializer
        Where weights start.

    Raises
    ------
    DomainError
        If a size, time constant or the duration is not positive, or `reads` is something else.
    ShapeError
        If a sequence has another length than `n_out`.

    References
    ----------
    Wunderlich & Pehle, doi:10.1038/s41598-021-91786-z; Nowotny, Turner & Knight, arXiv:2212.01232.

    Examples
    --------
    >>> import firstspike as fs
    >>> fs.LI(120, 10, tau_mem=20e-3, tau_syn=5e-3, duration=50e-3).reads
    Maximum()
    """

    n_in: int
    n_out: int
    tau_mem: float | Sequence[float] = 20e-3
    tau_syn: float | Sequence[float] = 5e-3
    duration: float = field(kw_only=True)
    reads: Reads = field(default_factory=Maximum, kw_only=True)
    init: Initializer = field(default_factory=lambda: FanIn(drive=0.0, spread=1.0), kw_only=True)

    def __post_init__(self) -> None:
        check_initializer(self.init)
        for name in ("n_in", "n_out"):
            if _checks.count(name, getattr(self, name)) == 0:
                msg = f"{name} is 0, expected at least 1"
                raise DomainError(msg)
        for name in ("tau_mem", "tau_syn"):
            self._settle(name)
            for value in np.unique(self.values(name)):
                _checks.positive(name, float(value), "s")
        with np.errstate(over="ignore"):  # infinite is out of range, too
            ratios = np.unique(self.values("tau_mem") / self.values("tau_syn"))
        for ratio in ratios:
            _checks.within("tau_mem / tau_syn", float(ratio), 1e-3, 1e3)
        _checks.positive("duration", self.duration, "s")
        if not isinstance(self.reads, Maximum | Average):
            msg = f"reads is {self.reads!r}, expected Maximum() or Average() of firstspike.readouts"
            raise DomainError(msg)

    def values(self, name: str) -> NDArray[np.float64]:
        """Return a property of each integrator, shape (n_out,); the unit of potential is 1."""
        given = 1.0 if name == "threshold" else getattr(self, name)
        return np.full(self.n_out, np.asarray(given, np.float64))

    def response(self) -> NDArray[np.float64]:
        """Return the peak of each integrator's answer to one spike of weight 1, shape (n_out,)."""
        return peak_response(self.values("tau_mem"), self.values("tau_syn"))

    def draw(self, rng: np.random.Generator, dtype: np.dtype[Any], /) -> dict[str, NDArray[Any]]:
        """Return the initial parameters."""
        return {
            "weights": self.init.draw(self, rng).astype(dtype),
            "tau_mem": self.values("tau_mem"),
            "tau_syn": self.values("tau_syn"),
        }

    def read(
        self,
        parameters: Mapping[str, NDArray[Any]],
        spikes: SpikeBatch,
        *,
        until: float | None,  # noqa: ARG002  # nothing spikes after it, so nothing arrives
        workers: Workers,
    ) -> Potentials:
        """Return the potentials that a batch of spikes leads to."""
        return Potentials(
            self,
            parameters["weights"],
            spikes,
            tau_mem=parameters["tau_mem"],
            tau_syn=parameters["tau_syn"],
            workers=workers,
        )

    def describe(self) -> dict[str, Any]:
        """Return this as a JSON object, see `firstspike.models.store`."""
        return {
            "type": "li",
            "n_in": self.n_in,
            "n_out": self.n_out,
            "tau_mem": self.tau_mem,
            "tau_syn": self.tau_syn,
            "duration": self.duration,
            "reads": self.reads.describe(),
            "init": typed(INITIALIZERS, self.init),
        }

    def _settle(self, name: str) -> None:
        """Turn a sequence of numbers into a tuple, so that layers stay values."""
        given = getattr(self, name)
        if np.ndim(given) == 0:
            _checks.number(name, given, f"a number or {self.n_out} numbers")
            return
        values = _checks.real_vector(name, given)
        if values.size != self.n_out:
            msg = f"{name} has {values.size} entries, expected n_out, that is {self.n_out}"
            raise ShapeError(msg)
        object.__setattr__(self, name, tuple(values.tolist()))
