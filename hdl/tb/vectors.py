"""What a testbench sends to a core and what it expects back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from firstspike.errors import DomainError, ShapeError
from firstspike.hdl.cycles import planned_cycles, planned_stream
from firstspike.hdl.tb.samples import chosen_samples, corner_samples, join

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firstspike.hdl.cycles import StreamCycles
    from firstspike.hdl.plan import CorePlan
    from firstspike.integer_network import IntegerNetwork, IntegerRun, TickBatch

__all__ = ["PASSES", "Pass", "Vectors"]


@dataclass(frozen=True)
class Pass:
    """One run over all samples: of the pruned core or not, with early exit or not.

    Every sample waits for a core at rest, or the samples follow each other in a stream.
    """

    pruned: bool
    early_exit: bool
    streamed: bool


#: The order in which the testbench runs them; PRUNE comes between the second and the third.
PASSES = (
    Pass(False, False, False),
    Pass(False, True, False),
    Pass(True, False, True),
    Pass(True, True, True),
)


@dataclass(frozen=True, eq=False)
class Vectors:
    """Samples, pruning thresholds, and what the integer simulator makes of them.

    Parameters
    ----------
    samples : TickBatch
        The samples.
    thresholds : tuple of int
        Pruning threshold of each layer; 0 keeps every synapse.
    dropped : tuple of int
        Synapses that each layer loses to them.
    before, after : IntegerRun
        All spikes of the network, and of the pruned network, without early exit.
    cycles : ndarray of int64, shape (4, n_samples)
        Predicted cycles of every sample in every one of `PASSES`, if it has the core for itself.
    streams : tuple of StreamCycles or None
        When the samples start in those that are streams, and what they take there.
    """

    samples: TickBatch
    thresholds: tuple[int, ...]
    dropped: tuple[int, ...]
    before: IntegerRun
    after: IntegerRun
    cycles: NDArray[np.int64]
    streams: tuple[StreamCycles | None, ...]

    @classmethod
    def from_network(
        cls,
        network: IntegerNetwork,
        plan: CorePlan,
        samples: TickBatch | None = None,
        *,
        thresholds: int | Sequence[int] = 2,
        count: int = 100,
        seed: int = 0,
    ) -> Vectors:
        """Simulate corner samples and some of the user's, before and after pruning.

        Parameters
        ----------
        network : IntegerNetwork
            What the core is generated from.
        plan : CorePlan
            How the core is laid out, for the cycles.
        samples : TickBatch, optional
            The user's samples.
        thresholds : int or sequence of int, default 2
            Pruning threshold of all layers, or of each: synapses with ``|w|`` below it go.
        count : int, default 100
            How many of the user's samples to take, spread evenly.
        seed : int, default 0
            Seed of the search for corner samples.

        Raises
        ------
        ShapeError
            If the samples, the thresholds or the plan do not fit the network.
        DomainError
            If a threshold is not a whole number of at least 0.
        """
        chosen = corner_samples(network, seed=seed)
        if samples is not None:
            if samples.n_sources != network.n_sources:
                msg = f"samples have {samples.n_sources} sources, the network {network.n_sources}"
                raise ShapeError(msg)
            chosen = join(chosen, chosen_samples(samples, count))
        values = _thresholds(thresholds, len(network.layers))
        network = plan.stored(network)
        pruned = _pruned(network, values)
        cycles, streams = [], []
        for each in PASSES:
            runs, early = pruned if each.pruned else network, each.early_exit
            cycles.append(planned_cycles(runs, plan, chosen, early_exit=early))
            streams.append(
                planned_stream(runs, plan, chosen, early_exit=early) if each.streamed else None
            )
        return cls(
            samples=chosen,
            thresholds=values,
            dropped=tuple(
                old.n_synapses - new.n_synapses
                for old, new in zip(network.layers, pruned.layers, strict=True)
            ),
            before=network.simulate(chosen, early_exit=False, record=True),
            after=pruned.simulate(chosen, early_exit=False, record=True),
            cycles=np.array(cycles),
            streams=tuple(streams),
        )


def _thresholds(value: int | Sequence[int], n_layers: int) -> tuple[int, ...]:
    values = [value] * n_layers if isinstance(value, (int, np.integer)) else list(value)
    if len(values) != n_layers:
        msg = f"thresholds has {len(values)} entries, expected one number or one per layer"
        raise ShapeError(f"{msg} ({n_layers})")
    for entry in values:
        if isinstance(entry, bool) or not isinstance(entry, (int, np.integer)) or entry < 0:
            msg = f"thresholds is {value!r}, expected whole numbers of at least 0"
            raise DomainError(msg)
    return tuple(int(entry) for entry in values)


def _pruned(network: IntegerNetwork, thresholds: tuple[int, ...]) -> IntegerNetwork:
    layers = tuple(
        replace(layer, connectivity=layer.connectivity.to_lists(min_magnitude=threshold))
        for layer, threshold in zip(network.layers, thresholds, strict=True)
    )
    return replace(network, layers=layers)
