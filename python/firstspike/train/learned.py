"""What a network learns, in which units and within which bounds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firstspike.models import Network

__all__ = ["AtLeast", "Between", "Bound", "Free", "Learned", "resolve"]


@dataclass(frozen=True)
class Free:
    """Any value."""

    def clip(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return `values` as they are."""
        return values


@dataclass(frozen=True)
class AtLeast:
    """Values from `low` on.

    Parameters
    ----------
    low : float
        The smallest one, in the unit of the parameter.
    """

    low: float

    def __post_init__(self) -> None:
        _checks.within("low", self.low, -np.inf)

    def clip(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return `values`, smaller ones raised to `low`."""
        return np.asarray(np.maximum(values, values.dtype.type(self.low)))


@dataclass(frozen=True)
class Between:
    """Values from `low` to `high`.

    Parameters
    ----------
    low, high : float
        The smallest and the largest one, in the unit of the parameter.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _checks.within("low", self.low, -np.inf)
        _checks.within("high", self.high, self.low)

    def clip(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return `values`, those outside moved to the nearer end."""
        low, high = values.dtype.type(self.low), values.dtype.type(self.high)
        return np.asarray(np.clip(values, low, high))


Bound: TypeAlias = Free | AtLeast | Between


@dataclass(frozen=True)
class Learned:
    r"""One parameter of a network, and how it is learned.

    The optimiser works on :math:`x = \text{parameter} / s` with the scale :math:`s`: gradients are
    multiplied by :math:`s`, a step of Adam moves the parameter by about :math:`\eta s`, and
    gradients of parameters in different units can be clipped by a common norm. After every step the
    parameter is moved back into its bound.

    Parameters
    ----------
    name : str
        A key of ``net.parameters``.
    scale : float, optional
        :math:`s`, the change that is worth as much as 1 of a weight, in the parameter's unit. Twice
        the scale is twice the learning rate. By default 1 for weights, thresholds and potentials,
        5 ms for delays and time constants.
    bound : Free, AtLeast or Between, optional
        By default, delays are at least 0, membrane and synaptic time constants at least 3 ms and
        1 ms, thresholds at least 0.05, and everything else is free. A leak or reset potential that
        is learned up to its threshold ends the run with an error: give it a bound below.
    decay : bool, optional
        Whether the optimiser's weight decay applies; by default to weights only.

    Raises
    ------
    DomainError
        If the scale is not positive or the bound is something else.

    References
    ----------
    The floors of the time constants: Nowotny, Turner & Knight, "Loss shaping enhances exact
    gradient learning with Eventprop in spiking neural networks" (2025),
    doi:10.1088/2634-4386/ada852.

    Examples
    --------
    >>> import firstspike as fs
    >>> from firstspike.train import AtLeast, Learned
    >>> data, _ = fs.datasets.load("digits")
    >>> net = fs.Network([fs.LIF(64, 30), fs.LIF(30, 10)], seed=0)
    >>> history = fs.train(
    ...     net, data[:64], encoder=fs.encoders.Latency(t_max=20e-3), epochs=1,
    ...     learn=["weights", Learned("thresholds", scale=0.1, bound=AtLeast(0.5))],
    ... )
    """

    name: str
    scale: float | None = None
    bound: Bound | None = None
    decay: bool | None = None

    def __post_init__(self) -> None:
        if self.scale is not None:
            _checks.positive("scale", self.scale)
        if not isinstance(self.bound, Free | AtLeast | Between | None):
            msg = f"bound is {self.bound!r}, expected Free(), AtLeast(low) or Between(low, high)"
            raise DomainError(msg)

    @property
    def unit(self) -> float:
        """The scale, resolved."""
        return 1.0 if self.scale is None else self.scale

    @property
    def limits(self) -> Bound:
        """The bound, resolved."""
        return Free() if self.bound is None else self.bound


WEIGHTS = ("weights", "recurrent_weights")
TIME = 5e-3
BOUNDS: dict[str, Bound] = {
    "delays": AtLeast(0.0),
    "recurrent_delays": AtLeast(0.0),
    "tau_mem": AtLeast(3e-3),
    "tau_syn": AtLeast(1e-3),
    "thresholds": AtLeast(0.05),
}
TIMES = frozenset(BOUNDS) - {"thresholds"}


def resolve(learn: Sequence[str | Learned] | None, net: Network) -> tuple[Learned, ...]:
    """Fill in what is left to the defaults, and check it against a network.

    Raises
    ------
    DomainError
        If there is nothing to learn, a name is unknown or comes twice, or a parameter starts
        outside its bound.
    """
    if learn is None:
        learn = [name for name in WEIGHTS if name in net.parameters]
    if isinstance(learn, str | Learned):
        learn = (learn,)
    chosen = tuple(_complete(Learned(item) if isinstance(item, str) else item) for item in learn)
    names = [item.name for item in chosen]
    if not names or len(set(names)) < len(names) or not set(names) <= set(net.parameters):
        msg = f"learn is {names}, expected some of {list(net.parameters)}, each once"
        raise DomainError(msg)
    for item in chosen:
        for layer, values in enumerate(net.parameters[item.name]):
            outside = values[item.limits.clip(values) != values]
            if outside.size:
                msg = (
                    f"{item.name}[{layer}] holds {outside[0]}, expected {item.limits}; "
                    f"give Learned({item.name!r}, bound=...) another bound"
                )
                raise DomainError(msg)
    return chosen


def _complete(item: Learned) -> Learned:
    scale = TIME if item.name in TIMES else 1.0
    return replace(
        item,
        scale=scale if item.scale is None else item.scale,
        bound=BOUNDS.get(item.name, Free()) if item.bound is None else item.bound,
        decay=item.name in WEIGHTS if item.decay is None else item.decay,
    )
