"""How a time grid converges to the exact result: errors against the step.

First hidden spike times and the gradient of all weights of a recurrent 30-20-3 network; medians
over spikes and samples.

    python benchmarks/time_grid.py [--json] [--plot FILE.png]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

import firstspike as fs

STEPS = (1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 1e-6)


def rows() -> list[dict[str, float]]:
    rng = np.random.default_rng(0)
    batch = fs.SpikeBatch.from_dense(rng.uniform(0.0, 20e-3, (20, 30)))
    layers = [fs.LIF(30, 20, recurrent=fs.Recurrent()), fs.LIF(20, 3)]
    net = fs.Network(layers, seed=1, dtype=np.float64)

    def run(sample: int, grid: fs.TimeGrid | None) -> tuple[np.ndarray, np.ndarray]:
        tape = net.forward(batch[[sample]], grid=grid)
        grads = net.backward(tape, np.array([[1.0, -1.0, 0.5]]))
        flat = [array.ravel() for name in ("weights", "recurrent_weights") for array in grads[name]]
        return tape.first_spike_times(0), np.concatenate(flat)

    exact = [run(sample, None) for sample in range(batch.n_samples)]
    found = []
    for step in STEPS:
        times, gradients = [], []
        for sample, (t, g) in enumerate(exact):
            late, off = run(sample, fs.TimeGrid(step))
            both = np.isfinite(t) & np.isfinite(late)
            times.append(np.abs(late - t)[both])
            gradients.append(np.linalg.norm(off - g) / np.linalg.norm(g))
        found.append(
            {
                "step_ms": 1e3 * step,
                "spike_time_error_ms": 1e3 * float(np.median(np.concatenate(times))),
                "gradient_error": float(np.median(gradients)),
            }
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object per row")
    parser.add_argument("--plot", type=Path, help="draw the errors into this PNG file")
    args = parser.parse_args()
    found = rows()
    for row in found:
        print(json.dumps(row) if args.json else row)
    if args.plot is not None:
        ax = fs.plots.convergence(
            [row["step_ms"] for row in found],
            {
                "spike times (ms)": [row["spike_time_error_ms"] for row in found],
                "gradient (relative)": [row["gradient_error"] for row in found],
            },
        )
        args.plot.write_bytes(fs.plots.to_png(ax))


if __name__ == "__main__":
    main()
