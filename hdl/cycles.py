"""How many clock cycles a core takes, without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstspike.hdl.banks import DenseBank
from firstspike.hdl.cores.pruning import LATENCY
from firstspike.hdl.cores.synapses import synapse
from firstspike.hdl.cores.weights import parts
from firstspike.hdl.plan import CorePlan
from firstspike.integer_network import cycles
from firstspike.integer_network.cycles import StreamCycles

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from firstspike.events import SpikeBatch
    from firstspike.hdl.banks import BankName
    from firstspike.hdl.plan import LayerPlan
    from firstspike.integer_network import IntegerNetwork, TickBatch

__all__ = [
    "StreamCycles",
    "planned_cycles",
    "planned_stream",
    "predict_cycles",
    "predict_stream",
    "pruning_cycles",
]

#: Cycles from the last synapse of a segment that pruning asks for to the first one of the next, and
#: from the last word of a row to the first one of the next.
TURN, TURN_DENSE = LATENCY + 2, LATENCY + 5


def predict_cycles(
    network: IntegerNetwork,
    samples: SpikeBatch | TickBatch,
    *,
    lanes: int | Sequence[int] = 8,
    sweep: int | Sequence[int] | None = None,
    banks: BankName | Sequence[BankName] = "list",
    early_exit: bool = True,
    threads: int | None = None,
) -> NDArray[np.int64]:
    """Predict the cycles of every sample in the core that `generate` makes of a network.

    The count goes from the first token accepted to the verdict, when nobody pauses. It is not an
    estimate: it equals what the hardware counts. To know what pruning on chip will save, pass the
    pruned network with the `sweep` of the core (`bundle.plan.layers[i].columns`), for its default
    follows from the widths, which pruning may reduce.

    Parameters
    ----------
    network : IntegerNetwork
        The network, pruned or not.
    samples : SpikeBatch or TickBatch
        Input spikes in seconds, or in ticks.
    lanes, sweep : int or sequence of int, optional
        Layout of the core, as for `generate`.
    banks : str or sequence of str, default "list"
        How it keeps its synapses, as for `generate`.
    early_exit : bool, default True
        Whether the core stops at the deciding tick.
    threads : int, optional
        Number of threads, all cores by default.

    Returns
    -------
    ndarray of int64, shape (n_samples,)
        Clock cycles.

    Raises
    ------
    ShapeError
        If the batch has another number of sources than the network.
    DomainError
        If `lanes`, `sweep` or `banks` is not valid, or a tick lies beyond the last.

    Examples
    --------
    >>> import firstspike as fs
    >>> layer = fs.IntegerLayer(
    ...     connectivity=fs.Dense([[3, -3], [1, 2]]),
    ...     program=fs.LifProgram(7, 6, 8, shift=3, guard=0),
    ...     threshold=fs.ConstThreshold([4, 4]),
    ... )
    >>> network = fs.IntegerNetwork(layers=[layer], ticks=16, tick_seconds=1e-3)
    >>> spikes = fs.SpikeBatch.from_dense([[0.0, 2e-3], [9e-3, 0.0]])
    >>> fs.hdl.predict_cycles(network, spikes, lanes=2).tolist()
    [27, 27]
    """
    plan = CorePlan.from_network(network, lanes=lanes, sweep=sweep, banks=banks)
    return planned_cycles(network, plan, samples, early_exit=early_exit, threads=threads)


def planned_cycles(
    network: IntegerNetwork,
    plan: CorePlan,
    samples: SpikeBatch | TickBatch,
    *,
    early_exit: bool = True,
    threads: int | None = None,
) -> NDArray[np.int64]:
    """Predict the cycles of a core laid out like `plan`; `network` may be the pruned one."""
    return cycles.predict_cycles(
        network, samples, plan.shape, early_exit=early_exit, threads=threads
    )


def predict_stream(
    network: IntegerNetwork,
    samples: SpikeBatch | TickBatch,
    *,
    lanes: int | Sequence[int] = 8,
    sweep: int | Sequence[int] | None = None,
    banks: BankName | Sequence[BankName] = "list",
    early_exit: bool = True,
    threads: int | None = None,
) -> StreamCycles:
    """Predict when every sample of a stream starts in the core that `generate` makes.

    A core may take a sample while it works on the one before, so in a stream one begins every
    `StreamCycles.interval` cycles, which may be less than one takes. The producer offers a token in
    every cycle and says all of every sample; the consumer takes every verdict at once. It is not an
    estimate: it equals what the hardware does.

    Parameters
    ----------
    network, samples, lanes, sweep, banks, early_exit, threads
        As for `predict_cycles`.

    Returns
    -------
    StreamCycles
        Starts and cycles of all samples.

    Raises
    ------
    ShapeError, DomainError
        As for `predict_cycles`.

    Examples
    --------
    >>> import firstspike as fs
    >>> layer = fs.IntegerLayer(
    ...     connectivity=fs.Dense([[3, -3], [1, 2]]),
    ...     program=fs.LifProgram(7, 6, 8, shift=3, guard=0),
    ...     threshold=fs.ConstThreshold([4, 4]),
    ... )
    >>> network = fs.IntegerNetwork(layers=[layer], ticks=16, tick_seconds=1e-3)
    >>> spikes = fs.SpikeBatch.from_dense([[0.0, 2e-3], [9e-3, 0.0]])
    >>> stream = fs.hdl.predict_stream(network, spikes, lanes=2)
    >>> stream.starts.tolist(), stream.cycles.tolist()
    ([0, 31], [27, 27])
    """
    plan = CorePlan.from_network(network, lanes=lanes, sweep=sweep, banks=banks)
    return planned_stream(network, plan, samples, early_exit=early_exit, threads=threads)


def planned_stream(
    network: IntegerNetwork,
    plan: CorePlan,
    samples: SpikeBatch | TickBatch,
    *,
    early_exit: bool = True,
    edges: Sequence[int] | None = None,
    threads: int | None = None,
) -> StreamCycles:
    """Predict streams on cores laid out like `plan`; `network` may be the pruned one.

    Stream `i` has the samples ``edges[i]`` to ``edges[i + 1] - 1``; one has all by default.
    """
    return cycles.predict_stream(
        network, samples, plan.shape, early_exit=early_exit, edges=edges, threads=threads
    )


def pruning_cycles(
    layer: LayerPlan, *, floored: bool = False, n_synapses: int | None = None
) -> int:
    """Return the cycles in which a core prunes a layer, at most.

    Without a floor this is how long its walk takes. With one, walks that have nothing to drop are
    left out.

    Parameters
    ----------
    layer : LayerPlan
        The layer.
    floored : bool, default False
        Whether the floor is above zero.
    n_synapses : int, optional
        How many synapses it has before, by default those it was planned with.
    """
    if isinstance(layer.bank, DenseBank):
        weights = parts(layer)
        walks = 2 * len(weights[0]) if floored else 1
        return len(weights) * layer.rows * walks * (layer.n_sources + TURN_DENSE)
    walks = 2 << synapse(layer).size - layer.weight_bits if floored else 1
    live = layer.n_synapses if n_synapses is None else n_synapses
    return walks * (live + len(layer.lanes) * (layer.n_sources + 1) * TURN)
