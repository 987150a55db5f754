"""The figures that commands report, computed in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike import plots
from firstspike.events import SpikeBatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from firstspike.integer_network import IntegerNetwork
    from firstspike.integer_network.run import IntegerRun
    from firstspike.integer_network.ticks import TickBatch

__all__ = ["integer_figures", "readable", "sample_raster"]


def integer_figures(net: IntegerNetwork, run: IntegerRun) -> dict[str, Any]:
    """Rates and means of a run; at least one sample."""
    neurons = sum(layer.n_targets for layer in net.layers)
    ticks = float(run.ticks.mean()) + net.starts(-1)
    return {
        "samples": run.n_samples,
        "tie_rate": run.tie_rate,
        "silent_rate": run.silent_rate,
        "spikes_per_neuron": float(run.counters.spikes.sum()) / (run.n_samples * neurons),
        "ticks_to_decision": ticks,
        "seconds_to_decision": ticks * net.tick_seconds,
    }


def sample_raster(
    net: IntegerNetwork,
    spikes: SpikeBatch,
    *,
    early_exit: bool,
    classes: Sequence[str] | None = None,
) -> Axes:
    """Draw what one sample does in an integer network; `spikes` holds that sample alone."""
    inputs = net.to_ticks(spikes)
    run = net.simulate(inputs, early_exit=early_exit, record=True)
    starts = [0, *(net.starts(index) for index in range(len(net.layers)))]
    batches = [inputs, *(layer.batch for layer in run.layers)]
    bands = [
        _in_seconds(batch, start, net.tick_seconds)
        for batch, start in zip(batches, starts, strict=True)
    ]
    return plots.raster(bands, 0, classes=classes)


def _in_seconds(batch: TickBatch, start: int, tick_seconds: float) -> SpikeBatch:
    times = (batch.ticks.astype(np.float64) + start) * tick_seconds
    return SpikeBatch(batch.offsets, times, batch.sources, batch.n_sources)


def readable(figures: dict[str, Any]) -> list[tuple[str, str]]:
    """Rows of a table: names in words, rates in percent, times in milliseconds."""
    return [
        (name.replace("seconds_to", "time_to").replace("_", " "), _value(name, value))
        for name, value in figures.items()
    ]


def _value(name: str, value: object) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{key.replace('_', ' ')} {entry}" for key, entry in value.items())
    if not isinstance(value, float):
        return str(value)
    if name.endswith(("accuracy", "_rate", "sparsity")):
        return f"{value:.2%}"
    if name.startswith("seconds_to"):
        return f"{value * 1e3:.4g} ms"
    return f"{value:.4g}"
