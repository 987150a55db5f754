"""Speed of exact training: microseconds per sample, against the floor, jaxsnn and snnTorch.

    python benchmarks/training.py [--json] [--quick] [--task yin_yang|mnist]
                                  [--jaxsnn-python PYTHON] [--snntorch-python PYTHON]

Single precision, every neuron fires at most once. ``forward + backward`` is Network.forward and
Network.backward on one batch, from spikes to gradients; ``training step`` is fs.train in Rust, with
loss, optimiser and progress checks. ``initial`` is the network before, ``trained`` after a few
epochs.

What else runs on a machine changes from second to second, so everything is measured in rounds: one
thread, two threads and the other library right after each other, a few times each, and for about
as long, so that all have the same chance of a quiet moment. Times are the shortest of all rounds.
Ratios, those of threads and of libraries, are made within a round, and given as the median over
rounds with the lowest and the highest; and once more from the shortest times of all rounds.

The floor is what the arithmetic and the second-level cache traffic of these very spike counts take,
see ``floor_us``. No machine reaches it.

jaxsnn (https://pypi.org/project/jaxsnn) gets the same Yin-Yang networks and inputs, event budgets
as small as the data allow, and one thread. Its spike times are compared with ours before its speed.

snnTorch (https://pypi.org/project/snntorch) gets the MNIST network in 64 time steps with surrogate
gradients, and one thread: a different computation with the same purpose, a step of training. Its
time is told in batches of the same size as ours, and in whichever batch suits it best, of 50, 100,
200 and 512.
"""

import argparse
import importlib.util
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
from training_cases import CASES, Case, floor_us, learn
from training_peers import Peer, jaxsnn, snntorch

import firstspike as fs

THREADS = (1, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    parser.add_argument("--quick", action="store_true", help="fewer samples and rounds")
    parser.add_argument("--task", choices=sorted(CASES), help="only this one")
    for library in ("jaxsnn", "snntorch"):
        parser.add_argument(
            f"--{library}-python",
            default=sys.executable if importlib.util.find_spec(library) else None,
            help=f"a Python that has {library}, if this one does not",
        )
    options = parser.parse_args()
    rounds = 2 if options.quick else 7
    rows: list[dict[str, Any]] = []
    for task in [options.task] if options.task else CASES:
        case = CASES[task](quick=options.quick)
        for state in ("initial", "trained"):
            if state == "trained":
                learn(
                    case, epochs=2 if options.quick else 10 if task == "yin_yang" else 5, threads=1
                )
            with ExitStack() as stack:
                peer = None
                if task == "yin_yang" and options.jaxsnn_python:
                    peer = stack.enter_context(jaxsnn(options.jaxsnn_python, case))
                rows += gradients(case, state, rounds, peer)
            with ExitStack() as stack:
                peer = None
                if task == "mnist" and options.snntorch_python:
                    peer = stack.enter_context(snntorch(options.snntorch_python, case))
                for batch_size in case.batch_sizes:
                    rows += steps(case, state, batch_size, rounds, peer)
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        show(rows)


def gradients(case: Case, state: str, rounds: int, peer: Peer | None) -> Iterator[dict[str, Any]]:
    """Yield the rows of forward and backward passes."""
    spikes = case.encoder(case.dataset.inputs[:250])
    tape = case.net.forward(spikes)
    dL_dt = np.random.default_rng(0).normal(size=tape.first_spike_times().shape)

    def halves(threads: int) -> tuple[float, float]:
        def forward() -> fs.Tape:
            return case.net.forward(spikes, threads=threads)

        def backward() -> fs.Gradients:
            return case.net.backward(tape, dL_dt, input_times=False, threads=threads)

        return best(forward) / 250 * 1e6, best(backward) / 250 * 1e6

    measured = [measure_once(halves, 250, peer) for _ in range(rounds)]
    counts = [tape.spikes(layer).n_spikes / 250 for layer in range(len(case.net.layers))]
    for row in rows(case, "forward + backward", measured, floor_us(case.net, tape), peer):
        own = [ours[row["threads"]] for ours, _ in measured]
        yield row | {
            "state": state,
            "batch": 250,
            "forward_us": min(forward for forward, _ in own),
            "backward_us": min(backward for _, backward in own),
            "spikes_per_sample": counts,
        }


def steps(
    case: Case, state: str, batch_size: int, rounds: int, peer: Peer | None
) -> Iterator[dict[str, Any]]:
    """Yield the rows of training; the network is what it was afterwards."""
    floor = floor_us(case.net, case.net.forward(case.encoder(case.dataset.inputs[:250])))
    parameters = [*case.net.weights, *case.net.thresholds]
    kept = [array.copy() for array in parameters]
    epochs = 10 if case.task == "yin_yang" else 3  # a fifth of a second, and almost one

    def epoch(threads: int) -> tuple[float, ...]:
        history = learn(case, epochs=epochs * threads, threads=threads, batch_size=batch_size)
        for array, old in zip(parameters, kept, strict=True):
            array[...] = old
        return (min(record.seconds for record in history.epochs) / len(case.dataset) * 1e6,)

    measured = [measure_once(epoch, batch_size, peer) for _ in range(rounds)]
    for row in rows(case, "training step", measured, floor, peer):
        yield row | {"state": state, "batch": batch_size}


Round = tuple[dict[int, tuple[float, ...]], dict[str, float]]


def measure_once(ours: Callable[[int], tuple[float, ...]], batch: int, peer: Peer | None) -> Round:
    """Return microseconds per sample by number of threads, in parts, and those of the peer."""
    own = {threads: ours(threads) for threads in THREADS}
    return own, peer.us_per_sample(batch) if peer else {}


def rows(
    case: Case, work: str, measured: list[Round], floor: float, peer: Peer | None
) -> Iterator[dict[str, Any]]:
    """Yield a row per number of threads, with what all rows have."""
    for threads in THREADS:
        us = [sum(ours[threads]) for ours, _ in measured]
        row = {
            "task": case.task,
            "network": case.shape,
            "data": case.data,
            "work": work,
            "threads": threads,
            "rounds": len(measured),
            "us_per_sample": min(us),
            "floor_us": floor,
            "ratio_to_floor": min(us) / floor,
        }
        of_one = [sum(ours[1]) for ours, _ in measured]
        row |= compare("speedup", of_one, us)
        name = peer.name.lower() if peer else ""
        for how in measured[0][1] if threads == 1 else ():
            theirs = [them[how] for _, them in measured]
            row[f"{name}_us{how}"] = min(theirs)
            row |= compare(f"ratio_to_{name}{how}", theirs, us)
        yield row


def compare(name: str, theirs: list[float], ours: list[float]) -> dict[str, float]:
    """Return the median of the rounds' ratios, the lowest, the highest, and that of the best."""
    ratios = [a / b for a, b in zip(theirs, ours, strict=True)]
    return {
        name: statistics.median(ratios),
        f"{name}_low": min(ratios),
        f"{name}_high": max(ratios),
        f"{name}_of_shortest": min(theirs) / min(ours),
    }


def best(work: Callable[[], Any], at_least: float = 0.2) -> float:
    """Return the fewest seconds; the first few times are slower, as caches change hands."""
    seconds: list[float] = []
    while sum(seconds) < at_least or len(seconds) < 15:
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def show(rows: list[dict[str, Any]]) -> None:
    """Print a table."""
    heads = ("task", "network", "data", "state", "work", "batch", "threads")
    print("{:9} {:11} {:9} {:8} {:19} {:>5} {:>7}".format(*heads), end="")
    heads = ("us/sample", "floor us", "x floor", "speed-up", "x other")
    print("{:>10} {:>9} {:>8} {:>25} {:>29}".format(*heads))
    for row in rows:
        print("{task:9} {network:11} {data:9} {state:8} {work:19}".format(**row), end="")
        print(" {batch:5} {threads:7}".format(**row), end="")
        print("{us_per_sample:10.2f} {floor_us:9.2f} {ratio_to_floor:8.1f}".format(**row), end="")
        print(f" {interval(row, 'speedup', 2):>25}", end="")
        for name in ("jaxsnn", "snntorch", "snntorch_same_batch"):
            if f"ratio_to_{name}" in row:
                print(f" {interval(row, f'ratio_to_{name}', 1):>29} {name}", end="")
        print()


def interval(row: dict[str, Any], name: str, digits: int) -> str:
    """Return a median with what it lies between, and the ratio of the shortest times."""
    ends = ("", "_low", "_high", "_of_shortest")
    middle, low, high, of_shortest = (f"{row[name + end]:.{digits}f}" for end in ends)
    return f"{middle} ({low} to {high}) {of_shortest}"


if __name__ == "__main__":
    main()
