"""How many clock cycles a core takes, without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstspike.hdl.plan import CorePlan
from firstspike.integer_network import cycles

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from firstspike.events import SpikeBatch
    from firstspike.hdl.banks import BankName
    from firstspike.integer_network import IntegerNetwork, TickBatch

__all__ = ["between_samples", "planned_cycles", "predict_cycles"]

#: Cycles from a verdict to the first row that is cleared, and from the last one to an open gate.
HANDOVER = 3


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
    [26, 26]
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
        network,
        samples,
        lanes=[len(layer.lanes) for layer in plan.layers],
        columns=[layer.columns for layer in plan.layers],
        stages=[layer.stages for layer in plan.layers],
        queue_depth=plan.layers[0].queue_depth,
        banks=[layer.bank.name for layer in plan.layers],
        skips=[layer.skips for layer in plan.layers],
        early_exit=early_exit,
        threads=threads,
    )


def between_samples(plan: CorePlan) -> int:
    """Return the cycles from a verdict to the first token of the next sample, at the earliest.

    In a stream of samples whose producer never pauses, and says nothing after the verdict, one
    begins every ``cycles + between_samples`` cycles: a core works on one sample at a time, and
    clears all rows of its neurons in between.

    Parameters
    ----------
    plan : CorePlan
        The core.
    """
    return max(layer.rows for layer in plan.layers) + HANDOVER
