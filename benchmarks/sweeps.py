"""What it saves to sweep only rows in which something can happen, and what it costs.

    python benchmarks/sweeps.py [--json] [--task digits|mnist ...] [--program PROGRAM ...]
                                [--lanes N ...] [--columns N ...] [--samples N]
                                [--networks FOLDER] [--root FOLDER] [--threads N]

Of the first layer of the pruned networks of benchmarks/core.py, others with 4 lanes: ``idle`` is
the share of the rows swept in which nothing can happen. In a causal layer these are rows that
nothing has reached since the start of the sample or in which all neurons have fired (``step``: that
nothing reaches in the tick), up to the tick in which the sample is decided; in a two-phase layer,
while it fires, rows in which no neuron fires at all. ``cycles`` is the mean with all rows swept,
from the cycle model, and ``lut`` what the core is expected to take on ECP5; two-phase layers have
both with idle rows left out as well, whether or not a core would do it by default.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from core_cases import cases, parser_for, run

import firstspike as fs
from firstspike.hdl.cycles import planned_cycles
from firstspike.hdl.fit import Estimator, priced
from firstspike.hdl.layout import can_skip
from firstspike.hdl.plan import CorePlan, LayerPlan

COLUMNS = ("task", "program", "lanes", "columns", "rows", "idle")
COLUMNS += ("cycles", "cycles_skipping", "lut", "lut_skipping")


def main() -> None:
    parser = parser_for(__doc__, programs=("lif", "ramp2"))
    parser.add_argument("--columns", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--samples", type=int, default=300)
    run(parser.parse_args(), measured, {name: max(8, len(name)) for name in COLUMNS})


def measured(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Return one row per task, program and layout."""
    for case in cases(options):
        network, samples = case.pruned, case.samples(options.samples)
        estimator = [Estimator(), Estimator()]
        for lanes in options.lanes:
            for columns in options.columns:
                plan = CorePlan.from_network(network, lanes=[lanes, 4], sweep=[columns, 1])
                first = plan.layers[0]
                row = {"task": case.task, "program": case.program, "lanes": lanes}
                row |= {"columns": columns, "rows": first.rows}
                row["idle"] = 100 * idle(network, first, samples)
                for skips, name in enumerate(("", "_skipping")):
                    row |= {f"cycles{name}": None, f"lut{name}": None}
                    if skips and not can_skip(first.window, last=first.last):
                        continue
                    new = replace(first, skips=bool(skips))
                    one = replace(plan, layers=(new, *plan.layers[1:]))
                    cycles = planned_cycles(network, one, samples, threads=options.threads)
                    row[f"cycles{name}"] = float(cycles.mean())
                    row[f"lut{name}"] = priced(estimator[skips].core(one), "ecp5").lut
                yield row


def idle(network: fs.IntegerNetwork, layer: LayerPlan, samples: fs.TickBatch) -> float:
    """Return the share of rows swept in which nothing can happen."""
    run = network.simulate(samples, record=True)
    fired = run.layers[0].batch
    lists = network.layers[0].connectivity.to_lists()
    reached = np.zeros((network.layers[0].n_sources, layer.n_targets), bool)
    reached[lists.sources, lists.targets] = True
    nothing = swept = 0
    for sample in range(samples.n_samples):
        fires = np.full(layer.n_targets, network.ticks)
        ticks, neurons = fired.sample(sample)
        fires[neurons] = ticks
        if layer.window:
            silent = in_rows(layer, fires == network.ticks).all(axis=-1)
            nothing, swept = nothing + silent.sum(), swept + silent.size
            continue
        ticks, sources = samples.sample(sample)
        last = int(run.ticks[sample])
        arrives = np.zeros((last + 1, layer.n_targets), bool)
        for tick, source in zip(ticks, sources, strict=True):
            if tick <= last:
                arrives[tick] |= reached[source]
        alive = np.maximum.accumulate(arrives) & (fires >= np.arange(last + 1)[:, None])
        rows = in_rows(layer, arrives if layer.momentary else alive).any(axis=-1)
        nothing, swept = nothing + (~rows).sum(), swept + rows.size
    return float(nothing / swept)


def in_rows(layer: LayerPlan, neurons: np.ndarray) -> np.ndarray:
    """Return neurons (last axis) by row, lane and column.

    A place without a neuron is taken to be in the state of the last neuron.
    """
    stride = len(layer.lanes)
    places = layer.rows * layer.columns * stride
    index = np.minimum(np.arange(places), layer.n_targets - 1)
    shape = (*neurons.shape[:-1], layer.rows, layer.columns, stride)
    return neurons[..., index].reshape(shape).swapaxes(-1, -2)


if __name__ == "__main__":
    main()
