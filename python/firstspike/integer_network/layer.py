"""One layer of an integer network."""

from __future__ import annotations

from dataclasses import dataclass, field

from firstspike import _checks, _core
from firstspike.errors import DomainError
from firstspike.integer_network._frozen import rebuild, store
from firstspike.integer_network.connectivity import Connectivity, Dense, SynapseLists
from firstspike.integer_network.program import LifProgram
from firstspike.integer_network.schedule import Causal
from firstspike.integer_network.threshold import ConstThreshold

__all__ = ["IntegerLayer"]


@dataclass(frozen=True, kw_only=True)
class IntegerLayer:
    """Connectivity x neuron program x threshold x schedule.

    Parameters
    ----------
    connectivity : Dense or SynapseLists
        The synapses.
    program : LifProgram
        What a neuron does in one tick.
    threshold : ConstThreshold
        What its membrane is compared with.
    schedule : Causal
        When the layer works.
    weight_bits : int
        Width ``b`` of a weight, 2 to 8; ``|w| <= 2^(b-1) - 1``.
    scale : float
        Real value of weight 1 (metadata): a weight stands for ``w * scale``.

    Raises
    ------
    ShapeError
        If the number of thresholds is not the number of targets.
    DomainError
        If a weight exceeds `weight_bits`, or `scale` is not a finite number above zero.

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
    program: LifProgram
    threshold: ConstThreshold
    schedule: Causal = field(default_factory=Causal)
    weight_bits: int = 8
    scale: float = 1.0
    _core: _core.IntegerLayer = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _of_type("connectivity", self.connectivity, Dense, SynapseLists)
        _of_type("program", self.program, LifProgram)
        _of_type("threshold", self.threshold, ConstThreshold)
        _of_type("schedule", self.schedule, Causal)
        weight_bits = _checks.count("weight_bits", self.weight_bits)
        scale = _checks.positive("scale", self.scale)
        handle = _core.IntegerLayer(
            self.connectivity._core, self.program._core, self.threshold.values, weight_bits
        )
        store(self, weight_bits=weight_bits, scale=scale, _core=handle)

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

    __reduce__ = rebuild


def _of_type(name: str, value: object, *types: type) -> None:
    if not isinstance(value, types):
        expected = " or ".join(kind.__name__ for kind in types)
        msg = f"{name} is {value!r}, expected {expected}"
        raise DomainError(msg)
