"""Which samples a testbench runs: the user's, and those that nobody's data contain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firstspike.integer_network import TickBatch

if TYPE_CHECKING:
    from firstspike import IntegerNetwork

__all__ = ["chosen_samples", "corner_samples", "join", "random_samples"]

#: Random samples that are tried in the search for a tie and for a network that stays silent.
TRIES = 512


def corner_samples(network: IntegerNetwork, *, seed: int = 0) -> TickBatch:
    """Return samples at the edges of what a network can be given.

    The first three are always there: no spike at all, every source at tick 0, every source at the
    last tick. One in which no output fires although there are spikes, and one in which several
    outputs fire in the deciding tick, follow if a search among random samples finds them.

    Parameters
    ----------
    network : IntegerNetwork
        Gives sources and ticks, and is simulated in the search.
    seed : int, default 0
        Seed of the search.

    Returns
    -------
    TickBatch
        3 to 5 samples.

    Examples
    --------
    >>> import firstspike as fs
    >>> from firstspike.hdl.tb import corner_samples
    >>> layer = fs.IntegerLayer(
    ...     connectivity=fs.Dense([[3, 3], [1, 1]]),
    ...     program=fs.LifProgram(7, 6, 8, shift=3, guard=0),
    ...     threshold=fs.ConstThreshold([3, 3]),
    ... )
    >>> network = fs.IntegerNetwork(layers=[layer], ticks=16, tick_seconds=1e-3)
    >>> corners = corner_samples(network)
    >>> [corners.sample(s)[0].tolist() for s in range(3)]
    [[], [0, 0], [15, 15]]
    >>> network.simulate(corners).ties[-1]
    np.True_
    """
    last = network.ticks - 1
    everyone = np.arange(network.n_sources, dtype=np.uint32)
    corners = TickBatch(
        np.array([0, 0, network.n_sources, 2 * network.n_sources]),
        np.repeat(np.array([0, last], dtype=np.int32), network.n_sources),
        np.concatenate([everyone, everyone]),
        network.n_sources,
    )
    tries = random_samples(network, TRIES, seed=seed)
    run = network.simulate(tries)
    found = []
    for wanted in (run.silent & (np.diff(tries.offsets) > 0), run.ties & ~run.silent):
        found += np.flatnonzero(wanted)[:1].tolist()
    return join(corners, _taken(tries, found))


def chosen_samples(samples: TickBatch, count: int) -> TickBatch:
    """Return at most `count` samples, spread evenly over the batch."""
    if samples.n_samples <= count:
        return samples
    return _taken(samples, np.linspace(0, samples.n_samples - 1, count).round().astype(int))


def join(first: TickBatch, second: TickBatch) -> TickBatch:
    """Return the samples of both batches."""
    return TickBatch(
        np.concatenate([first.offsets, first.offsets[-1] + second.offsets[1:]]),
        np.concatenate([first.ticks, second.ticks]),
        np.concatenate([first.sources, second.sources]),
        first.n_sources,
    )


def _taken(batch: TickBatch, samples: np.ndarray | list[int]) -> TickBatch:
    """Return some samples of a batch."""
    parts = [batch.sample(int(sample)) for sample in samples]
    return TickBatch(
        np.concatenate([[0], np.cumsum([ticks.size for ticks, _ in parts], dtype=np.int64)]),
        np.concatenate([np.empty(0, np.int32), *(ticks for ticks, _ in parts)]),
        np.concatenate([np.empty(0, np.uint32), *(sources for _, sources in parts)]),
        batch.n_sources,
    )


def random_samples(network: IntegerNetwork, count: int, *, seed: int = 0) -> TickBatch:
    """Return `count` samples of every activity, from a single spike to all sources."""
    rng = np.random.default_rng(seed)
    spiking = rng.random((count, network.n_sources)) < rng.random((count, 1)) ** 2
    tick = rng.integers(0, network.ticks, spiking.shape, dtype=np.int32)
    sample, source = np.nonzero(spiking)
    tick = tick[spiking]
    order = np.lexsort((source, tick, sample))
    counts = spiking.sum(axis=1)
    return TickBatch(
        np.concatenate([[0], np.cumsum(counts)]),
        tick[order],
        source[order].astype(np.uint32),
        network.n_sources,
    )
