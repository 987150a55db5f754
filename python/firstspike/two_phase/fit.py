"""Training a two-phase network."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from firstspike import _checks, _core
from firstspike.errors import DomainError
from firstspike.optim import Adam, Progress
from firstspike.train.history import EpochRecord, History
from firstspike.train.interrupt import GracefulInterrupt
from firstspike.train.plan import plan_epoch
from firstspike.train.progress import ProgressDisplay
from firstspike.two_phase.codes import LinearCode
from firstspike.two_phase.passes import backward, cross_entropy, forward
from firstspike.two_phase.scales import first_worth, fitting_scale, round_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from firstspike.datasets import Dataset
    from firstspike.encoders import Encoder
    from firstspike.events import SpikeBatch
    from firstspike.optim import Optimizer
    from firstspike.train.plan import Constraint, EpochPlan
    from firstspike.two_phase.network import TwoPhaseNetwork
    from firstspike.two_phase.passes import Rounding

__all__ = ["train"]


def train(
    net: TwoPhaseNetwork,
    dataset: Dataset[Any],
    *,
    encoder: Encoder | None = None,
    optimizer: Optimizer | None = None,
    epochs: int = 10,
    batch_size: int = 128,
    seed: int = 0,
    validation: Dataset[Any] | None = None,
    dropout: float = 0.0,
    input_dropout: float = 0.0,
    relaxation: int = 0,
    constraints: Sequence[Constraint] = (),
    callbacks: Sequence[Callable[[EpochRecord, TwoPhaseNetwork], bool | None]] = (),
    progress: bool | None = None,
) -> History:
    r"""Train in place on the cross-entropy of the scores, by the exact gradient of the spike times.

    In continuous time the gradient is that of the equal rectified network. On the clock
    (`QuantizedTraining` with a `tick`) and with rounded weights, values are those of the hardware,
    and rounding is passed straight through. The same call gives the same bits on any number of
    threads of one machine: matrix products run on one.

    Parameters
    ----------
    net : TwoPhaseNetwork
        Changed in place. If a constraint rounds weights, it holds the rounded ones at the end.
    dataset : Dataset
        Training samples.
    encoder : Encoder, optional
        Turns the inputs of `dataset` and `validation` into spikes.
    optimizer : Optimizer, optional
        `Adam()` if omitted.
    epochs, batch_size, seed : int
        As in `firstspike.train`.
    validation : Dataset, optional
        Samples to measure the accuracy on after every epoch.
    dropout, input_dropout : float
        Probability that a hidden or an input spike is lost in training; the others count for more.
    relaxation : int
        Epochs over which the clock takes hold of hidden layers: in the ``e``-th of them, each
        layer of a batch is rounded with probability ``(e + 1) / relaxation``.
    constraints : sequence of Constraint
        Sparsity and rounding, as in `firstspike.train`; a `QuantizedTraining` must have the tick
        of the network, or none for continuous time.
    callbacks : sequence of callable
        ``(record, net) -> stop`` after every epoch; a true result ends the run.
    progress : bool, optional
        Whether to show a progress bar; if omitted, when standard error is a terminal.

    Returns
    -------
    History
        Figures of every finished epoch; `silent_rate` is the share of samples without any hidden
        spike in the last hidden layer.

    Raises
    ------
    ShapeError
        If data and network do not fit together.
    DomainError
        If a value is out of range or the loss stops being finite.

    References
    ----------
    Stanojevic et al., arXiv:2306.08744; stochastic relaxation: Park & Yoon, arXiv:2106.02568.

    Examples
    --------
    >>> import firstspike as fs
    >>> data, test = fs.datasets.load("digits")
    >>> net = fs.two_phase.TwoPhaseNetwork([64, 32, 10], seed=0)
    >>> encoder = fs.encoders.Latency(t_max=net.window)
    >>> history = fs.two_phase.train(net, data, encoder=encoder, epochs=5)
    >>> net.accuracy(encoder(test.inputs), test.labels) > 0.8
    True
    """
    if _checks.count("epochs", epochs) < 1 or _checks.count("batch_size", batch_size) < 1:
        msg = f"epochs is {epochs} and batch_size {batch_size}, expected at least 1 of each"
        raise DomainError(msg)
    for name, value in (("dropout", dropout), ("input_dropout", input_dropout)):
        if not 0.0 <= value < 1.0:
            msg = f"{name} is {value}, expected 0 or more and less than 1"
            raise DomainError(msg)
    spikes = dataset.encode(encoder)
    _check_labels(dataset.labels, net.sizes[-1])
    held_out = None if validation is None else (validation.encode(encoder), validation.labels)
    trainer = _Trainer(
        net,
        {rounded: net.inputs(spikes, rounded=rounded) for rounded in (False, True)},
        dataset.labels,
        optimizer or Adam(),
        batch_size=batch_size,
        seed=_checks.count("seed", seed),
        keep=(1.0 - input_dropout, 1.0 - dropout),
        relaxation=_checks.count("relaxation", relaxation),
    )
    history = History()
    batches = -(-len(dataset.labels) // batch_size)
    with (
        threadpool_limits(1),
        ProgressDisplay(epochs, batches, shown=progress) as display,
        GracefulInterrupt() as interrupt,
    ):
        for epoch in range(epochs):
            plan = plan_epoch(constraints, trainer.weights, epoch, epochs)
            record = trainer.epoch(epoch, epochs, plan, held_out)
            history.epochs.append(record)
            display.advance((epoch + 1) * batches)
            display.epoch_done(record)
            wishes = [callback(record, net) for callback in callbacks]
            history.interrupted = interrupt.requested
            if any(wishes) or interrupt.requested:
                break
    return history


@dataclass
class _Totals:
    loss: float = 0.0
    correct: int = 0
    silent: int = 0
    spikes: int = 0


class _Trainer:
    """One run: full-precision weights beside those that the network holds."""

    def __init__(
        self,
        net: TwoPhaseNetwork,
        inputs: dict[bool, NDArray[Any]],
        labels: NDArray[np.int64],
        optimizer: Optimizer,
        *,
        batch_size: int,
        seed: int,
        keep: tuple[float, float],
        relaxation: int,
    ) -> None:
        self._net, self._inputs, self._labels = net, inputs, labels
        self._optimizer, self._batch_size, self._seed = optimizer, batch_size, seed
        self._keep, self._relaxation = keep, relaxation
        self.weights = [array.copy() for array in net.weights]
        self._biases = list(net.biases)
        self._state = optimizer.init([*self.weights, *self._biases])
        self._rounded_since: int | None = None
        self._scores: tuple[float, ...] = ()

    def epoch(
        self,
        epoch: int,
        epochs: int,
        plan: EpochPlan,
        held_out: tuple[SpikeBatch, NDArray[np.int64]] | None,
    ) -> EpochRecord:
        """Visit every sample once."""
        began = time.perf_counter()
        self._plan, net = plan, self._net
        if plan.tick is not None and not np.isclose(plan.tick, net.tick, rtol=1e-9):
            msg = f"a constraint has the tick {plan.tick} s, expected the network's, {net.tick} s"
            raise DomainError(msg)
        on_clock = plan.tick is not None
        if on_clock and self._rounded_since is None:
            self._rounded_since = epoch
        net.scales = self._fit_scales()
        self._publish()
        rng = np.random.default_rng([self._seed, epoch])
        order = rng.permutation(len(self._labels))
        totals, rate = _Totals(), 0.0
        starts = range(0, len(order), self._batch_size)
        for start in starts:
            chosen = order[start : start + self._batch_size]
            batch = start // self._batch_size
            moment = Progress(
                epoch + batch / len(starts), epochs, epoch * len(starts) + batch, self._scores
            )
            rate = self._optimizer.lr * self._optimizer.schedule(moment)
            self._step(chosen, rate, self._roundings(epoch, rng), rng, totals)
        samples, hidden = len(order), sum(net.sizes[1:-1])
        validated = None if held_out is None else net.accuracy(*held_out, rounded=on_clock)
        accuracy = totals.correct / samples
        self._scores += (accuracy if validated is None else validated,)
        zeros = sum(int(np.count_nonzero(array == 0)) for array in net.weights)
        return EpochRecord(
            epoch=epoch,
            lr=rate,
            loss=totals.loss / samples,
            accuracy=accuracy,
            silent_rate=totals.silent / samples,
            spikes_per_neuron=totals.spikes / (samples * hidden) if hidden else 0.0,
            sparsity=zeros / sum(array.size for array in net.weights),
            validation_accuracy=validated,
            seconds=time.perf_counter() - began,
        )

    def _step(
        self,
        chosen: NDArray[np.intp],
        rate: float,
        roundings: list[Rounding | None],
        rng: np.random.Generator,
        totals: _Totals,
    ) -> None:
        net, labels = self._net, self._labels[chosen]
        x = self._inputs[self._plan.tick is not None][chosen]
        kept = self._gates(len(chosen), rng)
        if kept[0] is not None:
            x = x * kept[0]
        trace = forward(x, net.weights, net.biases, roundings, kept[1:])
        loss, error = cross_entropy(trace.scores, labels)
        if not np.isfinite(loss):
            msg = f"the loss is {loss}, expected a finite number; a lower learning rate may help"
            raise DomainError(msg)
        dw, db = backward(trace, net.weights, kept[1:], error)
        self._optimizer.update([*self.weights, *self._biases], [*dw, *db], self._state, lr=rate)
        for array, layer in zip(self.weights, self._plan.layers, strict=True):
            if layer.shrink > 0:
                _core.shrink(array.reshape(-1), rate * layer.shrink)
        self._publish()
        totals.loss += loss * len(labels)
        totals.correct += int(np.sum(trace.scores.argmax(axis=1) == labels))
        totals.silent += int(np.sum(~trace.inputs[-1].any(axis=1)))
        totals.spikes += sum(int(np.count_nonzero(value)) for value in trace.inputs[1:])

    def _roundings(self, epoch: int, rng: np.random.Generator) -> list[Rounding | None]:
        hidden = len(self.weights) - 1
        if self._rounded_since is None:
            return [None] * hidden
        share = 1.0
        if self._relaxation:
            share = (epoch - self._rounded_since + 1) / self._relaxation
        rounding = self._net.rounding
        return [rounding if u < share else None for u in rng.random(hidden)]

    def _gates(self, samples: int, rng: np.random.Generator) -> list[NDArray[Any] | None]:
        """Draw which spikes of the inputs and of the hidden layers survive."""
        keeps = [self._keep[0], *[self._keep[1]] * (len(self.weights) - 1)]
        return [
            None
            if keep == 1.0
            else (rng.random((samples, n), np.float32) < keep)
            * np.asarray(1.0 / keep, self._net.dtype)
            for keep, n in zip(keeps, self._net.sizes[:-1], strict=True)
        ]

    def _fit_scales(self) -> list[float | None]:
        net, last = self._net, len(self.weights) - 1
        scales: list[float | None] = []
        for index, (array, layer) in enumerate(zip(self.weights, self._plan.layers, strict=True)):
            if layer.scale is None:
                scales.append(None)
                continue
            below = net.code if index else LinearCode()
            scales.append(
                fitting_scale(
                    array,
                    layer.limit,
                    worth=first_worth(below, net.ticks),
                    ticks=net.ticks,
                    code=None if index == last else net.code,
                )
            )
        return scales

    def _publish(self) -> None:
        """Give the network the weights that it computes with."""
        for index, (array, layer) in enumerate(zip(self.weights, self._plan.layers, strict=True)):
            if layer.mask is not None:
                array[~layer.mask] = 0
            scale = self._net.scales[index]
            self._net.weights[index] = (
                array if scale is None else round_weights(array, scale, layer.limit)
            )


def _check_labels(labels: NDArray[np.int64], n_out: int) -> None:
    if not labels.size:
        msg = "the data set has no sample, expected at least one"
        raise DomainError(msg)
    if labels.max() >= n_out:
        msg = f"the data set has the label {labels.max()}, expected labels below {n_out}"
        raise DomainError(msg)
