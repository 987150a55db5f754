"""Central differences of a loss on spike times, in double precision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import firstspike as fs


@dataclass(frozen=True)
class Problem:
    """A network, an input and a smooth loss on all first output spikes, L = sum_k a_k t_k^2."""

    net: fs.Network
    spikes: fs.SpikeBatch
    coefficients: np.ndarray
    hinge: dict[int, np.ndarray]
    """Per layer, strength of theta - max V, nonzero for silent neurons only."""

    def loss(self) -> tuple[float, tuple]:
        """The loss, and what must not change for it to be differentiable."""
        tape = self.net.forward(self.spikes, threads=1)
        times = tape.first_spike_times()
        fired = np.isfinite(times)
        value = np.sum(self.coefficients[fired] * times[fired] ** 2) * 1e4
        for layer, beta in self.hinge.items():
            gap = self.net.thresholds[layer] - tape.max_voltages(layer)
            value += np.sum(beta * np.where(beta != 0, gap, 0.0))
        counts = tuple(
            tuple(np.bincount(tape.spikes(i).sources, minlength=layer.n_out))
            for i, layer in enumerate(self.net.layers)
        )
        return float(value), counts

    def gradients(self) -> fs.Gradients:
        tape = self.net.forward(self.spikes, threads=1)
        times = tape.first_spike_times()
        dL_dt = np.where(np.isfinite(times), 2e4 * self.coefficients * times, 0.0)
        dL_dt[~np.isfinite(times)] = 0.0
        grads = self.net.backward(
            tape, dL_dt, {layer: -beta for layer, beta in self.hinge.items()}, threads=1
        )
        for layer, beta in self.hinge.items():
            grads.thresholds[layer][:] += beta.sum(axis=0)
        return grads


def central_differences(problem: Problem, array: np.ndarray, eps: float) -> np.ndarray:
    """dL/d(array), entry by entry; NaN where a step changes the number of spikes."""
    _, before = problem.loss()
    result = np.full(array.shape, np.nan)
    for at in np.ndindex(array.shape):
        kept, values = array[at], []
        for step in (eps, -eps):
            array[at] = kept + step
            value, counts = problem.loss()
            values.append(value if counts == before else np.nan)
        array[at] = kept
        result[at] = (values[0] - values[1]) / (2.0 * eps)
    return result


def input_time_differences(problem: Problem, eps: float) -> np.ndarray:
    """dL/dt of every input spike."""
    times = problem.spikes.times.copy()
    result = np.full(times.shape, np.nan)
    _, before = problem.loss()
    for at in range(times.size):
        values = []
        for step in (eps, -eps):
            moved = times.copy()
            moved[at] += step
            spikes = fs.SpikeBatch(
                problem.spikes.offsets, moved, problem.spikes.sources, problem.spikes.n_sources
            )
            value, counts = Problem(problem.net, spikes, problem.coefficients, problem.hinge).loss()
            values.append(value if counts == before else np.nan)
        result[at] = (values[0] - values[1]) / (2.0 * eps)
    return result


def relative_error(exact: np.ndarray, measured: np.ndarray) -> float:
    """Largest deviation in units of the largest entry; skips entries that cannot be measured."""
    known = np.isfinite(measured)
    assert known.mean() > 0.8, f"only {known.mean():.0%} of the entries can be measured"
    scale = np.abs(measured[known]).max(initial=0.0)
    assert scale > 0.0, "nothing to compare"
    return float(np.abs(exact - measured)[known].max() / scale)
