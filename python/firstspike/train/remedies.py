"""Published remedies for silent neurons: heuristics that change weights without a gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from firstspike import _checks
from firstspike.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["MissingSpikeBump", "Remedy", "SilentLift", "Treatment"]


class Treatment(Protocol):
    """A remedy at work during one epoch."""

    def after_batch(
        self, counts: Sequence[NDArray[np.int64]], weights: Sequence[NDArray[Any]], /
    ) -> None:
        """Change `weights` in place after the optimiser's step.

        Parameters
        ----------
        counts : sequence of ndarray of int64, shape (n_samples, n_out)
            Spikes of every neuron of each spiking layer.
        weights : sequence of ndarray, shape (n_in, n_out)
            Weights of each spiking layer.
        """
        ...

    def after_epoch(self, weights: Sequence[NDArray[Any]], /) -> None:
        """Change `weights` in place after the last batch."""
        ...


class Remedy(Protocol):
    """Something that is done for silent neurons besides descending a gradient.

    What it remembers, it remembers for one epoch: a resumed run takes the same decisions.
    """

    def begin_epoch(self, n_hidden: int, /) -> Treatment:
        """Return what the coming epoch is treated with; `n_hidden` layers are not outputs."""
        ...


@dataclass(frozen=True)
class SilentLift:
    r"""Raise all incoming weights of neurons that were silent in a whole epoch: **a heuristic**.

    After the last batch, :math:`w_{ij} \leftarrow w_{ij} + a` for every hidden neuron `j` without a
    single spike during the epoch. It is no gradient of anything; `SilentHinge` is the exact
    alternative.

    Parameters
    ----------
    amount : float
        The lift :math:`a`, in units of the threshold.

    Raises
    ------
    DomainError
        If the amount is not positive.

    References
    ----------
    Knight & Nowotny, "Easy and efficient spike-based machine learning with mlGeNN" (2023),
    doi:10.1145/3584954.3585001, whose spoken-digit example lifts by 0.002.

    Examples
    --------
    >>> import numpy as np
    >>> from firstspike.train import SilentLift
    >>> treatment, weights = SilentLift(0.5).begin_epoch(1), [np.zeros((1, 2)), np.zeros((2, 1))]
    >>> treatment.after_batch([np.array([[0, 3]]), np.array([[0]])], weights)
    >>> treatment.after_epoch(weights)
    >>> weights[0].tolist(), weights[1].tolist()             # outputs are left alone
    ([[0.5, 0.0]], [[0.0], [0.0]])
    """

    amount: float = 0.002

    def __post_init__(self) -> None:
        _checks.positive("amount", self.amount)

    def begin_epoch(self, n_hidden: int, /) -> Treatment:
        """Return what the coming epoch is treated with."""
        return _Lift(self.amount, n_hidden)


class _Lift:
    def __init__(self, amount: float, n_hidden: int) -> None:
        self._amount, self._n_hidden = amount, n_hidden
        self._spoke: list[NDArray[np.bool_]] | None = None

    def after_batch(
        self,
        counts: Sequence[NDArray[np.int64]],
        weights: Sequence[NDArray[Any]],  # noqa: ARG002
        /,
    ) -> None:
        spoke = [np.any(count, axis=0) for count in counts[: self._n_hidden]]
        if self._spoke is not None:
            spoke = [np.logical_or(*pair) for pair in zip(self._spoke, spoke, strict=True)]
        self._spoke = spoke

    def after_epoch(self, weights: Sequence[NDArray[Any]], /) -> None:
        for spoke, array in zip(self._spoke or [], weights, strict=False):
            array[:, ~spoke] += array.dtype.type(self._amount)


@dataclass(frozen=True, kw_only=True)
class MissingSpikeBump:
    r"""Raise weights where too many first spikes are missing in a batch: **a heuristic**.

    For every spiking layer a share of missing first spikes (of all neurons in all samples of the
    batch) is allowed. After the optimiser's step, the first layer that exceeds its share is
    treated, and only that one: the incoming weights of its neurons that are silent in at least one
    sample grow by `start`, twice as much if the batch before had the same layer treated, and so on.
    It is no gradient of anything; `SilentHinge` is the exact alternative.

    Parameters
    ----------
    allowed : tuple of float
        Largest share of missing spikes of every spiking layer, each from 0 to 1.
    start : float
        First bump, in units of the threshold; every epoch begins with it.
    limit : float
        Largest bump.

    Raises
    ------
    DomainError
        If a constant is out of its range.

    References
    ----------
    Göltz et al., "Fast and energy-efficient neuromorphic deep learning with first-spike times"
    (2021), doi:10.1038/s42256-021-00388-x.

    Examples
    --------
    >>> import numpy as np
    >>> from firstspike.train import MissingSpikeBump
    >>> treatment = MissingSpikeBump(allowed=(0.25,), start=0.5).begin_epoch(0)
    >>> weights = [np.zeros((1, 2))]
    >>> for _ in range(2):
    ...     treatment.after_batch([np.array([[0, 1], [0, 1]])], weights)
    >>> weights[0].tolist()
    [[1.5, 0.0]]
    """

    allowed: tuple[float, ...]
    start: float = 5e-4
    limit: float = 1.0

    def __post_init__(self) -> None:
        shares = tuple(_checks.real_vector("allowed", self.allowed).tolist())
        for share in shares:
            _checks.within("allowed", share, 0.0, 1.0)
        object.__setattr__(self, "allowed", shares)
        _checks.positive("start", self.start)
        _checks.within("limit", self.limit, self.start)

    def begin_epoch(self, n_hidden: int, /) -> Treatment:  # noqa: ARG002
        """Return what the coming epoch is treated with."""
        return _Bump(self)


class _Bump:
    def __init__(self, remedy: MissingSpikeBump) -> None:
        self._remedy = remedy
        self._layer: int | None = None
        self._amount = remedy.start

    def after_batch(
        self, counts: Sequence[NDArray[np.int64]], weights: Sequence[NDArray[Any]], /
    ) -> None:
        allowed = self._remedy.allowed
        if len(allowed) != len(counts):
            msg = (
                f"allowed has {len(allowed)} shares, expected one per spiking layer: {len(counts)}"
            )
            raise ShapeError(msg)
        for layer, (count, share) in enumerate(zip(counts, allowed, strict=True)):
            missing = count == 0
            if missing.mean() > share:
                again = layer == self._layer
                amount = min(2.0 * self._amount, self._remedy.limit) if again else None
                self._amount = self._remedy.start if amount is None else amount
                self._layer = layer
                array = weights[layer]
                array[:, missing.any(axis=0)] += array.dtype.type(self._amount)
                return
        self._layer = None

    def after_epoch(self, weights: Sequence[NDArray[Any]], /) -> None:
        pass
