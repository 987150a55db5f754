"""Gradients of everything a circuit has against central differences, in double precision."""

from __future__ import annotations

import numpy as np
import pytest

import firstspike as fs

RATIOS = (0.5, 1.0, 1.3, 2.0, 4.0)
TAU_SYN = 5e-3
UNTIL = 60e-3
SCALE = 1e4  # the loss is of order 1 for times of order 10 ms
STEP = {
    "weights": 1e-6,
    "recurrent_weights": 1e-6,
    "thresholds": 1e-6,
    "resets": 1e-6,
    "leaks": 1e-6,
    "tau_mem": 1e-9,
    "tau_syn": 1e-9,
    "delays": 1e-9,
    "recurrent_delays": 1e-9,
}
MANY = fs.Many(50)
CASES = {
    "once": {},
    "many": {"spikes": MANY},
    "refractory": {"spikes": MANY, "refractory": 4e-3},
    "potentials": {"spikes": MANY, "reset": -0.4, "leak": 0.2},
    "axons": {"spikes": MANY, "delays": fs.AxonDelays(1e-3, 6e-3)},
    "synapses": {"spikes": MANY, "delays": fs.SynapseDelays(0.0, 6e-3)},
    "recurrent": {"spikes": MANY, "recurrent": fs.Recurrent(fs.FanIn(0.0, 0.5))},
    "recurrent once": {"recurrent": fs.Recurrent(fs.FanIn(0.0, 0.5))},
    "recurrent axons": {
        "spikes": MANY,
        "refractory": 3e-3,
        "recurrent": fs.Recurrent(fs.FanIn(0.0, 0.5), fs.AxonDelays(1e-3, 5e-3)),
    },
    "everything": {
        "spikes": MANY,
        "refractory": 3e-3,
        "reset": -0.3,
        "leak": [0.1, 0.0, -0.2, 0.15, 0.0],
        "delays": fs.SynapseDelays(0.0, 6e-3),
        "recurrent": fs.Recurrent(fs.FanIn(0.0, 0.5), fs.SynapseDelays(0.5e-3, 5e-3)),
    },
}


class Case:
    """A network, its inputs, and a smooth loss on every spike and on silent potentials."""

    def __init__(self, name, ratio, seed=1, drive=1.3, beta=0.3):
        rng = np.random.default_rng(seed)
        first = fs.LIF(
            4, 5, tau_mem=ratio * TAU_SYN, tau_syn=TAU_SYN, init=fs.FanIn(drive, 0.4), **CASES[name]
        )
        second = fs.LIF(
            5,
            3,
            tau_mem=ratio * TAU_SYN,
            tau_syn=TAU_SYN,
            spikes=first.spikes,
            init=fs.FanIn(1.2, 0.4),
        )
        self.net = fs.Network([first, second], seed=seed, dtype=np.float64)
        for theta in self.net.thresholds:
            theta *= rng.uniform(0.9, 1.1, theta.shape)
        if name == "everything":
            for taus in (self.net.tau_mem[0], self.net.tau_syn[0]):
                taus[1:] *= rng.uniform(0.8, 1.25, taus[1:].shape)
        times = rng.uniform(0.0, 20e-3, (2, 8)).reshape(2, 2, 4)
        lists = [[(t, s) for row in sample for s, t in enumerate(row)] for sample in times]
        self.spikes = fs.SpikeBatch.from_lists(lists, n_sources=4)
        self.beta = beta
        self.coefficients = [rng.normal(size=400) for _ in self.net.layers]

    def forward(self, **options):
        return self.net.forward(self.spikes, until=UNTIL, threads=1, **options)

    def silent(self, tape, layer):
        return np.isinf(tape.first_spike_times(layer))

    def loss(self):
        tape, value, counts = self.forward(), 0.0, []
        for layer, a in enumerate(self.coefficients):
            spikes = tape.spikes(layer)
            value += SCALE * np.sum(a[: spikes.n_spikes] * spikes.times**2)
            value -= self.beta * np.sum(tape.max_voltages(layer) * self.silent(tape, layer))
            counts.append((spikes.offsets.tolist(), spikes.sources.tolist()))
        return value, counts

    def gradients(self, **options):
        tape, single, peaks = self.forward(), {}, {}
        for layer, a in enumerate(self.coefficients):
            times = tape.spikes(layer).times
            single[layer] = 2.0 * SCALE * a[: times.size] * times
            peaks[layer] = -self.beta * self.silent(tape, layer)
        names = list(self.net.parameters)
        return self.net.backward(
            tape, dL_dvmax=peaks, dL_dspikes=single, wrt=names, threads=1, **options
        )

    def differences(self, array, eps):
        """dL/d(array); NaN where a step changes which neuron spikes when."""
        _, before = self.loss()
        result = np.full(array.shape, np.nan)
        for at in np.ndindex(array.shape):
            kept, values = array[at], []
            for step in (eps, -eps):
                array[at] = kept + step
                value, counts = self.loss()
                values.append(value if counts == before else np.nan)
            array[at] = kept
            result[at] = (values[0] - values[1]) / (2.0 * eps)
        return result

    def time_differences(self, eps=1e-9):
        whole, result = self.spikes, []
        _, before = self.loss()
        for at in range(whole.times.size):
            values = []
            for step in (eps, -eps):
                times = whole.times.copy()
                times[at] += step
                self.spikes = fs.SpikeBatch(whole.offsets, times, whole.sources, 4)
                value, counts = self.loss()
                values.append(value if counts == before else np.nan)
            self.spikes = whole
            result.append((values[0] - values[1]) / (2.0 * eps))
        return np.array(result)


def relative_error(exact, measured):
    """Largest deviation in units of the largest entry, where there is a measurement."""
    known = np.isfinite(measured)
    assert known.mean() > 0.8, f"only {known.mean():.0%} of the entries can be measured"
    scale = np.abs(measured[known]).max(initial=0.0)
    return float(np.abs(exact - measured)[known].max(initial=0.0) / max(scale, 1e-9))


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("name", CASES)
def test_every_parameter(name, ratio):
    case = Case(name, ratio)
    grads, errors = case.gradients(), {}
    assert case.forward().spikes(0).n_spikes >= 6, "the test needs spikes"
    for kind, arrays in case.net.parameters.items():
        for layer, array in enumerate(arrays):
            if array.size:
                measured = case.differences(array, STEP[kind])
                errors[kind, layer] = relative_error(grads[kind][layer], measured)
    errors["input_times"] = relative_error(grads.input_times, case.time_differences())
    assert max(errors.values()) <= 1e-6, {key: e for key, e in errors.items() if e > 1e-6}
