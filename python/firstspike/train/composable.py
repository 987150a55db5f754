"""The training step spelled out in Python, open to any loss and any optimiser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike import _core, losses
from firstspike.errors import DomainError
from firstspike.events import SpikeBatch
from firstspike.train.evaluate import decisions, silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firstspike.models import Tape
    from firstspike.train.plan import EpochPlan
    from firstspike.train.run import Run
    from firstspike.train.state import BatchTotals, TrainState

__all__ = ["Composable"]


@dataclass(frozen=True)
class Composable:
    """Run every step through Python: forward, loss, backward, optimiser, constraints.

    Slower than `Fused` by the cost of crossing into Python and back, and open to losses and
    optimisers written in numpy. Where both can run, they give the same bits.

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

    def begin_epoch(self, state: TrainState, plan: EpochPlan) -> None:
        """Take over `state` and the plan of the coming epoch."""
        self._state, self._plan = state, plan
        self._order = _core.epoch_order(len(self._run.labels), self._run.seed, state.epoch)
        self._mask_and_publish()

    def step(self, first_batch: int, rates: Sequence[float], totals: BatchTotals) -> None:
        """Train on ``len(rates)`` batches from `first_batch` on; add them to `totals`."""
        size = self._run.batch_size
        for batch, rate in enumerate(rates, start=first_batch):
            self._train(self._order[batch * size : (batch + 1) * size], rate, totals)

    def hand_back(self, state: TrainState) -> None:
        """Nothing to bring: state and network are changed in place."""

    def _train(self, chosen: NDArray[np.uint64], rate: float, totals: BatchTotals) -> None:
        run, state = self._run, self._state
        labels = run.labels[chosen]
        tape = run.net.forward(self._gather(chosen), tick=self._plan.tick, threads=run.threads)
        times = tape.first_spike_times()
        value, derivatives = losses.evaluate(run.loss, tape, labels)
        loss, dL_dvmax = self._hinges(value, tape, times, labels)
        if not np.isfinite(loss):
            msg = f"the loss is {loss}, expected a finite number; a lower learning rate may help"
            raise DomainError(msg)
        grads = (derivatives + losses.Derivatives(dL_dvmax=dL_dvmax)).backward(
            tape,
            slope_guard=run.slope_guard,
            input_times=False,
            threads=run.threads,
        )
        run.optimizer.update(state.weights, grads.weights, state.optimizer, lr=rate)
        for weights, layer in zip(state.weights, self._plan.layers, strict=True):
            if layer.shrink > 0:
                _core.shrink(weights.reshape(-1), rate * layer.shrink)
        self._mask_and_publish()
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

    def _hinges(
        self,
        loss: float,
        tape: Tape,
        times: NDArray[np.float64],
        labels: NDArray[np.int64],
    ) -> tuple[float, dict[int, NDArray[np.float64]]]:
        """Add the hinges to `loss` one by one, as the core does."""
        run, seeds = self._run, {}
        last = len(run.net.spiking) - 1
        n_hidden = last if tape.readout is None else last + 1
        if run.silent.output > 0 and tape.readout is None:
            value, seeds[last] = _core.silent_output_hinge(
                run.silent.output,
                times,
                tape.max_voltages(last),
                run.net.thresholds[last].astype(np.float64),
                labels.astype(np.uint32),
            )
            loss += value
        for layer in range(n_hidden if run.silent.hidden > 0 else 0):
            value, seeds[layer] = _core.silent_hidden_hinge(
                run.silent.hidden,
                tape.first_spike_times(layer),
                tape.max_voltages(layer),
                run.net.thresholds[layer].astype(np.float64),
            )
            loss += value
        return loss, seeds

    def _mask_and_publish(self) -> None:
        for index, layer in enumerate(self._plan.layers):
            weights: NDArray[Any] = self._state.weights[index]
            if layer.mask is not None:
                weights[~layer.mask] = 0
            if layer.scale is None:
                self._run.net.weights[index] = weights
            else:
                flat = _core.fake_quantize(weights.reshape(-1), layer.scale, layer.limit)
                self._run.net.weights[index] = flat.reshape(weights.shape)
