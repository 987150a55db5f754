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
from collections.abc import Iterator
from typing import Any

from core_cases import Case, cases, parser_for, run

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
    options = parser_for(__doc__, programs=("lif", "ramp2"), lanes=(8, 16)).parse_args()
    run(options, measured, COLUMNS)


def measured(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Return two rows per task, program and number of lanes: with early exit, and without."""
    for case in cases(options):
        for lanes in options.lanes:
            yield from streamed(case, lanes, options.threads)


def streamed(case: Case, lanes: int, threads: int | None) -> Iterator[dict[str, Any]]:
    """Return a row with early exit, and one without."""
    network, samples = case.pruned, case.samples()
    plan = fs.hdl.CorePlan.from_network(network, lanes=lanes)
    for early in (True, False):
        alone = planned_cycles(network, plan, samples, early_exit=early, threads=threads)
        stream = planned_stream(network, plan, samples, early_exit=early, threads=threads)
        apart = float(alone.mean()) + max(layer.rows for layer in plan.layers) + HANDOVER
        yield {
            "task": case.task,
            "program": case.program,
            "lanes": lanes,
            "early_exit": early,
            "cycles": float(alone.mean()),
            "in_stream": float(stream.cycles.mean()),
            "apart": apart,
            "interval": stream.interval,
            "gain": apart / stream.interval,
        }


if __name__ == "__main__":
    main()
