"""Two independent ways to the gradient of a spiking network: differences, and a plain adjoint."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

import firstspike as fs

SCALE = 1e4  # the loss is SCALE * sum a t^2, of order 1 for times of order 10 ms


@dataclass(frozen=True)
class Problem:
    """A network, an input, and a smooth loss on first output spikes and silent potentials."""

    net: fs.Network
    spikes: fs.SpikeBatch
    coefficients: np.ndarray
    hinge: dict[int, np.ndarray] = field(default_factory=dict)
    """Per layer, strength of theta - max V; not zero for silent neurons only."""
    until: float | None = None

    def loss(self) -> tuple[float, tuple]:
        """Return the loss, and the spike counts within which it is differentiable."""
        tape = self.net.forward(self.spikes, until=self.until, threads=1)
        times = tape.first_spike_times()
        fired = np.isfinite(times)
        value = SCALE * np.sum(self.coefficients[fired] * times[fired] ** 2)
        for layer, beta in self.hinge.items():
            gap = self.net.thresholds[layer] - tape.max_voltages(layer)
            value += np.sum(beta * gap)
        return float(value), spike_counts(tape)

    def seeds(self, tape: fs.Tape) -> np.ndarray:
        """Return dL/dt of the first output spikes."""
        times = tape.first_spike_times()
        return 2.0 * SCALE * self.coefficients * np.where(np.isfinite(times), times, 0.0)

    def gradients(self, **options) -> fs.Gradients:
        """Return what the package says."""
        tape = self.net.forward(self.spikes, until=self.until, threads=1)
        jumps = {layer: -beta for layer, beta in self.hinge.items()}
        grads = self.net.backward(tape, self.seeds(tape), jumps, threads=1, **options)
        for layer, beta in self.hinge.items():
            grads.thresholds[layer][:] += beta.sum(axis=0)
        return grads


def spike_counts(tape: fs.Tape) -> tuple:
    """Count the spikes of every neuron in every sample."""
    counts = []
    for index, layer in enumerate(tape.network.layers):
        spikes = tape.spikes(index)
        rows = np.repeat(np.arange(spikes.n_samples), np.diff(spikes.offsets))
        keys = rows * layer.n_out + spikes.sources
        counts.append(tuple(np.bincount(keys, minlength=spikes.n_samples * layer.n_out)))
    return tuple(counts)


def parameter_differences(problem: Problem, array: np.ndarray, eps: float) -> np.ndarray:
    """dL/d(array) by central differences; NaN where a step changes the number of spikes."""
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
    """dL/dt of every input spike by central differences."""
    batch = problem.spikes
    _, before = problem.loss()
    result = np.full(batch.times.shape, np.nan)
    for at in range(batch.times.size):
        values = []
        for step in (eps, -eps):
            times = batch.times.copy()
            times[at] += step
            moved = fs.SpikeBatch(batch.offsets, times, batch.sources, batch.n_sources)
            value, counts = replace(problem, spikes=moved).loss()
            values.append(value if counts == before else np.nan)
        result[at] = (values[0] - values[1]) / (2.0 * eps)
    return result


def relative_error(exact: np.ndarray, measured: np.ndarray) -> float:
    """Largest deviation in units of the largest entry, where there is a measurement."""
    known = np.isfinite(measured)
    assert known.mean() > 0.8, f"only {known.mean():.0%} of the entries can be measured"
    scale = np.abs(measured[known]).max(initial=0.0)
    assert scale > 0.0, "nothing to compare"
    return float(np.abs(exact - measured)[known].max() / scale)


def plain_adjoint(problem: Problem, mutant: str = "") -> list[np.ndarray]:
    """dL/dw of every layer, event by event in numpy; a `mutant` leaves something out."""
    tape = problem.net.forward(problem.spikes, threads=1)
    seeds = problem.seeds(tape)
    depth = len(problem.net.layers)
    weights = [np.zeros(w.shape) for w in problem.net.weights]
    for sample in range(tape.n_samples):
        totals = None
        for index in reversed(range(depth)):
            arrivals = problem.spikes if index == 0 else tape.spikes(index - 1)
            spikes = tape.spikes(index)
            inside = slice(*spikes.offsets[sample : sample + 2])
            if totals is None:
                totals = np.zeros(spikes.times[inside].size)
                neurons, first = np.unique(spikes.sources[inside], return_index=True)
                totals[first] = seeds[sample, neurons]
            totals = _sweep(
                problem.net,
                index,
                (spikes.times[inside], spikes.sources[inside]),
                tuple(
                    part[slice(*arrivals.offsets[sample : sample + 2])]
                    for part in (arrivals.times, arrivals.sources)
                ),
                totals,
                weights[index],
                mutant,
            )
    return weights


def _sweep(net, index, spikes, arrivals, totals, gradient, mutant):
    """One layer backwards; returns dL/dt of the arrivals."""
    layer, w, theta = net.layers[index], net.weights[index], net.thresholds[index]
    tau_m, tau_s = layer.tau_mem, layer.tau_syn
    resets = isinstance(layer.spikes, fs.Many) and mutant != "no reset term"
    p, q = np.zeros(layer.n_out), np.zeros(layer.n_out)
    below = np.zeros(arrivals[0].size)
    events = [(t, 1, slot) for slot, t in enumerate(arrivals[0])]
    events += [(t, 0, slot) for slot, t in enumerate(spikes[0])]  # a spike precedes a tied arrival
    later = None
    for t, arrival, slot in sorted(events, reverse=True):
        if later is not None:
            em, es = np.exp(-(later - t) / tau_m), np.exp(-(later - t) / tau_s)
            if abs(tau_m - tau_s) < 1e-12:
                k = (later - t) / tau_m * em
            else:
                k = (em - es) * tau_s / (tau_m - tau_s)
            p, q = p * em, q * es + p * k
        later = t
        if arrival:
            source = arrivals[1][slot]
            gradient[source] += q
            tau = tau_m if mutant == "wrong time constant" else tau_s
            direct = 0.0 if mutant == "no membrane term" else p / tau_m
            below[slot] += w[source] @ (q / tau - direct)
        else:
            n = spikes[1][slot]
            since = t - arrivals[0][arrivals[0] < t]
            current = np.exp(-since / tau_s) @ w[arrivals[1][arrivals[0] < t], n]
            total = totals[slot] - (p[n] * current / tau_m if resets else 0.0)
            if not isinstance(layer.spikes, fs.Many):
                q[n] = 0.0
            p[n] = -total * tau_m / (current - theta[n])
    return below
