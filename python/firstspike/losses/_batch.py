"""What every loss asks of its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError, ShapeError
from firstspike.models.potentials import Potentials

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["check_labels", "check_potentials", "check_times", "refuse_potentials"]


def check_times(
    times: ArrayLike, labels: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return both as arrays that fit together; infinite times say "no spike"."""
    refuse_potentials(times)
    matrix = _checks.real_matrix("times", times, "(n_samples, n_out)")
    if np.isnan(matrix).any():
        sample, output = (int(i) for i in np.argwhere(np.isnan(matrix))[0])
        msg = f"times[{sample}, {output}] is NaN, expected seconds, or inf for 'no spike'"
        raise DomainError(msg)
    return matrix, check_labels(labels, *matrix.shape)


def check_labels(labels: ArrayLike, n_samples: int, n_out: int) -> NDArray[np.int64]:
    """Return one output index per sample."""
    vector: NDArray[np.int64] = _checks.int_vector("labels", labels, np.int64)
    if vector.size != n_samples:
        msg = f"labels has {vector.size} entries, expected one per sample, that is {n_samples}"
        raise ShapeError(msg)
    outside = np.flatnonzero((vector < 0) | (vector >= n_out))
    if outside.size:
        at = int(outside[0])
        msg = f"labels[{at}] is {vector[at]}, expected 0 to {n_out - 1}, the index of an output"
        raise DomainError(msg)
    return vector


def refuse_potentials(times: object) -> None:
    """Raise unless a loss on spike times is given something else than a readout."""
    if isinstance(times, Potentials):
        msg = (
            "the network has a readout, expected first spike times; take a loss on potentials, "
            "such as MaxVoltageCrossEntropy()"
        )
        raise DomainError(msg)


def check_potentials(potentials: object) -> None:
    """Raise if a loss on potentials is given first spike times."""
    if isinstance(potentials, np.ndarray):
        msg = (
            "the network has no readout, expected the potentials of one; make its last layer LI, "
            "or take a loss on spike times, such as FirstSpikeCrossEntropy()"
        )
        raise DomainError(msg)
