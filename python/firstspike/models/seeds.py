"""What a loss says about a batch, checked, on its way to an adjoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.errors import ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from firstspike.models.tape import Tape

__all__ = ["Seeds", "make_seeds"]


@dataclass(frozen=True, eq=False)
class Seeds:
    """Derivatives of a loss with respect to what the spiking layers did.

    Parameters
    ----------
    dL_dt : ndarray, shape (n_samples, n_out)
        Of the first spikes of the last spiking layer.
    spikes : tuple of (layer, ndarray)
        Of single spikes, in the order of the tape.
    jumps : tuple of (layer, ndarray)
        Of the highest potential of silent neurons.
    """

    dL_dt: NDArray[np.float64]
    spikes: list[tuple[int, NDArray[np.float64]]]
    jumps: list[tuple[int, NDArray[np.float64]]]


def make_seeds(
    tape: Tape,
    dL_dt: ArrayLike | None,
    dL_dvmax: ArrayLike | Mapping[int, ArrayLike] | None,
    dL_dspikes: Mapping[int, ArrayLike] | None,
) -> Seeds:
    """Check shapes and fill in what is not given."""
    last = len(tape.network.spiking) - 1
    if dL_dvmax is None:
        peaks: Mapping[int, ArrayLike] = {}
    else:
        peaks = dL_dvmax if isinstance(dL_dvmax, Mapping) else {last: dL_dvmax}
    if dL_dt is None:
        dL_dt = np.zeros((tape.n_samples, tape.network.spiking[last].n_out))
    return Seeds(
        _per_neuron("dL_dt", tape, last, dL_dt),
        [
            (tape.index(layer), _checks.real_vector(f"dL_dspikes[{layer}]", values))
            for layer, values in ({} if dL_dspikes is None else dL_dspikes).items()
        ],
        [
            (tape.index(layer), _per_neuron("dL_dvmax", tape, layer, values))
            for layer, values in peaks.items()
        ],
    )


def _per_neuron(name: str, tape: Tape, layer: int, values: ArrayLike) -> NDArray[np.float64]:
    array = _checks.real_matrix(name, values, "(n_samples, n_out)")
    expected = (tape.n_samples, tape.network.spiking[tape.index(layer)].n_out)
    if array.shape != expected:
        msg = f"{name} has shape {array.shape}, expected (n_samples, n_out) = {expected}"
        raise ShapeError(msg)
    return array
