"""The parameters a network starts with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.errors import DomainError, ShapeError
from firstspike.models.lif import LIF
from firstspike.models.parameters import Parameters
from firstspike.models.ramp import Ramp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from firstspike.models.delays import AxonDelays, SynapseDelays
    from firstspike.models.readout import Readout
    from firstspike.models.stack import Spiking

__all__ = ["initial_parameters"]

# In the order in which `Network.parameters` lists them, each only where a layer has it.
NAMES = (
    *("weights", "thresholds", "tau_mem", "tau_syn", "resets", "leaks"),
    *("recurrent_weights", "delays", "recurrent_delays"),
)


def initial_parameters(
    layers: Sequence[Spiking | Readout], seed: int, dtype: np.dtype[Any]
) -> dict[str, Parameters]:
    """Draw every parameter of every layer; a layer has an empty array where it has none.

    Times (time constants and delays) are float64 whatever `dtype` is.
    """
    with np.errstate(over="ignore"):  # told below, by name
        drawn = [
            _draw(layer, np.random.default_rng([seed, index]), dtype)
            for index, layer in enumerate(layers)
        ]
    for index, arrays in enumerate(drawn):
        for name, array in arrays.items():
            if not np.isfinite(array).all():
                msg = (
                    f"{name} of layers[{index}] would start at {array[~np.isfinite(array)][0]} in "
                    f"{dtype}, expected finite numbers; give the layer smaller ones"
                )
                raise DomainError(msg)
    names = [name for name in NAMES if any(name in arrays for arrays in drawn)]
    return {
        name: Parameters(name, [arrays.get(name, np.zeros(0, dtype)) for arrays in drawn])
        for name in names
    }


def _draw(
    layer: Spiking | Readout, rng: np.random.Generator, dtype: np.dtype[Any]
) -> Mapping[str, NDArray[Any]]:
    if isinstance(layer, Ramp):
        return layer.draw(rng, dtype)
    if not isinstance(layer, LIF):
        return _checked(layer, layer.draw(rng, dtype))
    arrays: dict[str, NDArray[Any]] = {"weights": layer.init.draw(layer, rng).astype(dtype)}
    for name, source in (("thresholds", "threshold"), ("resets", "reset"), ("leaks", "leak")):
        arrays[name] = layer.values(source).astype(dtype)
    for name in ("tau_mem", "tau_syn"):
        arrays[name] = layer.values(name).copy()
    if layer.delays is not None:
        arrays["delays"] = layer.delays.draw(layer.n_in, layer.n_out, rng)
    if layer.recurrent is not None:
        square = replace(layer, n_in=layer.n_out, delays=None, recurrent=None)
        arrays["recurrent_weights"] = layer.recurrent.init.draw(square, rng).astype(dtype)
        delays: SynapseDelays | AxonDelays | None = layer.recurrent.delays
        if delays is not None:
            arrays["recurrent_delays"] = delays.draw(layer.n_out, layer.n_out, rng)
    return arrays


def _checked(layer: Readout, arrays: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
    unknown = set(arrays) - {"weights", "tau_mem", "tau_syn"}
    if unknown or arrays["weights"].shape != (layer.n_in, layer.n_out):
        shapes = {name: array.shape for name, array in arrays.items()}
        msg = f"{layer!r} draws {shapes}, expected weights of shape (n_in, n_out), tau_mem, tau_syn"
        raise ShapeError(msg)
    return arrays
