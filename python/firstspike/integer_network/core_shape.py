"""What describes a core to the cycle model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from firstspike import _checks, _core
from firstspike.errors import DomainError
from firstspike.integer_network._frozen import rebuild, store

__all__ = ["CoreShape", "LayerShape"]


@dataclass(frozen=True)
class LayerShape:
    """One layer of a core, as far as it decides about time.

    Parameters
    ----------
    lanes : int
        Lanes, at most as many as the layer has neurons; one where the bank is dense.
    columns : int
        Neurons that a lane advances per cycle.
    stages : int
        Registers in the arithmetic of the neurons, 0 or more.
    bank : {"list", "dense"}, default "list"
        How the layer keeps its synapses: as lists, of which a lane adds one synapse per cycle; or
        as rows of weights, of which its only lane adds one row per cycle.
    skips : bool, default False
        Whether it leaves out the rows in which no neuron will fire. Only a two-phase layer in
        front of others can.
    """

    lanes: int
    columns: int
    stages: int
    bank: Literal["list", "dense"] = "list"
    skips: bool = False


@dataclass(frozen=True)
class CoreShape:
    """A core, as far as it decides about time and does not follow from the network.

    With it, a network and its input, every cycle is determined; see `predict_cycles`.

    Parameters
    ----------
    layers : tuple of LayerShape
        The layers, first to last.
    queue_depth : int
        Tokens that fit into the queue in front of a lane, at least 2.

    Raises
    ------
    DomainError
        If a number is out of range, a bank has an unknown name, or a layer with a dense bank has
        several lanes.

    Examples
    --------
    >>> from firstspike.integer_network.core_shape import CoreShape, LayerShape
    >>> shape = CoreShape((LayerShape(lanes=8, columns=2, stages=2),), queue_depth=33)
    >>> shape.layers[0].bank
    'list'
    >>> CoreShape((LayerShape(lanes=0, columns=2, stages=2),), queue_depth=33)
    Traceback (most recent call last):
        ...
    firstspike.errors.DomainError: lanes of layer 0 is 0, expected at least 1
    """

    layers: tuple[LayerShape, ...]
    queue_depth: int
    _core: _core.CoreShape = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        layers = tuple(self.layers)
        depth = _checks.count("queue_depth", self.queue_depth)
        core = _core.CoreShape([_described(*pair) for pair in enumerate(layers)], depth)
        store(self, layers=layers, queue_depth=depth, _core=core)

    __reduce__ = rebuild


def _described(index: int, layer: LayerShape) -> tuple[int, int, int, str, bool]:
    if not isinstance(layer, LayerShape):
        msg = f"layer {index} is {layer!r}, expected a LayerShape"
        raise DomainError(msg)
    lanes, columns, stages = (
        _checks.count(f"{name} of layer {index}", getattr(layer, name))
        for name in ("lanes", "columns", "stages")
    )
    return lanes, columns, stages, str(layer.bank), bool(layer.skips)
