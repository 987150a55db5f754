"""Labelled inputs in [0, 1]: what every data set is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError, ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Dataset", "unknown_split"]


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Inputs with one label each.

    Parameters
    ----------
    name : str
        Name for reports.
    inputs : array_like of float64, shape (n_samples, n_features)
        Features, each in [0, 1]. Kept as a read-only view where they are float64 already.
    labels : array_like of int64, shape (n_samples,)
        Index into `classes`.
    classes : tuple of str
        Names of the classes.

    Raises
    ------
    ShapeError
        If `inputs` is not a matrix or `labels` differs from it in length.
    DomainError
        If a feature is NaN or outside [0, 1], or a label names no class.

    Examples
    --------
    >>> from firstspike.datasets import Dataset
    >>> data = Dataset("toy", [[0.0], [0.5], [1.0]], [0, 1, 0], ("low", "high"))
    >>> len(data), data[1:].labels.tolist()
    (3, [1, 0])
    """

    name: str
    inputs: NDArray[np.float64]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        inputs = _checks.unit_matrix("inputs", self.inputs, "(n_samples, n_features)")
        labels = _checks.int_vector("labels", self.labels, np.int64)
        if labels.size != inputs.shape[0]:
            msg = f"labels has {labels.size} entries, expected one per sample: {inputs.shape[0]}"
            raise ShapeError(msg)
        outside = np.flatnonzero((labels < 0) | (labels >= len(self.classes)))
        if outside.size:
            at = int(outside[0])
            msg = f"labels[{at}] is {labels[at]}, expected 0 to {len(self.classes) - 1}"
            raise DomainError(msg)
        for name, array in (("inputs", inputs), ("labels", labels)):
            view = array.view()
            view.setflags(write=False)
            object.__setattr__(self, name, view)
        object.__setattr__(self, "classes", tuple(self.classes))

    @property
    def n_features(self) -> int:
        """Number of features per sample."""
        return int(self.inputs.shape[1])

    def split(self, held_out: float, *, seed: int = 0) -> tuple[Dataset, Dataset]:
        """Divide into a larger and a held-out part, class by class.

        Of each class, ``round(held_out * count)`` samples are drawn for the held-out part; both
        parts keep the order of the whole. Same seed, same split, on every platform and version.

        Parameters
        ----------
        held_out : float
            Fraction of each class that goes to the second part, above 0 and below 1.
        seed : int, default 0
            Seed of the draw.

        Raises
        ------
        DomainError
            If `held_out` is not between 0 and 1.

        Examples
        --------
        >>> import firstspike as fs
        >>> train, _ = fs.datasets.load("digits")
        >>> fit, validation = train.split(0.1)
        >>> len(fit), len(validation)
        (1215, 137)
        """
        if not 0.0 < held_out < 1.0:
            msg = f"held_out is {held_out}, expected a fraction above 0 and below 1"
            raise DomainError(msg)
        rng = np.random.RandomState(seed)  # its stream is frozen, that of Generator is not
        chosen = np.zeros(len(self), dtype=bool)
        for label in range(len(self.classes)):
            members = np.flatnonzero(self.labels == label)
            chosen[rng.permutation(members)[: round(held_out * members.size)]] = True
        return self[~chosen], self[chosen]

    def __getitem__(self, key: slice | ArrayLike) -> Dataset:
        """Select samples by slice, integer array or boolean mask."""
        if not isinstance(key, slice):
            key = np.atleast_1d(np.asarray(key))
            key = key.astype(np.int64) if key.size == 0 else key  # numpy reads [] as floats
        return Dataset(self.name, self.inputs[key], self.labels[key], self.classes)

    def __len__(self) -> int:
        return int(self.labels.size)

    def __repr__(self) -> str:
        return (
            f"Dataset({self.name!r}, {len(self)} samples, {self.n_features} features, "
            f"{len(self.classes)} classes)"
        )


def unknown_split(split: str, known: tuple[str, ...]) -> DomainError:
    """Error for a split that a data set does not have."""
    return DomainError(f"split is {split!r}, expected one of {', '.join(map(repr, known))}")
