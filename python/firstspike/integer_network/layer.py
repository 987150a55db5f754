"""One layer of an integer network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args

import numpy as np

from firstspike import _checks, _core
from firstspike.errors import DomainError
from firstspike.integer_network._frozen import equal_fields, rebuild, store
from firstspike.integer_network.connectivity import Connectivity
from firstspike.integer_network.program import Program
from firstspike.integer_network.schedule import Causal, Schedule, TwoPhase
from firstspike.integer_network.threshold import Threshold

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["IntegerLayer"]


@dataclass(frozen=True, kw_only=True, eq=False)
class IntegerLayer:
    """Connectivity x neuron program x threshold x schedule.

    Causal layers have a `StepProgram`, `RampProgram` or `LifProgram` and a `ConstThreshold`.
    Two-phase layers have a `RampProgram` or `TableProgram`, a `RampThreshold`, `TableThreshold` or
    `NoThreshold`, and a bias.

    Parameters
    ----------
    connectivity : Dense or SynapseLists
        The synapses.
    program : StepProgram, RampProgram, LifProgram or TableProgram
        What a synapse does to a neuron, and what the neuron does in one tick.
    threshold : ConstThreshold, RampThreshold, TableThreshold or NoThreshold
        What its membrane is compared with.
    schedule : Causal or TwoPhase, default Causal
        When the layer listens and when it fires.
    bias : array_like of int64, shape (n_targets,), optional
        Membrane of each neuron of a two-phase layer at the start of a sample, zero by default.
    weight_bits : int
        Width ``b`` of a weight, 2 to 8; ``|w| <= 2^(b-1) - 1``.
    scale : float
        Real value of weight 1 (metadata): a weight stands for ``w * scale``.

    Raises
    ------
    ShapeError
        If the number of thresholds or biases is not the number of targets.
    DomainError
        If program, threshold and schedule do not go together, a causal layer has a bias, a weight
        exceeds `weight_bits`, or `scale` is not a finite number above zero.

    Examples
    --------
    >>> import firstspike as fs
    >>> layer = fs.IntegerLayer(
    ...     connectivity=fs.Dense([[3, -3]]),
    ...     program=fs.LifProgram(7, 6, 8, shift=3, guard=0),
    ...     threshold=fs.ConstThreshold([2, 2]),
    ...     weight_bits=3,
    ... )
    >>> layer.n_sources, layer.n_targets, layer.n_synapses
    (1, 2, 2)
    """

    connectivity: Connectivity
    program: Program
    threshold: Threshold
    schedule: Schedule = field(default_factory=Causal)
    bias: NDArray[np.int64] | None = None
    weight_bits: int = 8
    scale: float = 1.0
    _core: _core.IntegerLayer = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _of_type("connectivity", self.connectivity, get_args(Connectivity))
        _of_type("program", self.program, get_args(Program))
        _of_type("threshold", self.threshold, get_args(Threshold))
        _of_type("schedule", self.schedule, get_args(Schedule))
        weight_bits = _checks.count("weight_bits", self.weight_bits)
        scale = _checks.positive("scale", self.scale)
        bias = self.bias
        if bias is not None:
            bias = _checks.int_vector("bias", bias, np.int64)
        elif isinstance(self.schedule, TwoPhase):
            bias = np.zeros(self.connectivity.n_targets, np.int64)
        handle = _core.IntegerLayer(
            self.connectivity._core,
            self.program._core,
            self.schedule._core,
            self.threshold._core,
            bias,
            weight_bits,
        )
        store(self, bias=bias, weight_bits=weight_bits, scale=scale, _core=handle)

    @property
    def n_sources(self) -> int:
        """Number of sources."""
        return self.connectivity.n_sources

    @property
    def n_targets(self) -> int:
        """Number of neurons."""
        return self.connectivity.n_targets

    @property
    def n_synapses(self) -> int:
        """Number of synapses, those of weight zero included."""
        return self.connectivity.n_synapses

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    def __hash__(self) -> int:
        return hash((self.connectivity, self.program, self.threshold, self.schedule))

    __reduce__ = rebuild


def _of_type(name: str, value: object, types: tuple[type, ...]) -> None:
    if not isinstance(value, types):
        expected = " or ".join(kind.__name__ for kind in types)
        msg = f"{name} is {value!r}, expected {expected}"
        raise DomainError(msg)
