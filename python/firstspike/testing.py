"""Random integer networks and samples, for tests here and in projects that build on firstspike.

`random_network` and `random_samples` draw from a seeded `numpy.random.Generator`; the same seed
gives the same network. `networks_with_samples` is a strategy for hypothesis, which must be
installed.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from firstspike.errors import WidthError
from firstspike.integer_network import (
    Connectivity,
    ConstThreshold,
    Dense,
    IntegerLayer,
    IntegerNetwork,
    LifProgram,
    SynapseLists,
    TickBatch,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import SearchStrategy
    from numpy.typing import NDArray

__all__ = ["networks_with_samples", "random_network", "random_samples"]


def random_network(
    rng: np.random.Generator,
    *,
    sizes: Sequence[int] | None = None,
    ticks: int | None = None,
    weight_bits: int | None = None,
    density: float | None = None,
) -> IntegerNetwork:
    """Draw a network that is lively (neurons fire, some do not) and full of corner cases.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of all randomness.
    sizes : sequence of int, optional
        Number of inputs, then of neurons per layer; default 1 to 4 layers of 1 to 24 neurons.
    ticks : int, optional
        Number of ticks; default 1 to 48.
    weight_bits : int, optional
        Width of the weights; default 2 to 8, drawn per layer.
    density : float, optional
        Share of the synapses that exist; default dense or 0 to 1, drawn per layer.

    Returns
    -------
    IntegerNetwork
        A valid network; no register needs more than 32 bits.

    Examples
    --------
    >>> import numpy as np
    >>> from firstspike.testing import random_network
    >>> random_network(np.random.default_rng(0), sizes=[4, 3, 2], ticks=8, density=1.0)
    IntegerNetwork(4-3-2, ticks=8, n_synapses=18)
    """
    if sizes is None:
        sizes = [int(rng.integers(1, 25)) for _ in range(rng.integers(2, 6))]
    duration = int(rng.integers(1, 49)) if ticks is None else ticks
    while True:  # a perfect integrator with large weights can be too wide: draw again
        layers = tuple(
            _random_layer(rng, n_sources, n_targets, weight_bits, density)
            for n_sources, n_targets in itertools.pairwise(sizes)
        )
        try:
            return IntegerNetwork(layers=layers, ticks=duration, tick_seconds=1e-3)
        except WidthError:
            continue


def random_samples(
    rng: np.random.Generator, network: IntegerNetwork, n: int, *, activity: float | None = None
) -> TickBatch:
    """Draw samples for a network; the first ones are empty, all at tick 0, all at the last tick.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of all randomness.
    network : IntegerNetwork
        Gives the number of sources and of ticks.
    n : int
        Number of samples.
    activity : float, optional
        Share of the sources that spike; default 0 to 1, drawn per sample.

    Returns
    -------
    TickBatch
        `n` samples, each source at most once per sample.

    Examples
    --------
    >>> import numpy as np
    >>> from firstspike.testing import random_network, random_samples
    >>> rng = np.random.default_rng(0)
    >>> samples = random_samples(rng, random_network(rng, sizes=[4, 2], ticks=8), 5)
    >>> samples.n_samples, samples.sample(1)[0].tolist()
    (5, [0, 0, 0, 0])
    """
    offsets, ticks, sources = [0], [], []
    for sample in range(n):
        share = rng.random() if activity is None else activity
        spiking = rng.random(network.n_sources) < share
        tick = rng.integers(0, network.ticks, network.n_sources)
        if sample == 0:
            spiking[:] = False
        elif sample <= 2:
            spiking[:] = True
            tick[:] = 0 if sample == 1 else network.ticks - 1
        source = np.flatnonzero(spiking)
        order = np.argsort(tick[source], kind="stable")
        ticks.append(tick[source][order])
        sources.append(source[order])
        offsets.append(offsets[-1] + source.size)
    return TickBatch(
        np.array(offsets),
        np.concatenate([np.empty(0, np.int32), *ticks]).astype(np.int32),
        np.concatenate([np.empty(0, np.uint32), *sources]).astype(np.uint32),
        network.n_sources,
    )


def networks_with_samples(
    *, max_layers: int = 4, max_width: int = 12, max_ticks: int = 40, n_samples: int = 5
) -> SearchStrategy[tuple[IntegerNetwork, TickBatch]]:
    """Return a hypothesis strategy for networks and samples that fit them.

    Parameters
    ----------
    max_layers : int, default 4
        Largest number of layers.
    max_width : int, default 12
        Largest number of inputs or of neurons in a layer.
    max_ticks : int, default 40
        Largest number of ticks.
    n_samples : int, default 5
        Number of samples, see `random_samples`.

    Examples
    --------
    >>> from hypothesis import given
    >>> from firstspike.testing import networks_with_samples
    >>> @given(networks_with_samples(max_width=3))
    ... def early_exit_never_changes_a_decision(case):
    ...     network, samples = case
    ...     early = network.simulate(samples, threads=1)
    ...     late = network.simulate(samples, early_exit=False, threads=1)
    ...     assert (early.decisions == late.decisions).all()
    >>> early_exit_never_changes_a_decision()
    """
    from hypothesis import strategies as st

    def draw(seed: int, sizes: list[int], ticks: int) -> tuple[IntegerNetwork, TickBatch]:
        rng = np.random.default_rng(seed)
        network = random_network(rng, sizes=sizes, ticks=ticks)
        return network, random_samples(rng, network, n_samples)

    return st.builds(
        draw,
        seed=st.integers(0, 2**32),
        sizes=st.lists(st.integers(1, max_width), min_size=2, max_size=max_layers + 1),
        ticks=st.integers(1, max_ticks),
    )


def _random_layer(
    rng: np.random.Generator,
    n_sources: int,
    n_targets: int,
    weight_bits: int | None,
    density: float | None,
) -> IntegerLayer:
    bits = int(rng.integers(2, 9)) if weight_bits is None else weight_bits
    largest = 2 ** (bits - 1) - 1
    lowest = int(rng.choice([-largest, -(largest // 2), 0]))  # mostly more drive than inhibition
    weights = rng.integers(lowest, largest + 1, (n_sources, n_targets))
    if rng.random() < 0.2:
        weights = np.where(rng.random(weights.shape) < 0.5, largest, -largest)
    shift = int(rng.integers(1, 17)) if rng.random() < 0.3 else 12
    one = 2**shift
    program = LifProgram(
        decay_mem=_factor(rng, one),
        decay_syn=_factor(rng, one),
        drive=one if rng.random() < 0.5 else _factor(rng, one),
        shift=shift,
        guard=int(rng.integers(0, 9)),
    )
    # From "fires at once" to "hardly ever", around what a few synapses bring in.
    level = np.abs(weights).mean() * 2**program.guard * rng.choice([0.3, 1.0, 3.0])
    thresholds = np.maximum(1, level * rng.exponential(1.0, n_targets)).astype(np.int64)
    if rng.random() < 0.1:
        thresholds[:] = 1
    return IntegerLayer(
        connectivity=_connect(rng, weights.astype(np.int8), density),
        program=program,
        threshold=ConstThreshold(thresholds),
        weight_bits=bits,
        scale=float(rng.uniform(0.01, 1.0)),
    )


def _connect(
    rng: np.random.Generator, weights: NDArray[np.int8], density: float | None
) -> Connectivity:
    if density is None and rng.random() < 0.5:
        return Dense(weights)
    share = rng.random() if density is None else density
    keep = rng.random(weights.shape) < share
    offsets = np.concatenate(([0], np.cumsum(keep.sum(axis=1))))
    return SynapseLists(
        weights.shape[1], offsets, np.nonzero(keep)[1].astype(np.uint32), weights[keep]
    )


def _factor(rng: np.random.Generator, one: int) -> int:
    """Return a decay that is mostly slow, sometimes anything, sometimes an extreme."""
    draw = rng.random()
    if draw < 0.7:
        return int(one * rng.uniform(0.7, 1.0))
    return int(rng.choice([0, 1, one])) if draw < 0.85 else int(rng.integers(0, one + 1))
