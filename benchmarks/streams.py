"""How often a core takes a sample, and how long one takes: cycles of a stream, from the model.

    python benchmarks/streams.py [--json] [--task digits|mnist ...] [--program PROGRAM ...]
                                 [--lanes N ...] [--networks FOLDER] [--root FOLDER] [--threads N]

Takes the networks of benchmarks/core_networks.py (--networks keeps them in a folder), pruned, and
predicts the whole test set, with early exit and without, as one stream whose producer never pauses.
``cycles`` is the mean of a sample that has the core for itself, ``in_stream`` that of one among
others, ``interval`` the mean from one start to the next, and ``apart`` what it would be if every
sample waited for the verdict before it and for all rows to be cleared. With early exit the producer
of the stream still says all of a sample, and ``apart`` is of one that stops at the verdict: where a
verdict comes long before the last spike, the gain is below one. `hdl verify` and
benchmarks/random_networks.py compare the model with the hardware.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from core_networks import PROGRAMS, Measured, load, network_for, samples_for

import firstspike as fs
from firstspike.hdl.cycles import planned_cycles, planned_stream

#: Cycles from a verdict to the next start, beside those in which the rows are cleared.
HANDOVER = 3
COLUMNS = {
    "task": 7,
    "program": 8,
    "lanes": 5,
    "early_exit": 10,
    "cycles": 9,
    "in_stream": 9,
    "apart": 9,
    "interval": 9,
    "gain": 6,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    parser.add_argument("--task", choices=("digits", "mnist"), nargs="+", default=["digits"])
    parser.add_argument("--program", choices=PROGRAMS, nargs="+", default=["lif", "ramp2"])
    parser.add_argument("--lanes", type=int, nargs="+", default=(8, 16))
    parser.add_argument("--networks", type=Path, help="folder to keep trained networks in")
    parser.add_argument("--root", help="folder with the files of MNIST")
    parser.add_argument("--threads", type=int, help="number of threads; default: all cores")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.networks or Path(scratch)
        for task in options.task:
            _, test = load(task, options.root)
            for program in options.program:
                made = network_for(task, program, 0, folder, options.root, options.threads)
                samples = samples_for(made.network, task, test.inputs)
                for lanes in options.lanes:
                    key = {"task": task, "program": program, "lanes": lanes}
                    rows += [key | row for row in measured(made, samples, lanes, options.threads)]
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print(" ".join(f"{name:>{width}}" for name, width in COLUMNS.items()))
    for row in rows:
        print(" ".join(f"{text(row[name]):>{width}}" for name, width in COLUMNS.items()))


def measured(
    made: Measured, samples: fs.TickBatch, lanes: int, threads: int | None
) -> list[dict[str, Any]]:
    """Return a row with early exit, and one without."""
    network = fs.prune(made.network, threshold=made.thresholds)
    plan = fs.hdl.CorePlan.from_network(network, lanes=lanes)
    rows = []
    for early in (True, False):
        alone = planned_cycles(network, plan, samples, early_exit=early, threads=threads)
        stream = planned_stream(network, plan, samples, early_exit=early, threads=threads)
        apart = float(alone.mean()) + max(layer.rows for layer in plan.layers) + HANDOVER
        rows.append(
            {
                "early_exit": early,
                "cycles": float(alone.mean()),
                "in_stream": float(stream.cycles.mean()),
                "apart": apart,
                "interval": stream.interval,
                "gain": apart / stream.interval,
            }
        )
    return rows


def text(value: object) -> str:
    """Return a cell of the table."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (
        f"{value:.3g}"
        if isinstance(value, float) and value < 10
        else (f"{value:.1f}" if isinstance(value, float) else str(value))
    )


if __name__ == "__main__":
    main()
