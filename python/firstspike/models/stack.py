"""Which layers may stand on each other."""

from __future__ import annotations

import itertools

from firstspike.errors import ShapeError
from firstspike.models.lif import LIF
from firstspike.models.readout import Readout

__all__ = ["split"]


def split(layers: tuple[LIF | Readout, ...]) -> tuple[tuple[LIF, ...], Readout | None]:
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
    spiking = tuple(layer for layer in layers if isinstance(layer, LIF))
    last = layers[-1]
    readout = last if isinstance(last, Readout) else None
    if len(spiking) + (readout is not None) != len(layers):
        kinds = ", ".join(type(layer).__name__ for layer in layers)
        msg = f"layers is {kinds}, expected LIF layers and at most one readout, as the last"
        raise ShapeError(msg)
    return spiking, readout
