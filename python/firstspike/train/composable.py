"""The training step spelled out in Python, open to any loss and any optimiser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike import _core, losses
from firstspike.errors import DomainError
from firstspike.events import SpikeBatch
from firstspike.train.evaluate import decisions, silent
from firstspike.train.learned import Free

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firstspike.models import Gradients, Tape
    from firstspike.train.learned import Learned
    from firstspike.train.plan import EpochPlan
    from firstspike.train.run import Run
    from firstspike.train.state import BatchTotals, TrainState

__all__ = ["Composable"]


@dataclass(frozen=True)
class Composable:
    """Run every step through Python: forward, loss, backward, optimiser, constraints.

    Slower than `Fused` by the cost of crossing into Python and back, and open to everything:
    recurrent and delayed networks, readouts, any parameter, losses and optimisers written in numpy.
    Where both can run, they give the same bits.

    Examples
    --------
    >>> import firstspike as fs
    >>> from firstspike.train import Composable
    >>> data, _ = fs.datasets.load("digits")
    >>> net = fs.Network([fs.LIF(64, 10)], seed=0)
    >>> encoder = fs.encoders.Latency(t_max=20e-3)
    >>> history = fs.train(net, data[:64], encoder=encoder, epochs=1, engine=Composable())
    """

    def open(self, run: Run) -> ComposableSession:
        """Prepare a run."""
        return ComposableSession(run)


class ComposableSession:
    """One run, step by step in Python."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._events = _core.Events(*run.parts(), run.labels.astype(np.uint32))
        self._loss = losses.Sum([run.loss, run.silent])
        per_layer = [(item, len(run.net.parameters[item.name])) for item in run.learn]
        self._decayed = [bool(item.decay) for item, count in per_layer for _ in range(count)]

    def begin_epoch(self, state: TrainState, plan: EpochPlan) -> None:
        """Take over `state` and the plan of the coming epoch."""
        self._state, self._plan = state, plan
        self._order = _core.epoch_order(len(self._run.labels), self._run.seed, state.epoch)
        net = self._run.net
        n_hidden = len(net.spiking) - (net.readout is None)
        self._treatments = [remedy.begin_epoch(n_hidden) for remedy in self._run.remedies]
        self._constrain_and_publish()

    def step(self, first_batch: int, rates: Sequence[float], totals: BatchTotals) -> None:
        """Train on ``len(rates)`` batches from `first_batch` on; add them to `totals`."""
        size = self._run.batch_size
        for batch, rate in enumerate(rates, start=first_batch):
            self._train(self._order[batch * size : (batch + 1) * size], rate, totals)
        if first_batch + len(rates) == self._run.n_batches and self._treatments:
            for treatment in self._treatments:
                treatment.after_epoch(self._state.weights[: len(self._run.net.spiking)])
            self._constrain_and_publish()

    def hand_back(self, state: TrainState) -> None:
        """Nothing to bring: state and network are changed in place."""

    def _train(self, chosen: NDArray[np.uint64], rate: float, totals: BatchTotals) -> None:
        run = self._run
        labels = run.labels[chosen]
        tape = run.net.forward(
            self._gather(chosen), until=run.until, tick=self._plan.tick, threads=run.threads
        )
        loss, derivatives = losses.evaluate(self._loss, tape, labels)
        if not np.isfinite(loss):
            hint = "a lower learning rate or a loss with longer time constants may help"
            msg = f"the loss is {loss}, expected a finite number; {hint}"
            raise DomainError(msg)
        grads = derivatives.backward(
            tape,
            wrt=run.names,
            slope_guard=run.slope_guard,
            input_times=False,
            threads=run.threads,
        )
        self._update(grads, rate)
        if self._treatments:
            self._treat(tape)
        self._constrain_and_publish()
        totals.add(
            samples=len(labels),
            correct=int(np.sum(decisions(tape) == labels)),
            silent=int(np.sum(silent(tape, labels))),
            loss=loss,
            spikes=sum(tape.spikes(layer).n_spikes for layer in range(len(run.net.spiking))),
        )

    def _gather(self, chosen: NDArray[np.uint64]) -> SpikeBatch:
        run = self._run
        augments = [augment.code() for augment in run.augment]
        parts = self._events.gather(chosen, augments, run.seed, self._state.epoch)
        return SpikeBatch(*parts, run.spikes.n_sources)

    def _update(self, grads: Gradients, rate: float) -> None:
        """Step all that is learned, in the units it is learned in."""
        run, state = self._run, self._state
        scaled = [
            grad if item.unit == 1.0 else grad * item.unit
            for item in run.learn
            for grad in grads[item.name]
        ]
        if all(self._decayed):  # then an optimiser need not know about the choice
            run.optimizer.update(state.arrays, scaled, state.optimizer, lr=rate)
        else:
            run.optimizer.update(
                state.arrays, scaled, state.optimizer, lr=rate, decayed=self._decayed
            )
        for weights, layer in zip(state.weights, self._plan.layers, strict=True):
            if layer.shrink > 0:
                _core.shrink(weights.reshape(-1), rate * layer.shrink)

    def _treat(self, tape: Tape) -> None:
        counts = [_counts(tape.spikes(layer)) for layer in range(len(self._run.net.spiking))]
        for treatment in self._treatments:
            treatment.after_batch(counts, self._state.weights[: len(counts)])

    def _constrain_and_publish(self) -> None:
        for item in self._run.learn:
            arrays = self._state.learned[item.name]
            if item.name == "weights":
                self._mask_and_publish(item)
                continue
            for index, array in enumerate(arrays):
                self._publish(item, index, array)

    def _mask_and_publish(self, item: Learned) -> None:
        for index, layer in enumerate(self._plan.layers):
            weights = self._state.weights[index]
            if layer.mask is not None:
                weights[~layer.mask] = 0
            if layer.scale is None:
                self._publish(item, index, weights)
            else:
                flat = _core.fake_quantize(weights.reshape(-1), layer.scale, layer.limit)
                self._run.net.weights[index] = flat.reshape(weights.shape)

    def _publish(self, item: Learned, index: int, array: NDArray[Any]) -> None:
        """Move what left its bound back, and give the network its unit."""
        if item.limits == Free() and item.unit == 1.0:
            self._run.net.parameters[item.name][index] = array
            return
        unit = array.dtype.type(item.unit)
        value = array * unit
        inside = item.limits.clip(value)
        np.divide(inside, unit, out=array, where=inside != value)
        self._run.net.parameters[item.name][index] = inside


def _counts(spikes: SpikeBatch) -> NDArray[np.int64]:
    """Spikes of every neuron in every sample."""
    samples = np.repeat(np.arange(spikes.n_samples), np.diff(spikes.offsets))
    flat = samples * spikes.n_sources + spikes.sources
    counts = np.bincount(flat, minlength=spikes.n_samples * spikes.n_sources)
    return counts.reshape(spikes.n_samples, spikes.n_sources)
