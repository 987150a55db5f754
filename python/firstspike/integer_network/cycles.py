"""How many cycles the generated core takes, without running it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _core
from firstspike.errors import DomainError
from firstspike.integer_network.ticks import TickBatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firstspike.events import SpikeBatch
    from firstspike.integer_network.core_shape import CoreShape
    from firstspike.integer_network.network import IntegerNetwork

__all__ = ["StreamCycles", "predict_cycles", "predict_stream"]


@dataclass(frozen=True, eq=False)
class StreamCycles:
    """When the samples of one or several streams are in a core.

    Parameters
    ----------
    starts : ndarray of int64, shape (n_samples,)
        Clock cycle in which the first token of each sample is accepted, counted from the start of
        its stream.
    cycles : ndarray of int64, shape (n_samples,)
        Cycles from then on to its verdict, both included.
    edges : tuple of int
        Stream `i` has the samples ``edges[i]`` to ``edges[i + 1] - 1``.
    """

    starts: NDArray[np.int64]
    cycles: NDArray[np.int64]
    edges: tuple[int, ...]

    @property
    def interval(self) -> float:
        """Mean cycles from the start of a sample to that of the next; not a number if none has."""
        pairs = [self.starts[first:last] for first, last in itertools.pairwise(self.edges)]
        gaps = np.concatenate([np.diff(starts) for starts in pairs])
        return float(gaps.mean()) if gaps.size else float("nan")


def predict_cycles(
    network: IntegerNetwork,
    spikes: SpikeBatch | TickBatch,
    shape: CoreShape,
    *,
    early_exit: bool = True,
    threads: int | None = None,
) -> NDArray[np.int64]:
    """Predict the cycles of every sample on a core of a given shape, exactly.

    The cycles of a sample are counted from the one in which its first token is accepted to the
    one in which the decision is made, both included, while the producer offers a token in every
    cycle and the consumer takes every token at once. Tokens go in as the batch has them: the
    spikes of a tick by ascending source, then the end of the tick.

    Parameters
    ----------
    network : IntegerNetwork
        The network; a pruned network has shorter segments and takes fewer cycles.
    spikes : SpikeBatch or TickBatch
        Input spikes in seconds (rounded by `IntegerNetwork.to_ticks`) or in ticks.
    shape : CoreShape
        The core.
    early_exit : bool, default True
        Whether the core stops at the deciding tick.
    threads : int, optional
        Number of threads, all cores by default. Results do not depend on it.

    Returns
    -------
    ndarray of int64, shape (n_samples,)
        Cycles of each sample.

    Raises
    ------
    ShapeError
        If the core has another number of layers than the network, or the batch another number of
        sources.
    DomainError
        If a layer of the core has more lanes than neurons, or skips rows although it cannot.

    Examples
    --------
    >>> import firstspike as fs
    >>> from firstspike.integer_network.core_shape import CoreShape, LayerShape
    >>> from firstspike.integer_network.cycles import predict_cycles
    >>> layer = fs.IntegerLayer(
    ...     connectivity=fs.Dense([[3, -3], [1, 2]]),
    ...     program=fs.LifProgram(7, 6, 8, shift=3, guard=0),
    ...     threshold=fs.ConstThreshold([4, 4]),
    ... )
    >>> network = fs.IntegerNetwork(layers=[layer], ticks=16, tick_seconds=1e-3)
    >>> batch = fs.SpikeBatch.from_dense([[0.0, 2e-3], [9e-3, 0.0]])
    >>> shape = CoreShape((LayerShape(lanes=2, columns=1, stages=2),), queue_depth=32)
    >>> predict_cycles(network, batch, shape).tolist()
    [27, 27]
    """
    batch = spikes if isinstance(spikes, TickBatch) else network.to_ticks(spikes)
    cycles = _core.predict_cycles(
        network._core,
        batch._core,
        shape._core,
        bool(early_exit),
        _core.Workers(threads),
    )
    return cycles.astype(np.int64)


def predict_stream(
    network: IntegerNetwork,
    spikes: SpikeBatch | TickBatch,
    shape: CoreShape,
    *,
    early_exit: bool = True,
    edges: Sequence[int] | None = None,
    threads: int | None = None,
) -> StreamCycles:
    """Predict when every sample of a stream starts, and how long it takes, exactly.

    The producer offers a token in every cycle, sample after sample, and the consumer takes every
    verdict at once. A layer that has handed on the end of a sample takes the next one while those
    behind it work on the one before, so a sample may start before the verdict on the one before,
    and may wait on its way: its cycles are at least those of `predict_cycles`. With early exit the
    producer still says all there is to say, and the core swallows what comes after the verdict.

    Parameters
    ----------
    network, spikes, shape, threads
        As for `predict_cycles`.
    early_exit : bool, default True
        Whether the core stops at the deciding tick.
    edges : sequence of int, optional
        Several streams, each on a core of its own: stream `i` has the samples ``edges[i]`` to
        ``edges[i + 1] - 1``. One stream by default.

    Returns
    -------
    StreamCycles
        Starts and cycles of all samples.

    Raises
    ------
    ShapeError, DomainError
        As for `predict_cycles`; also if the edges do not ascend from 0 to the number of samples.

    Examples
    --------
    >>> import firstspike as fs
    >>> from firstspike.integer_network.core_shape import CoreShape, LayerShape
    >>> from firstspike.integer_network.cycles import predict_stream
    >>> layer = fs.IntegerLayer(
    ...     connectivity=fs.Dense([[3, -3], [1, 2]]),
    ...     program=fs.LifProgram(7, 6, 8, shift=3, guard=0),
    ...     threshold=fs.ConstThreshold([4, 4]),
    ... )
    >>> network = fs.IntegerNetwork(layers=[layer], ticks=16, tick_seconds=1e-3)
    >>> batch = fs.SpikeBatch.from_dense([[0.0, 2e-3], [9e-3, 0.0]])
    >>> shape = CoreShape((LayerShape(lanes=2, columns=1, stages=2),), queue_depth=32)
    >>> stream = predict_stream(network, batch, shape)
    >>> stream.starts.tolist(), stream.cycles.tolist(), stream.interval
    ([0, 31], [27, 27], 31.0)
    """
    batch = spikes if isinstance(spikes, TickBatch) else network.to_ticks(spikes)
    given = (0, batch.n_samples) if edges is None else tuple(int(edge) for edge in edges)
    if min(given, default=0) < 0:
        msg = f"edges is {given}, expected ascending numbers from 0 to {batch.n_samples}"
        raise DomainError(msg)
    starts, verdicts = _core.predict_stream(
        network._core,
        batch._core,
        list(given),
        shape._core,
        bool(early_exit),
        _core.Workers(threads),
    )
    begun = starts.astype(np.int64)
    return StreamCycles(begun, verdicts.astype(np.int64) - begun, given)
