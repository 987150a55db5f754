"""Random integer networks, samples for them, and a strategy for hypothesis."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firstspike.errors import DomainError, WidthError
from firstspike.integer_network import (
    Causal,
    Connectivity,
    Dense,
    FirstSpike,
    IntegerLayer,
    IntegerNetwork,
    LifProgram,
    Potential,
    Program,
    RampProgram,
    Readout,
    Schedule,
    StepProgram,
    SynapseLists,
    TableProgram,
    TickBatch,
    TwoPhase,
)
from firstspike.testing.neurons import Draw
from firstspike.testing.neurons import draw as draw_neurons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import SearchStrategy
    from numpy.typing import NDArray

__all__ = ["CELLS", "Cell", "networks_with_samples", "random_network", "random_samples"]

#: A program, and the schedule it goes with.
Cell: TypeAlias = "tuple[type[Program], type[Schedule]]"

#: Every program with every schedule it goes with.
CELLS: tuple[Cell, ...] = (
    (StepProgram, Causal),
    (RampProgram, Causal),
    (LifProgram, Causal),
    (RampProgram, TwoPhase),
    (TableProgram, TwoPhase),
)


def random_network(
    rng: np.random.Generator,
    *,
    program: type[Program] = LifProgram,
    schedule: type[Schedule] = Causal,
    readout: type[Readout] | None = None,
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
    program : type, default LifProgram
        Program of the layers, see `CELLS`.
    schedule : type, default Causal
        Schedule of the layers.
    readout : type, optional
        Default `FirstSpike`; with `TwoPhase` either readout, drawn.
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

    Raises
    ------
    DomainError
        If program and schedule do not go together, or a table cannot last that many ticks.

    Examples
    --------
    >>> import numpy as np
    >>> from firstspike.testing import random_network
    >>> random_network(np.random.default_rng(0), sizes=[4, 3, 2], ticks=8, density=1.0)
    IntegerNetwork(4-3-2, ticks=8, n_synapses=18)
    """
    if (program, schedule) not in CELLS:
        known = ", ".join(f"{one.__name__} with {two.__name__}" for one, two in CELLS)
        msg = f"program {program.__name__} with schedule {schedule.__name__}, expected {known}"
        raise DomainError(msg)
    if sizes is None:
        sizes = [int(rng.integers(1, 25)) for _ in range(rng.integers(2, 6))]
    duration = int(rng.integers(1, 49)) if ticks is None else ticks
    if readout is None:
        either = schedule is TwoPhase and rng.random() < 0.5
        readout = Potential if either else FirstSpike
    pairs = list(itertools.pairwise(sizes))
    draws = [
        draw_neurons(program, schedule, duration, fires=readout is FirstSpike or later > 0)
        for later in range(len(pairs) - 1, -1, -1)
    ]
    while True:  # a perfect integrator with large weights can be too wide: draw again
        layers = tuple(
            _random_layer(rng, shape, weight_bits, density, neurons)
            for shape, neurons in zip(pairs, draws, strict=True)
        )
        try:
            return IntegerNetwork(
                layers=layers, ticks=duration, tick_seconds=1e-3, readout=readout()
            )
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
    *,
    cells: Sequence[Cell] = ((LifProgram, Causal),),
    max_layers: int = 4,
    max_width: int = 12,
    max_ticks: int = 40,
    n_samples: int = 5,
) -> SearchStrategy[tuple[IntegerNetwork, TickBatch]]:
    """Return a hypothesis strategy for networks and samples that fit them.

    Parameters
    ----------
    cells : sequence of pairs, default causal `LifProgram` alone
        Programs and schedules to draw from; `CELLS` for all.
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

    def draw(
        cell: Cell, seed: int, sizes: list[int], ticks: int
    ) -> tuple[IntegerNetwork, TickBatch]:
        rng = np.random.default_rng(seed)
        program, schedule = cell
        network = random_network(rng, program=program, schedule=schedule, sizes=sizes, ticks=ticks)
        return network, random_samples(rng, network, n_samples)

    return st.builds(
        draw,
        cell=st.sampled_from(cells),
        seed=st.integers(0, 2**32),
        sizes=st.lists(st.integers(1, max_width), min_size=2, max_size=max_layers + 1),
        ticks=st.integers(1, max_ticks),
    )


def _random_layer(
    rng: np.random.Generator,
    shape: tuple[int, int],
    weight_bits: int | None,
    density: float | None,
    neurons: Draw,
) -> IntegerLayer:
    bits = int(rng.integers(2, 9)) if weight_bits is None else weight_bits
    largest = 2 ** (bits - 1) - 1
    lowest = int(rng.choice([-largest, -(largest // 2), 0]))  # mostly more drive than inhibition
    weights = rng.integers(lowest, largest + 1, shape)
    if rng.random() < 0.2:
        weights = np.where(rng.random(weights.shape) < 0.5, largest, -largest)
    parts = neurons(rng, weights)
    return IntegerLayer(
        connectivity=_connect(rng, weights.astype(np.int8), density),
        weight_bits=bits,
        scale=float(rng.uniform(0.01, 1.0)),
        **parts,
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
