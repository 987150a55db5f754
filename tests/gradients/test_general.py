"""Gradients of everything a circuit has against central differences, in double precision."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError

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


def make_case(name, ratio):
    """The first random case without spikes that barely happen: differences are no measure there."""
    for seed in range(1, 60):
        case = Case(name, ratio, seed)
        try:
            tape = case.forward()
        except DomainError:  # too many spikes
            continue
        slopes = np.concatenate([tape.slopes(layer) for layer in (0, 1)])
        if tape.spikes(0).n_spikes >= 6 and slopes.size >= 9 and slopes.min() > 0.12:
            return case
    raise AssertionError("no seed gives a case worth measuring")


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
    case = make_case(name, ratio)
    grads, errors = case.gradients(), {}
    for kind, arrays in case.net.parameters.items():
        for layer, array in enumerate(arrays):
            if array.size:
                measured = case.differences(array, STEP[kind])
                errors[kind, layer] = relative_error(grads[kind][layer], measured)
    errors["input_times"] = relative_error(grads.input_times, case.time_differences())
    assert max(errors.values()) <= 1e-6, {key: e for key, e in errors.items() if e > 1e-6}


@pytest.mark.parametrize("name", ["once", "everything"])
def test_error_falls_with_the_square_of_the_step(name):
    case = make_case(name, 4.0)
    grads = case.gradients()
    for kind, unit in (("weights", 1.0), ("tau_mem", 1e-2), ("tau_syn", 1e-2)):
        array = case.net.parameters[kind][0]
        coarse, fine = (
            relative_error(grads[kind][0], case.differences(array, unit * eps))
            for eps in (1e-3, 1e-4)
        )
        assert np.log10(coarse / fine) == pytest.approx(2.0, abs=0.15), kind


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("spikes", [fs.Once(), fs.Many(500)], ids=["once", "many"])
def test_both_engines_agree_on_plain_networks(spikes, ratio):
    taus = {"tau_mem": ratio * TAU_SYN, "tau_syn": TAU_SYN, "spikes": spikes}
    net = fs.Network([fs.LIF(6, 20, **taus), fs.LIF(20, 4, **taus)], seed=2, dtype=np.float64)
    rng = np.random.default_rng(0)
    spikes = fs.SpikeBatch.from_dense(rng.uniform(0, 20e-3, (5, 6)))
    plain, general = net.forward(spikes), net.forward(spikes, until=10.0)
    for layer in (0, 1):
        np.testing.assert_allclose(
            general.spikes(layer).times, plain.spikes(layer).times, rtol=0, atol=1e-13
        )
        np.testing.assert_array_equal(general.spikes(layer).sources, plain.spikes(layer).sources)
        np.testing.assert_allclose(
            general.max_voltages(layer), plain.max_voltages(layer), atol=1e-12
        )
    peaks = -1.0 * np.isinf(plain.first_spike_times())
    seeds = rng.normal(size=(5, 4))
    fast, slow = (net.backward(tape, seeds, peaks) for tape in (plain, general))
    for name in fast:
        for ours, theirs in zip(slow[name], fast[name], strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-9 * np.abs(theirs).max())
    np.testing.assert_allclose(slow.input_times, fast.input_times, atol=1e-9)
    names = list(net.parameters)
    from_plain, whole = (net.backward(t, seeds, peaks, wrt=names) for t in (plain, general))
    for name in names:
        for ours, theirs in zip(from_plain[name], whole[name], strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-8 * max(np.abs(theirs).max(), 1e-9))


def test_time_constants_have_a_gradient_where_they_are_equal():
    """The limit formula at tau_mem = tau_syn joins its neighbours."""
    values = []
    for ratio in (1.0 - 1e-5, 1.0, 1.0 + 1e-5):
        case = Case("many", 1.0, seed=3)
        for tau_mem in case.net.tau_mem:
            tau_mem *= ratio
        grads = case.gradients()
        values.append((grads.tau_mem[0], grads.tau_syn[0]))
    for below, at, above in zip(*values, strict=True):
        np.testing.assert_allclose(at, (below + above) / 2, rtol=1e-6)


def everything(name, threads, batch=None, dtype=np.float32):
    case = Case(name, 2.0, seed=4)
    net = fs.Network(case.net.layers, seed=4, dtype=dtype)
    spikes = fs.SpikeBatch.from_dense(np.random.default_rng(1).uniform(0, 30e-3, (21, 4)))
    spikes = spikes if batch is None else spikes[batch]
    tape = net.forward(spikes, until=UNTIL, threads=threads)
    dL_dt = np.ones((spikes.n_samples, 3))
    return net, tape, net.backward(tape, dL_dt, wrt=list(net.parameters), threads=threads)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["recurrent", "recurrent axons", "everything", "synapses"])
def test_threads_do_not_change_a_bit(name, dtype):
    _, one, first = everything(name, 1, dtype=dtype)
    for threads in (2, 3):
        _, other, grads = everything(name, threads, dtype=dtype)
        assert other.spikes(0).times.tobytes() == one.spikes(0).times.tobytes()
        for kind in grads:
            for ours, theirs in zip(grads[kind], first[kind], strict=True):
                assert ours.tobytes() == theirs.tobytes(), kind


@pytest.mark.parametrize("name", ["recurrent", "everything"])
def test_a_sample_does_not_see_its_batch(name):
    _, whole, total = everything(name, 2, dtype=np.float64)
    sums = {kind: [np.zeros(a.shape) for a in arrays] for kind, arrays in total.items()}
    for sample in range(21):
        _, tape, grads = everything(name, 1, [sample], np.float64)
        times = whole.first_spike_times()[sample]
        np.testing.assert_array_equal(tape.first_spike_times()[0], times)
        for kind, arrays in grads.items():
            for into, array in zip(sums[kind], arrays, strict=True):
                into += array
    for kind, arrays in total.items():
        for ours, theirs in zip(sums[kind], arrays, strict=True):
            scale = np.abs(theirs).max(initial=0.0)
            np.testing.assert_allclose(ours, theirs, atol=1e-10 * max(scale, 1e-9))


@pytest.mark.parametrize("name", CASES)
def test_shifting_all_inputs_shifts_all_spikes(name):
    case = Case(name, 1.3)
    before = case.forward().spikes(0)
    moved = fs.SpikeBatch(case.spikes.offsets, case.spikes.times + 2.0, case.spikes.sources, 4)
    after = case.net.forward(moved, until=UNTIL + 2.0)
    np.testing.assert_array_equal(after.spikes(0).sources, before.sources)
    np.testing.assert_allclose(after.spikes(0).times, before.times + 2.0, atol=1e-11)


@pytest.mark.parametrize("name", CASES)
def test_scaling_all_potentials_changes_nothing(name):
    case, before = Case(name, 2.0), Case(name, 2.0).forward().spikes(0)
    for kind in ("weights", "recurrent_weights", "thresholds", "resets", "leaks"):
        for array in case.net.parameters.get(kind, []):
            array *= 3.0
    np.testing.assert_allclose(case.forward().spikes(0).times, before.times, atol=1e-12)


@pytest.mark.parametrize("name", ["recurrent", "everything"])
def test_neurons_may_be_renumbered(name):
    case, other, order = Case(name, 2.0), Case(name, 2.0), np.array([3, 0, 4, 2, 1])
    net, twin = case.net, other.net
    for kind, arrays in net.parameters.items():
        array = arrays[0][..., order]
        twin.parameters[kind][0] = array[order] if kind.startswith("recurrent") else array
    twin.weights[1] = net.weights[1][order]
    np.testing.assert_allclose(
        other.forward().first_spike_times(0), case.forward().first_spike_times(0)[:, order]
    )
    np.testing.assert_allclose(
        other.forward().first_spike_times(), case.forward().first_spike_times(), atol=1e-12
    )


@pytest.mark.parametrize("factor", [1e-3, 7.0])
@pytest.mark.parametrize("name", CASES)
def test_stretching_time_and_everything_in_seconds_stretches_all_spikes(name, factor):
    case = Case(name, 1.3)
    before = case.forward().spikes(0)
    for kind in ("tau_mem", "tau_syn", "delays", "recurrent_delays"):
        for array in case.net.parameters.get(kind, []):
            array *= factor
    layers = [replace(x, refractory=x.refractory * factor) for x in case.net.layers]
    slow = fs.Network(layers, seed=0, dtype=np.float64)
    for kind, arrays in case.net.parameters.items():
        for layer, array in enumerate(arrays):
            slow.parameters[kind][layer] = array
    spikes = fs.SpikeBatch(case.spikes.offsets, case.spikes.times * factor, case.spikes.sources, 4)
    after = slow.forward(spikes, until=UNTIL * factor).spikes(0)
    np.testing.assert_array_equal(after.sources, before.sources)
    np.testing.assert_allclose(after.times, before.times * factor, rtol=1e-11)


@pytest.mark.parametrize("name", ["once", "recurrent", "everything"])
def test_the_order_of_samples_does_not_matter(name):
    order = np.random.default_rng(0).permutation(21)
    _, tape, grads = everything(name, 2, dtype=np.float64)
    _, other, theirs = everything(name, 2, order, np.float64)
    np.testing.assert_array_equal(other.first_spike_times(), tape.first_spike_times()[order])
    for kind, arrays in grads.items():
        for ours, permuted in zip(arrays, theirs[kind], strict=True):
            scale = max(np.abs(ours).max(initial=0.0), 1e-9)
            np.testing.assert_allclose(permuted, ours, atol=1e-11 * scale)
