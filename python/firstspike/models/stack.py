"""Which layers may stand on each other."""

from __future__ import annotations

import itertools
from typing import TypeAlias

from firstspike.errors import ShapeError
from firstspike.models.lif import LIF
from firstspike.models.ramp import Ramp
from firstspike.models.readout import Readout

__all__ = ["Spiking", "split"]

#: A layer that spikes.
Spiking: TypeAlias = LIF | Ramp


def split(layers: tuple[Spiking | Readout, ...]) -> tuple[tuple[Spiking, ...], Readout | None]:
    """Check that the layers fit together; return the spiking ones and the readout."""
    if not layers or isinstance(layers[0], Readout):
        msg = f"layers is {'empty' if not layers else 'a readout alone'}, expected a spiking layer"
        raise ShapeError(msg)
    for index, (below, above) in enumerate(itertools.pairwise(layers), start=1):
        if below.n_out != above.n_in:
            msg = (
                f"layers[{index}] has n_in = {above.n_in}, "
                f"expected n_out of layers[{index - 1}], that is {below.n_out}"
            )
            raise ShapeError(msg)
    spiking = tuple(layer for layer in layers if isinstance(layer, LIF | Ramp))
    last = layers[-1]
    readout = last if isinstance(last, Readout) else None
    whole = len(spiking) + (readout is not None) == len(layers)
    if not whole or len({type(layer) for layer in spiking}) != 1:
        kinds = ", ".join(type(layer).__name__ for layer in layers)
        msg = (
            f"layers is {kinds}, expected LIF layers alone or Ramp layers alone, and at most one "
            "readout, as the last"
        )
        raise ShapeError(msg)
    return spiking, readout
