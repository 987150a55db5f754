"""Training steps that stay in Rust for whole chunks of batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike import _core
from firstspike.errors import DomainError
from firstspike.losses import FirstSpikeCrossEntropy
from firstspike.optim import SGD, Adam
from firstspike.train.learned import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firstspike.train.plan import EpochPlan
    from firstspike.train.run import Run
    from firstspike.train.state import BatchTotals, TrainState

__all__ = ["Fused"]


@dataclass(frozen=True)
class Fused:
    """Run chunks of batches in Rust, with the interpreter lock released.

    Learns the weights of plain feed-forward layers (networks without `extras` and readout) by
    `FirstSpikeCrossEntropy`, with `Adam` or `SGD`. Same bits as `Composable`.

    Examples
    --------
    >>> import firstspike as fs
    >>> from firstspike.train import Fused
    >>> data, _ = fs.datasets.load("digits")
    >>> net = fs.Network([fs.LIF(64, 10)], seed=0)
    >>> encoder = fs.encoders.Latency(t_max=20e-3)
    >>> history = fs.train(net, data[:64], encoder=encoder, epochs=1, engine=Fused())
    """

    @staticmethod
    def obstacle(run: Run) -> str | None:
        """Return what about a run the core does not know, or None."""
        net = run.net
        obstacles = {
            f"loss is {type(run.loss).__name__}": not isinstance(run.loss, FirstSpikeCrossEntropy),
            f"optimizer is {type(run.optimizer).__name__}": not isinstance(
                run.optimizer, Adam | SGD
            ),
            f"learn is {list(run.names)}": run.learn != resolve("weights", net),
            "the network has a readout": net.readout is not None,
            f"the network has {', '.join(net.extras)}": bool(net.extras),
            f"until is {run.until}": run.until is not None,
            f"remedies is {run.remedies}": bool(run.remedies),
        }
        return next((text for text, holds in obstacles.items() if holds), None)

    def open(self, run: Run) -> FusedSession:
        """Prepare a run.

        Raises
        ------
        DomainError
            If anything about the run is not known to the core.
        """
        obstacle = self.obstacle(run)
        if obstacle is not None:
            msg = (
                f"{obstacle}, expected plain layers, first-spike cross-entropy, Adam or SGD, and "
                "nothing else to learn than weights; use engine=Composable()"
            )
            raise DomainError(msg)
        return FusedSession(run)


class FusedSession:
    """One run, in Rust."""

    def __init__(self, run: Run) -> None:
        assert isinstance(run.loss, FirstSpikeCrossEntropy)
        self._run = run
        self._trainer = _core.Trainer(
            *run.net._parts(),
            _core.Events(*run.parts(), run.labels.astype(np.uint32)),
            run.labels.astype(np.uint32),
            (run.loss.tau0, run.loss.alpha, run.loss.tau1),
            (run.silent.output, run.silent.hidden),
            run.slope_guard,
            run.optimizer.rule(),
            run.optimizer.clip_norm,
            [augment.code() for augment in run.augment],
            run.batch_size,
            run.seed,
            run.net._threads(run.threads),
        )

    def begin_epoch(self, state: TrainState, plan: EpochPlan) -> None:
        """Take over `state` and the plan of the coming epoch."""
        layers = [
            (
                weights.reshape(-1),
                [moment.reshape(-1) for moment in moments],
                None if layer.mask is None else layer.mask.reshape(-1),
                layer.shrink,
                None if layer.scale is None else (layer.scale, layer.limit),
            )
            for weights, moments, layer in zip(
                state.weights, state.optimizer.moments, plan.layers, strict=True
            )
        ]
        self._trainer.begin_epoch(state.epoch, state.optimizer.step, layers, plan.tick)

    def step(self, first_batch: int, rates: Sequence[float], totals: BatchTotals) -> None:
        """Train on ``len(rates)`` batches from `first_batch` on; add them to `totals`."""
        for samples, correct, silent, loss, spikes in self._trainer.run(first_batch, list(rates)):
            totals.add(samples=samples, correct=correct, silent=silent, loss=loss, spikes=spikes)

    def hand_back(self, state: TrainState) -> None:
        """Copy weights, moments and step count into `state`, and the weights into the network."""
        parts = zip(state.weights, state.optimizer.moments, self._run.net.weights, strict=True)
        layers = [
            (_flat(weights), [_flat(moment) for moment in moments], _flat(published))
            for weights, moments, published in parts
        ]
        state.optimizer.step = self._trainer.hand_back(layers)


def _flat(array: NDArray[Any]) -> NDArray[Any]:
    """Return a view to write to; all these arrays are contiguous."""
    view = array.reshape(-1)
    assert np.may_share_memory(view, array)
    return view
