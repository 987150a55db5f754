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
    return {
        "samples": run.n_samples,
        "tie_rate": run.tie_rate,
        "silent_rate": run.silent_rate,
        "spikes_per_neuron": float(run.counters.spikes.sum()) / (run.n_samples * neurons),
        "ticks_to_decision": float(run.ticks.mean()),
        "seconds_to_decision": float(run.ticks.mean()) * net.tick_seconds,
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
    batches = [inputs, *(layer.batch for layer in run.layers)]
    bands = [_in_seconds(batch, net.tick_seconds) for batch in batches]
    return plots.raster(bands, 0, classes=classes)


def _in_seconds(batch: TickBatch, tick_seconds: float) -> SpikeBatch:
    times = batch.ticks.astype(np.float64) * tick_seconds
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
