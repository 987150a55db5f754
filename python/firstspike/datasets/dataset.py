"""Labelled samples: what every data set is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic

import numpy as np

from firstspike import _checks
from firstspike.datasets.groups import as_groups, members_of, values_of
from firstspike.datasets.stored import Stored
from firstspike.errors import DomainError, ShapeError
from firstspike.events import SpikeBatch
from firstspike.sequences import Sequences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import TypeVar

    from firstspike.encoders import Encoder

    Inputs = TypeVar("Inputs", default=NDArray[np.float64])
else:
    from typing import TypeVar

    Inputs = TypeVar("Inputs")

__all__ = ["Dataset", "unknown_split"]

#: Stored samples that are read and encoded at a time.
CHUNK = 256


@dataclass(frozen=True, eq=False, repr=False)
class Dataset(Generic[Inputs]):
    """Samples with one label each.

    One class for every kind of data: only the type of `inputs` differs, and with it what can turn
    them into spikes. Everything else (selecting, splitting, encoding) is the same.

    Parameters
    ----------
    name : str
        Name for reports.
    inputs : array_like, SpikeBatch, Sequences or Stored
        One of

        * features in [0, 1], shape (n_samples, n_features), kept as a read-only view where they
          are float64 already;
        * a `SpikeBatch`: events, which need no encoder;
        * `Sequences`: audio and other sampled signals;
        * `Stored`: either of the last two, left in their files until they are encoded.
    labels : array_like of int64, shape (n_samples,)
        Index into `classes`.
    classes : tuple of str
        Names of the classes.
    groups : mapping of str to array_like, shape (n_samples,), optional
        What else is known of every sample, such as its speaker; for splits that respect it.

    Raises
    ------
    ShapeError
        If features are no matrix, or labels or a group differ from the inputs in length.
    DomainError
        If a feature is NaN or outside [0, 1], or a label names no class.

    Examples
    --------
    >>> import firstspike as fs
    >>> from firstspike.datasets import Dataset
    >>> data = Dataset("toy", [[0.0], [0.5], [1.0]], [0, 1, 0], ("low", "high"))
    >>> len(data), data[1:].labels.tolist()
    (3, [1, 0])
    >>> events = fs.SpikeBatch.from_lists([[(1e-3, 0)], [(2e-3, 1)]], n_sources=2)
    >>> clicks = Dataset("clicks", events, [0, 1], ("left", "right"), {"person": [7, 8]})
    >>> clicks
    Dataset('clicks', 2 samples, 2 sources, 2 classes)
    >>> rest, one = clicks.leave_out("person", 8)
    >>> one.encode().times.tolist()
    [0.002]
    """

    name: str
    inputs: Inputs
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    groups: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        inputs: Any = self.inputs
        if not isinstance(inputs, SpikeBatch | Sequences | Stored):
            inputs = _checks.unit_matrix("inputs", inputs, "(n_samples, n_features)").view()
            inputs.setflags(write=False)
        labels = _checks.int_vector("labels", self.labels, np.int64)
        if labels.size != len(inputs):
            msg = f"labels has {labels.size} entries, expected one per sample: {len(inputs)}"
            raise ShapeError(msg)
        outside = np.flatnonzero((labels < 0) | (labels >= len(self.classes)))
        if outside.size:
            at = int(outside[0])
            msg = f"labels[{at}] is {labels[at]}, expected 0 to {len(self.classes) - 1}"
            raise DomainError(msg)
        labels.setflags(write=False)
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "classes", tuple(self.classes))
        object.__setattr__(self, "groups", as_groups(self.groups, labels.size))

    @property
    def n_features(self) -> int:
        """Number of features, sources or channels per sample."""
        return _width(self.inputs)[0]

    def encode(self, encoder: Encoder | None = None) -> SpikeBatch:
        """Turn every sample into spikes; stored samples are read a few hundred at a time.

        Parameters
        ----------
        encoder : Encoder, optional
            Turns `inputs` into spikes; may be left out where they are spikes.

        Raises
        ------
        DomainError
            If there is no encoder and the samples are no spikes.
        """
        inputs: Any = self.inputs
        if encoder is not None:
            parts = inputs.chunks(CHUNK) if isinstance(inputs, Stored) else [inputs]
            encoded = [encoder(part) for part in parts]
            return encoded[0] if len(encoded) == 1 else SpikeBatch.concatenate(encoded)
        spikes = inputs.load() if isinstance(inputs, Stored) else inputs
        if not isinstance(spikes, SpikeBatch):
            msg = f"{self.name} holds {_kind(spikes)}, expected an encoder that makes them spikes"
            raise DomainError(msg)
        return spikes

    def encoded(self, encoder: Encoder | None = None) -> Dataset[SpikeBatch]:
        """Return the same samples as spikes, to encode them once and use them often.

        Examples
        --------
        >>> import firstspike as fs
        >>> train, _ = fs.datasets.load("digits")
        >>> train.encoded(fs.encoders.Latency(t_max=20e-3))
        Dataset('digits', 1352 samples, 64 sources, 10 classes)
        """
        spikes = self.encode(encoder)
        return Dataset(self.name, spikes, self.labels, self.classes, self.groups)

    def load(self) -> Dataset[Any]:
        """Return the same samples in memory.

        Raises
        ------
        FormatError
            If a file turns out to be damaged.
        """
        inputs: Any = self.inputs
        return replace(self, inputs=inputs.load()) if isinstance(inputs, Stored) else self

    def split(self, held_out: float, *, seed: int = 0) -> tuple[Dataset[Inputs], Dataset[Inputs]]:
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

    def leave_out(self, group: str, *values: object) -> tuple[Dataset[Inputs], Dataset[Inputs]]:
        """Divide into the samples without and with these values of a group.

        Parameters
        ----------
        group : str
            Name of a group, such as ``"speaker"``.
        *values
            Which values to leave out.

        Returns
        -------
        rest, left_out : Dataset
            Both in the order of the whole.

        Raises
        ------
        DomainError
            If there is no such group, or no sample with one of the values.
        """
        chosen = members_of(self.groups, group, values)
        return self[~chosen], self[chosen]

    def folds(self, group: str) -> Iterator[tuple[Any, Dataset[Inputs], Dataset[Inputs]]]:
        """Leave out one value of a group after the other, as in leave-one-speaker-out.

        Yields
        ------
        value, rest, left_out
            The value, the samples without it, the samples with it; values in ascending order.

        Raises
        ------
        DomainError
            If there is no such group.

        Examples
        --------
        >>> from firstspike.datasets import Dataset
        >>> data = Dataset("toy", [[0.0], [0.5], [1.0]], [0, 1, 0], ("a", "b"), {"who": [2, 1, 2]})
        >>> [(int(who), len(rest), len(out)) for who, rest, out in data.folds("who")]
        [(1, 2, 1), (2, 1, 2)]
        """
        for value in values_of(self.groups, group):
            yield value, *self.leave_out(group, value)

    def __getitem__(self, key: slice | ArrayLike) -> Dataset[Inputs]:
        """Select samples by slice, integer array or boolean mask."""
        if not isinstance(key, slice):
            key = np.atleast_1d(np.asarray(key))
            key = key.astype(np.int64) if key.size == 0 else key  # numpy reads [] as floats
        inputs: Any = self.inputs
        groups = {name: values[key] for name, values in self.groups.items()}
        return Dataset(self.name, inputs[key], self.labels[key], self.classes, groups)

    def __len__(self) -> int:
        return int(self.labels.size)

    def __repr__(self) -> str:
        return (
            f"Dataset({self.name!r}, {len(self)} samples, {_kind(self.inputs)}, "
            f"{len(self.classes)} classes)"
        )


def _width(inputs: Any) -> tuple[int, str]:  # noqa: ANN401
    if isinstance(inputs, SpikeBatch):
        return inputs.n_sources, "sources"
    if isinstance(inputs, Sequences):
        return inputs.n_channels, "channels"
    if isinstance(inputs, Stored):
        return inputs.reader.width, "channels in files"
    return int(inputs.shape[1]), "features"


def _kind(inputs: object) -> str:
    width, unit = _width(inputs)
    return f"{width} {unit}"


def unknown_split(split: str, known: tuple[str, ...]) -> DomainError:
    """Error for a split that a data set does not have."""
    return DomainError(f"split is {split!r}, expected one of {', '.join(map(repr, known))}")
