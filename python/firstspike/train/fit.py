"""The training loop."""

from __future__ import annotations

import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError, ShapeError
from firstspike.losses import SilentHinge, suited_loss
from firstspike.optim import Adam, Progress
from firstspike.train.arguments import check_kinds, items
from firstspike.train.checkpoint import load_checkpoint, save_checkpoint
from firstspike.train.composable import Composable
from firstspike.train.evaluate import evaluate
from firstspike.train.fused import Fused
from firstspike.train.history import EpochRecord, History
from firstspike.train.interrupt import GracefulInterrupt
from firstspike.train.learned import resolve
from firstspike.train.plan import plan_epoch
from firstspike.train.progress import ProgressDisplay
from firstspike.train.run import Run
from firstspike.train.state import BatchTotals, TrainState

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from firstspike.datasets import Dataset
    from firstspike.encoders import Encoder
    from firstspike.events import SpikeBatch
    from firstspike.losses import Loss
    from firstspike.models import Network
    from firstspike.optim import Optimizer
    from firstspike.train.augment import Augment
    from firstspike.train.evaluate import Evaluation
    from firstspike.train.learned import Learned
    from firstspike.train.plan import Constraint
    from firstspike.train.remedies import Remedy
    from firstspike.train.run import Engine

__all__ = ["train"]

#: Samples between two looks at Ctrl-C and the progress bar.
SAMPLES_PER_CHUNK = 2000


def train(
    net: Network,
    dataset: Dataset[Any],
    *,
    encoder: Encoder | None = None,
    loss: Loss | None = None,
    silent: SilentHinge | None = None,
    optimizer: Optimizer | None = None,
    epochs: int = 10,
    batch_size: int = 32,
    seed: int = 0,
    learn: Sequence[str | Learned] | None = None,
    until: float | None = None,
    validation: Dataset[Any] | None = None,
    augment: Sequence[Augment] = (),
    constraints: Sequence[Constraint] = (),
    remedies: Sequence[Remedy] = (),
    engine: Engine | None = None,
    slope_guard: float | None = None,
    threads: int | None = None,
    callbacks: Sequence[Callable[[EpochRecord, Network], bool | None]] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: bool | None = None,
) -> History:
    r"""Train a network in place by exact gradients of its spike times.

    Every epoch visits the training samples once, in an order that depends on the seed and the
    epoch only. The same call gives the same bits on any number of threads, with either engine,
    and through any number of interruptions and resumptions.

    Parameters
    ----------
    net : Network
        Changed in place. If a constraint rounds weights, it holds the rounded ones at the end.
    dataset : Dataset
        Training samples.
    encoder : Encoder, optional
        Turns the inputs of `dataset` and `validation` into spikes; none is needed where they are
        spikes.
    loss : Loss, optional
        Any loss of `firstspike.losses` or your own: ``(times, labels) -> (loss, dL_dt)``, or
        ``(potentials, labels) -> (loss, seeds)`` for a network with a readout. If omitted,
        `FirstSpikeCrossEntropy()`, or the cross-entropy of what the readout reads.
    silent : SilentHinge, optional
        Lifts neurons without a spike; `SilentHinge()` if omitted.
    optimizer : Optimizer, optional
        `Adam()` if omitted.
    epochs : int
        Epochs in all, those before a resumed checkpoint included.
    batch_size : int
        Samples per step.
    seed : int
        Seed of the order of samples and of the disturbances.
    learn : sequence of str or Learned, optional
        Names of the parameters to learn, keys of ``net.parameters``, or `Learned` to choose units
        and bounds; ``weights``, and ``recurrent_weights`` where there are any, if omitted.
    until : float, optional
        End of a trial in seconds, see `Network.forward`.
    validation : Dataset, optional
        Samples to measure the accuracy on after every epoch.
    augment : sequence of Augment
        Disturbances of the input spikes, applied in order.
    constraints : sequence of Constraint
        Sparsity and rounding, asked in order at the start of every epoch; they need ``weights``
        among what is learned.
    remedies : sequence of Remedy
        Published heuristics for silent neurons; `silent` is the exact alternative.
    engine : Engine, optional
        `Fused()` runs whole chunks of batches in Rust, `Composable()` goes through Python between
        the passes. If omitted, the first one that can handle the run.
    slope_guard : float, optional
        Credit every spike with a slope of at least this much, see `Network.backward`.
    threads : int, optional
        Number of threads; all cores if omitted.
    callbacks : sequence of callable
        ``(record, net) -> stop`` after every epoch; a true result ends the run.
    checkpoint : path, optional
        File to hold the state after the last finished epoch.
    resume : bool
        Go on from `checkpoint`, if that file exists.
    progress : bool, optional
        Whether to show a progress bar; if omitted, when standard error is a terminal.

    Returns
    -------
    History
        Figures of every finished epoch. After Ctrl-C its `interrupted` is true, and `net` holds
        the weights after the last batch; an epoch cut short is not in the history, nor in the
        checkpoint, from which a resumed run repeats it.

    Raises
    ------
    ShapeError
        If data and network do not fit together.
    DomainError
        If a value is out of range, the loss stops being finite, or the checkpoint belongs to a run
        with other settings.
    FormatError
        If the checkpoint cannot be read.

    References
    ----------
    Wunderlich & Pehle, doi:10.1038/s41598-021-91786-z.

    Examples
    --------
    >>> import firstspike as fs
    >>> data, _ = fs.datasets.load("digits")
    >>> net = fs.Network([fs.LIF(64, 30), fs.LIF(30, 10)], seed=0)
    >>> history = fs.train(net, data[:200], encoder=fs.encoders.Latency(t_max=20e-3), epochs=2)
    >>> len(history), history.last.epoch
    (2, 1)
    """
    check_kinds(net=net, dataset=dataset, validation=validation)
    check_kinds(encoder=encoder, optimizer=optimizer, engine=engine)
    _checks.kind("silent", silent, SilentHinge, "firstspike.losses.SilentHinge()")
    constraints, callbacks = items("constraints", constraints), items("callbacks", callbacks)
    if _checks.count("epochs", epochs) < 1 or _checks.count("batch_size", batch_size) < 1:
        msg = f"epochs is {epochs} and batch_size {batch_size}, expected at least 1 of each"
        raise DomainError(msg)
    run = Run(
        net=net,
        spikes=_encode(encoder, dataset, net),
        labels=dataset.labels,
        loss=loss or suited_loss(net),
        silent=silent or SilentHinge(),
        optimizer=optimizer or Adam(),
        batch_size=batch_size,
        seed=_checks.count("seed", seed),
        learn=resolve(learn, net),
        augment=items("augment", augment),
        remedies=items("remedies", remedies),
        until=until,
        slope_guard=slope_guard,
        threads=threads,
    )
    _require_weights(run, constraints)
    held_out = (
        None if validation is None else (_encode(encoder, validation, net), validation.labels)
    )
    session = (engine or _suited(run)).open(run)
    settings = {} if checkpoint is None else _settings(run, encoder, constraints)
    state, history = TrainState.start(net, run.optimizer, run.learn), History()
    if resume and checkpoint is not None and Path(checkpoint).exists():
        state, history = load_checkpoint(checkpoint, state, net, settings)
    size = max(1, SAMPLES_PER_CHUNK // batch_size)
    starts = range(0, run.n_batches, size)
    chunks = [range(first, min(first + size, run.n_batches)) for first in starts]
    display = ProgressDisplay(epochs, run.n_batches, shown=progress)
    with display, GracefulInterrupt() as interrupt:
        while state.epoch < epochs:
            began = time.perf_counter()
            plan = plan_epoch(constraints, state.weights, state.epoch, epochs)
            session.begin_epoch(state, plan)
            totals, rate = BatchTotals(), 0.0
            scores = tuple(record.score for record in history.epochs)
            for batches in chunks:
                rates = _rates(run, state.epoch, batches, epochs, scores)
                session.step(batches.start, rates, totals)
                rate = rates[-1]
                display.batch_done(state.epoch, batches.stop)
                if interrupt.requested:
                    break
            session.hand_back(state)
            if totals.samples < len(run.labels):  # stopped in the middle: no record, no checkpoint
                history.interrupted = True
                break
            checked = (
                None
                if held_out is None
                else evaluate(net, *held_out, until=until, tick=plan.tick, threads=threads)
            )
            record = _record(run, state.epoch, rate, totals, checked, began)
            state.epoch += 1
            history.epochs.append(record)
            display.epoch_done(record)
            if checkpoint is not None:
                save_checkpoint(checkpoint, state, net, history, settings)
            wishes = [callback(record, net) for callback in callbacks]
            history.interrupted = interrupt.requested
            if any(wishes) or interrupt.requested:
                break
    return history


def _encode(encoder: Encoder | None, dataset: Dataset[Any], net: Network) -> SpikeBatch:
    spikes = dataset.encode(encoder)
    if not len(dataset):
        msg = f"{dataset.name} has no sample, expected at least one"
        raise ShapeError(msg)
    if spikes.n_sources != net.n_in:
        msg = (
            f"{dataset.name} has {spikes.n_sources} channels once encoded, "
            f"expected as many as the network has inputs, that is {net.n_in}"
        )
        raise ShapeError(msg)
    if dataset.labels.max() >= net.n_out:
        msg = (
            f"{dataset.name} has the label {dataset.labels.max()}, "
            f"expected labels below the number of outputs, {net.n_out}"
        )
        raise DomainError(msg)
    return spikes


def _require_weights(run: Run, constraints: Sequence[Constraint]) -> None:
    if (constraints or run.remedies) and "weights" not in run.names:
        msg = f"learn is {list(run.names)}, expected weights among it for constraints and remedies"
        raise DomainError(msg)


def _suited(run: Run) -> Engine:
    return Fused() if Fused.obstacle(run) is None else Composable()


def _settings(
    run: Run, encoder: Encoder | None, constraints: Sequence[Constraint]
) -> dict[str, str]:
    """Everything that the bits of a run depend on, except the number of epochs."""
    named = {
        "layers": run.net.layers,
        "encoder": encoder,
        "loss": run.loss,
        "silent": run.silent,
        "optimizer": run.optimizer,
        "batch_size": run.batch_size,
        "seed": run.seed,
        "learn": run.learn,
        "until": run.until,
        "augment": run.augment,
        "remedies": run.remedies,
        "constraints": tuple(constraints),
        "slope_guard": run.slope_guard,
        "data": _fingerprint(run),
    }
    return {name: _describe(value) for name, value in named.items()}


def _fingerprint(run: Run) -> str:
    """Tell training sets apart."""
    parts = (run.spikes.offsets, run.spikes.times, run.spikes.sources, run.labels)
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(np.ascontiguousarray(part).data, checksum)
    return f"{run.spikes.n_samples} samples, checksum {checksum:08x}"


def _describe(value: object) -> str:
    """Name functions by name: their repr holds an address that changes from run to run."""
    return str(getattr(value, "__qualname__", repr(value)))


def _rates(
    run: Run, epoch: int, batches: range, epochs: int, scores: tuple[float, ...]
) -> list[float]:
    schedule, lr, per_epoch = run.optimizer.schedule, run.optimizer.lr, run.n_batches
    moments = (
        Progress(epoch + batch / per_epoch, epochs, epoch * per_epoch + batch, scores)
        for batch in batches
    )
    rates = []
    for moment in moments:
        factor = _checks.number("what the schedule returns", schedule(moment))
        if not 0.0 <= factor < float("inf"):
            msg = f"the schedule returns {factor} at {moment}, expected a finite factor, at least 0"
            raise DomainError(msg)
        rates.append(lr * factor)
    return rates


def _record(
    run: Run,
    epoch: int,
    rate: float,
    totals: BatchTotals,
    checked: Evaluation | None,
    began: float,
) -> EpochRecord:
    neurons = sum(layer.n_out for layer in run.net.spiking)
    zeros = sum(int(np.count_nonzero(array == 0)) for array in run.net.weights)
    return EpochRecord(
        epoch=epoch,
        lr=rate,
        loss=totals.loss / totals.samples,
        accuracy=totals.correct / totals.samples,
        silent_rate=totals.silent / totals.samples,
        spikes_per_neuron=totals.spikes / (totals.samples * neurons),
        sparsity=zeros / sum(array.size for array in run.net.weights),
        validation_accuracy=None if checked is None else checked.accuracy,
        seconds=time.perf_counter() - began,
    )
