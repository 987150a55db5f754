"""Cost of a recurrent network on event streams shaped like spoken digits.

A 700-256-20 network, hidden layer recurrent, on synthetic streams of about 8000 events in 1000 ms:
microseconds per sample forwards and backwards, one thread, minimum of the repeats, exact and on a
grid of 1 ms. Then the peak memory of a process of its own against the length of the trial, with
the same number of events.

    python benchmarks/recurrent.py --json
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from pathlib import Path

import numpy as np

import firstspike as fs


def make(n_samples: int, duration: float, events: int) -> fs.SpikeBatch:
    """Events at random times, of channels that drift as formants do."""
    rng = np.random.default_rng(0)
    lists = []
    for _ in range(n_samples):
        times = np.sort(rng.uniform(0.0, duration, events))
        centre = 350 + 250 * np.sin(2 * np.pi * (times / duration + rng.random()))
        channels = np.clip(rng.normal(centre, 80), 0, 699).astype(int)
        lists.append(list(zip(times.tolist(), channels.tolist(), strict=True)))
    return fs.SpikeBatch.from_lists(lists, n_sources=700)


def network() -> fs.Network:
    hidden = fs.LIF(
        700,
        256,
        spikes=fs.Many(1000),
        init=fs.Normal(0.03, 0.1),
        recurrent=fs.Recurrent(fs.Normal(0.0, 0.02)),
    )
    return fs.Network([hidden, fs.LIF(256, 20, spikes=fs.Many(1000))], seed=0)


def measure(n_samples: int, grid: fs.TimeGrid | None, repeats: int) -> dict[str, float]:
    net, spikes = network(), make(n_samples, 1.0, 8000)
    forward, backward = [], []
    for _ in range(repeats):
        start = time.process_time()
        tape = net.forward(spikes, until=1.0, grid=grid, threads=1)
        middle = time.process_time()
        net.backward(tape, np.ones((n_samples, 20)), input_times=False, threads=1)
        forward.append(middle - start)
        backward.append(time.process_time() - middle)
    return {
        "hidden_spikes_per_sample": tape.spikes(0).n_spikes / n_samples,
        "forward_us_per_sample": 1e6 * min(forward) / n_samples,
        "backward_us_per_sample": 1e6 * min(backward) / n_samples,
    }


def peak_memory(duration: float) -> float:
    """Peak memory in MiB of a new process that runs one sample of that many seconds (Linux)."""
    net, spikes = network(), make(1, duration, 8000)
    tape = net.forward(spikes, until=duration, threads=1)
    net.backward(tape, np.ones((1, 20)), threads=1)
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object per row")
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    for name, grid in (("exact", None), ("grid of 1 ms", fs.TimeGrid(1e-3))):
        row = {
            "task": "8000 events in 1000 ms",
            "network": "700-256-20 recurrent",
            "threads": 1,
            "time": name,
        } | measure(args.samples, grid, args.repeats)
        if args.json:
            print(json.dumps(row))
        else:
            print(", ".join(f"{key} {value}" for key, value in row.items()))
    for duration in (1.0, 4.0, 16.0):
        with multiprocessing.get_context("spawn").Pool(1) as pool:  # memory of its own
            peak = pool.apply(peak_memory, (duration,))
        row = {"trial_s": duration, "events": 8000, "peak_memory_mib": round(peak, 1)}
        print(json.dumps(row) if args.json else row)


if __name__ == "__main__":
    main()
