"""The engine of ramp neurons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstspike import _core
from firstspike.errors import DomainError
from firstspike.models.ramp import Ramp

if TYPE_CHECKING:
    from firstspike.models.grid import TimeGrid
    from firstspike.models.network import Network

__all__ = ["forward", "made_of_ramps"]


def made_of_ramps(network: Network) -> bool:
    """Tell whether the spiking layers are ramp neurons; they are all of one kind."""
    return isinstance(network.spiking[0], Ramp)


def forward(
    network: Network,
    batch: _core.Batch,
    until: float | None,
    grid: TimeGrid | None,
    tick: float | None,
    workers: _core.Workers,
) -> _core.RampTape:
    """Record a batch.

    Raises
    ------
    DomainError
        If there is a `grid`.
    """
    if grid is not None:
        msg = f"grid is {grid}, expected None: ramp neurons need no time grid; a clock is `tick`"
        raise DomainError(msg)
    specs = [
        (layer.n_in, layer.n_out, float(layer.tau))
        for layer in network.spiking
        if isinstance(layer, Ramp)
    ]
    arrays = list(zip(network.weights, network.thresholds, strict=False))[: len(specs)]
    return _core.ramp_forward(specs, arrays, batch, until, tick, workers)
