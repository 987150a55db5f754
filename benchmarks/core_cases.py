"""What benchmarks of cores run over: tasks, programs and seeds, with options and a table."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from core_networks import PROGRAMS, Measured, load, network_for, samples_for

import firstspike as fs

Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A network and the test set of its task; made when they are first asked for."""

    task: str
    program: str
    seed: int
    test: fs.datasets.Dataset
    options: argparse.Namespace

    @cached_property
    def made(self) -> Measured:
        """The network, before pruning."""
        options = self.options
        own = (self.task, self.program, self.seed)
        return network_for(*own, options.networks, options.root, options.threads)

    @cached_property
    def pruned(self) -> fs.IntegerNetwork:
        """The network after pruning."""
        return fs.prune(self.made.network, threshold=self.made.thresholds)

    def samples(self, most: int | None = None) -> fs.TickBatch:
        """Return the first samples of the test set, or all, encoded for the network."""
        return samples_for(self.made.network, self.task, self.test.inputs[:most])

    @property
    def labels(self) -> np.ndarray:
        """Labels of the test set."""
        return self.test.labels


def parser_for(
    text: str, *, programs: Sequence[str] = PROGRAMS, lanes: Sequence[int] = (4, 8, 16)
) -> argparse.ArgumentParser:
    """Return a parser of the options that all these benchmarks have."""
    parser = argparse.ArgumentParser(description=text.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    parser.add_argument("--task", choices=("digits", "mnist"), nargs="+", default=["digits"])
    parser.add_argument("--program", choices=PROGRAMS, nargs="+", default=list(programs))
    parser.add_argument("--lanes", type=int, nargs="+", default=list(lanes))
    parser.add_argument("--networks", type=Path, help="folder to keep trained networks in")
    parser.add_argument("--root", help="folder with the files of MNIST")
    parser.add_argument("--threads", type=int, help="number of threads; default: all cores")
    return parser


def cases(options: argparse.Namespace, seeds: int = 1) -> Iterator[Case]:
    """Return every task, program and seed."""
    for task in options.task:
        _, test = load(task, options.root)
        for program in options.program:
            for seed in range(seeds):
                yield Case(task, program, seed, test, options)


def run(
    options: argparse.Namespace,
    measured: Callable[[argparse.Namespace], Iterator[Row]],
    columns: Mapping[str, int],
) -> None:
    """Measure all rows, with a folder for networks if none is given, and print some columns."""
    with tempfile.TemporaryDirectory() as scratch:
        options.networks = options.networks or Path(scratch)
        rows = list(measured(options))
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print(" ".join(f"{name:>{width}}" for name, width in columns.items()))
    for row in rows:
        print(" ".join(f"{text(row[name]):>{width}}" for name, width in columns.items()))


def text(value: object) -> str:
    """Return a cell of a table."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
        case _:
            return str(value)


def show(line: str) -> None:
    """Tell how it goes, beside the result."""
    print(line, file=sys.stderr)
