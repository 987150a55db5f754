"""One way to evaluate every kind of loss."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError, ShapeError
from firstspike.losses._batch import check_labels
from firstspike.losses.base import Loss, ReadoutLoss, SpikeTimeLoss, TapeLoss
from firstspike.losses.derivatives import Derivatives
from firstspike.models.observation import ReadoutSeed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from firstspike.events import SpikeBatch
    from firstspike.models import Tape
    from firstspike.models.potentials import Potentials

__all__ = ["PerSpike", "Sum", "evaluate"]


def evaluate(loss: Loss, tape: Tape, labels: ArrayLike) -> tuple[float, Derivatives]:
    """Evaluate a loss of any kind on what a network did.

    A `TapeLoss` gets the tape. Any other loss gets what the network is read by: the potentials of
    its readout if it has one, else the first spike times of its last layer.

    Parameters
    ----------
    loss : SpikeTimeLoss, ReadoutLoss or TapeLoss
        The loss.
    tape : Tape
        From `Network.forward`.
    labels : array_like of int, shape (n_samples,)
        Index of the right output of each sample.

    Returns
    -------
    loss : float
        Mean over the batch.
    derivatives : Derivatives
        ``derivatives.backward(tape)`` gives the gradients.

    Raises
    ------
    ShapeError
        If there is not one whole number per sample as its label, or the loss answers with arrays
        of the wrong shape.
    DomainError
        If a label is not an output of the network, whether the loss uses its labels or not, or the
        loss answers with something else than a number and derivatives.

    Examples
    --------
    >>> import firstspike as fs
    >>> net = fs.Network([fs.LIF(1, 2, init=fs.Normal(10.0, 1.0))], seed=0)
    >>> tape = net.forward(fs.SpikeBatch.from_lists([[(0.0, 0)]], n_sources=1))
    >>> value, derivatives = fs.losses.evaluate(fs.losses.FirstSpikeCrossEntropy(), tape, [1])
    >>> derivatives.backward(tape).weights[0].shape
    (1, 2)
    """
    # here, for all of them: a loss of the user's need not look, and some do not use their labels
    chosen = check_labels(labels, tape.n_samples, tape.network.n_out)
    if isinstance(loss, TapeLoss):
        return loss.on_tape(tape, chosen)
    if tape.readout is not None:
        reading = cast("Potentials", tape.readout)
        value, seeds = _answer(cast("ReadoutLoss", loss), reading, chosen)
        given = tuple(seeds) if isinstance(seeds, Iterable) else (seeds,)
        if not all(isinstance(seed, ReadoutSeed) for seed in given):
            msg = (
                f"{_name(loss)} returned derivatives of type {type(seeds).__name__}, expected what "
                "Observation.seed(derivative) returns: the network has a readout"
            )
            raise DomainError(msg)
        return value, Derivatives(dL_dreadout=given)
    times = tape.first_spike_times()
    value, dL_dt = _answer(cast("SpikeTimeLoss", loss), times, chosen)
    if np.shape(dL_dt) != times.shape:
        msg = f"{_name(loss)} returned dL_dt of shape {np.shape(dL_dt)}, expected {times.shape}"
        raise ShapeError(msg)
    return value, Derivatives(dL_dt=np.asarray(dL_dt, np.float64))


@dataclass(frozen=True)
class PerSpike:
    """A loss on every spike of a layer, made of a plain function.

    Parameters
    ----------
    function : callable
        ``(spikes, labels) -> (loss, dL_dspikes)``: from the `SpikeBatch` of the layer and the
        labels to the loss, averaged over the batch, and its derivative with respect to each spike
        time, per second, in the order of ``spikes.times``.
    layer : int, default -1
        Which spiking layer; negative ones count from the last.

    Raises
    ------
    DomainError
        If `function` cannot be called.

    Examples
    --------
    >>> import numpy as np
    >>> import firstspike as fs
    >>> def mean_square_time(spikes, labels):
    ...     share = 1.0 / len(labels)
    ...     return share * np.sum(spikes.times**2), 2.0 * share * spikes.times
    >>> loss = fs.losses.PerSpike(mean_square_time, layer=0)
    >>> layer = fs.LIF(1, 2, spikes=fs.Many(), init=fs.Normal(20.0, 1.0))
    >>> net = fs.Network([layer], seed=0)
    >>> tape = net.forward(fs.SpikeBatch.from_lists([[(0.0, 0)]], n_sources=1))
    >>> value, derivatives = fs.losses.evaluate(loss, tape, [0])
    >>> derivatives.dL_dspikes[0].shape == tape.spikes(0).times.shape
    True
    """

    function: Callable[[SpikeBatch, NDArray[np.int64]], tuple[float, NDArray[np.float64]]]
    layer: int = -1

    def __post_init__(self) -> None:
        if not callable(self.function):
            msg = f"function is {self.function!r}, expected a callable (spikes, labels)"
            raise DomainError(msg)

    def on_tape(self, tape: Tape, labels: NDArray[np.int64], /) -> tuple[float, Derivatives]:
        """Evaluate one batch, see `TapeLoss`."""
        layer = tape.index(self.layer)
        spikes = tape.spikes(layer)
        value, dL_dspikes = _answer(self.function, spikes, labels)
        derivative = np.asarray(dL_dspikes, np.float64)
        if derivative.shape != spikes.times.shape:
            msg = (
                f"{_name(self.function)} returned dL_dspikes of shape {derivative.shape}, "
                f"expected one entry per spike, that is {spikes.times.shape}"
            )
            raise ShapeError(msg)
        return value, Derivatives(dL_dspikes={layer: derivative})


@dataclass(frozen=True)
class Sum:
    """Several losses of any kind, added up in order.

    Parameters
    ----------
    losses : sequence of Loss
        At least one.

    Raises
    ------
    DomainError
        If there is none.

    Examples
    --------
    >>> import firstspike as fs
    >>> loss = fs.losses.Sum([fs.losses.FirstSpikeCrossEntropy(), fs.losses.SilentHinge()])
    >>> len(loss.losses)
    2
    """

    losses: Sequence[Loss]

    def __post_init__(self) -> None:
        if not self.losses:
            msg = "losses is empty, expected at least one"
            raise DomainError(msg)
        object.__setattr__(self, "losses", tuple(self.losses))

    def on_tape(self, tape: Tape, labels: NDArray[np.int64], /) -> tuple[float, Derivatives]:
        """Evaluate one batch, see `TapeLoss`."""
        total, derivatives = 0.0, Derivatives()
        for loss in self.losses:
            value, own = evaluate(loss, tape, labels)
            total, derivatives = total + value, derivatives + own
        return total, derivatives


def _answer(loss: Callable[..., Any], *arguments: object) -> tuple[float, Any]:
    """Call a loss, perhaps a user's, and check that it answers with a pair."""
    if not callable(loss):
        msg = f"the loss is {loss!r}, expected a callable or an object with on_tape"
        raise DomainError(msg)
    answer = loss(*arguments)
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        msg = f"{_name(loss)} returned {reprlib.repr(answer)}, expected (loss, derivatives)"
        raise DomainError(msg)
    return _checks.number(f"the loss that {_name(loss)} returned", answer[0]), answer[1]


def _name(loss: object) -> str:
    return str(getattr(loss, "__name__", type(loss).__name__))
