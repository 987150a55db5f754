"""Pruning and loading by the hardware itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from firstspike.errors import DomainError
from firstspike.hdl.build.images import read_images
from firstspike.hdl.bundle import Bundle
from firstspike.hdl.choices import per_layer
from firstspike.hdl.cosim.library import compile_core
from firstspike.hdl.cosim.model import CompiledCore
from firstspike.hdl.cosim.readback import read_back
from firstspike.hdl.room import loadable_images
from firstspike.integer_network import TickBatch

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from firstspike.events import SpikeBatch
    from firstspike.integer_network import IntegerNetwork

__all__ = ["load_on_chip", "prune_on_chip"]

MOST_THRESHOLD, MOST_FLOOR = 255, 65535


def prune_on_chip(
    directory: str | os.PathLike[str],
    thresholds: int | Sequence[int],
    *,
    floors: int | Sequence[int] = 0,
) -> IntegerNetwork:
    """Let a generated core prune itself in simulation, and read its synapses back.

    The commands and the read-out are those of the hardware; a host that is wired to one does the
    same through its command port.

    Parameters
    ----------
    directory : path
        What `generate` wrote.
    thresholds : int or sequence of int
        Synapses with ``|w|`` below it go, in every layer or in each; 0 to 255.
    floors : int or sequence of int, default 0
        Synapses that every neuron keeps, or all it had; 0 to 65535.

    Returns
    -------
    IntegerNetwork
        The pruned network, ready to be saved.

    Raises
    ------
    DataNotFoundError, FormatError
        If there is no core in the directory, or a file of it is not the one generated.
    DomainError
        If a threshold or a floor is out of range.
    ToolError
        If no C++ compiler is there, or it fails.

    Examples
    --------
    >>> import tempfile
    >>> import firstspike as fs
    >>> layer = fs.IntegerLayer(
    ...     connectivity=fs.Dense([[3, -1], [1, 2]]),
    ...     program=fs.StepProgram(),
    ...     threshold=fs.ConstThreshold([3, 3]),
    ... )
    >>> network = fs.IntegerNetwork(layers=[layer], ticks=16, tick_seconds=1e-3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     core = fs.hdl.generate(network, f"{folder}/core", lanes=2)
    ...     pruned = fs.hdl.prune_on_chip(core.path, 2)
    >>> pruned.layers[0].connectivity == fs.prune(network, threshold=2).layers[0].connectivity
    True
    """
    bundle = Bundle.load(directory)
    plan, network = bundle.plan, bundle.network
    count = len(network.layers)
    levels = _within("thresholds", thresholds, MOST_THRESHOLD, count)
    least = _within("floors", floors, MOST_FLOOR, count)
    library = compile_core((bundle.rtl / "core.il").read_text(), plan)
    with CompiledCore(library, plan, read_images(bundle.rtl, plan)) as core:
        for layer, (level, floor) in enumerate(zip(levels, least, strict=True)):
            core.prune(layer, level, floor)
        pruned = read_back(core, network)
    meta = {"pruned_with_thresholds": levels}
    return replace(pruned, meta={**network.meta, **meta})


def load_on_chip(
    directory: str | os.PathLike[str], network: IntegerNetwork, samples: SpikeBatch | TickBatch
) -> NDArray[np.int64]:
    """Load another network into a generated core in simulation, and run samples through it.

    The commands are those of the hardware: LOAD for every word of every memory, then PRUNE with a
    threshold of zero, which makes the core answer again.

    Parameters
    ----------
    directory : path
        What `generate` wrote, with ``loadable=True``.
    network : IntegerNetwork
        A network of the same shape, programs and weight width; in a two-phase core with the same
        thresholds, which are not in memories.
    samples : SpikeBatch or TickBatch
        Input spikes in seconds, or in ticks.

    Returns
    -------
    ndarray of int64, shape (n_samples,)
        Decisions of the core.

    Raises
    ------
    DataNotFoundError, FormatError
        If there is no core in the directory, or a file of it is not the one generated.
    DomainError
        If the core cannot compute the network.
    ToolError
        If no C++ compiler is there, or it fails.

    Examples
    --------
    >>> import tempfile
    >>> import firstspike as fs
    >>> def network(*weights):
    ...     layer = fs.IntegerLayer(
    ...         connectivity=fs.Dense(weights),
    ...         program=fs.StepProgram(),
    ...         threshold=fs.ConstThreshold([3, 3]),
    ...     )
    ...     return fs.IntegerNetwork(layers=[layer], ticks=16, tick_seconds=1e-3)
    >>> spikes = fs.SpikeBatch.from_dense([[0.0, 2e-3]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     core = fs.hdl.generate(network([3, -1], [1, 2]), f"{folder}/core", loadable=True)
    ...     decisions = fs.hdl.load_on_chip(core.path, network([-1, 3], [1, 2]), spikes)
    >>> decisions.tolist()
    [1]
    """
    bundle = Bundle.load(directory)
    images = loadable_images(bundle.plan, network)
    batch = samples if isinstance(samples, TickBatch) else network.to_ticks(samples)
    library = compile_core((bundle.rtl / "core.il").read_text(), bundle.plan)
    with CompiledCore(library, bundle.plan, read_images(bundle.rtl, bundle.plan)) as core:
        for image in images:
            core.load(image)
        core.prune(0, 0)
        return core.run(batch).verdicts["neuron"]


def _within(name: str, given: int | Sequence[int], most: int, count: int) -> list[int]:
    values = per_layer(name, given, count, lowest=0)
    if max(values) > most:
        msg = f"{name} is {given!r}, expected whole numbers of at most {most}"
        raise DomainError(msg)
    return values
