"""Potentials of leaky integrators: against brute force, and their gradients against differences."""

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError, ShapeError

WINDOWS = [
    fs.readouts.Flat(),
    fs.readouts.Exponential(),
    fs.readouts.Exponential(7e-3),
    fs.readouts.Linear(),
    fs.readouts.Sigmoid(),
    fs.readouts.Sigmoid(centre=0.3, width=0.02),
]
RATIOS = [0.5, 1.0, 1.0000001, 1.3, 2.0, 4.0]
DURATION = 40e-3


def problem(ratio, seed=0, n_samples=3, n_out=3):
    """A readout with two kinds of integrators, and spikes of which some tie or come too late."""
    rng = np.random.default_rng(seed)
    tau = [ratio * 5e-3, ratio * 5e-3, ratio * 9e-3][:n_out]
    layer = fs.LI(4, n_out, tau, [5e-3, 5e-3, 9e-3][:n_out], duration=DURATION)
    index = np.repeat(np.arange(n_samples), 9)
    times = rng.uniform(0, 35e-3, index.size)
    times[1] = times[0]
    times[-1] = DURATION + 1e-3
    spikes = fs.SpikeBatch.from_events(
        index, times, rng.integers(0, 4, index.size), n_samples=n_samples, n_sources=4
    )
    return layer, rng.normal(0.3, 1.0, (4, n_out)), spikes


def response(s, tau_mem, tau_syn):
    """V at `s` seconds after a spike of weight 1, as the textbook has it."""
    if abs(tau_mem - tau_syn) < 1e-8:
        return s / tau_mem * np.exp(-s / tau_mem)
    return tau_syn / (tau_mem - tau_syn) * (np.exp(-s / tau_mem) - np.exp(-s / tau_syn))


def brute_force(layer, weights, spikes, times):
    """Sum over arrivals of weight times response, shape (n_samples, n_times, n_out)."""
    v = np.zeros((spikes.n_samples, len(times), layer.n_out))
    for sample in range(spikes.n_samples):
        for t, source in zip(*spikes.sample(sample), strict=True):
            s = np.maximum(times - t, 0.0)
            for m in range(layer.n_out):
                v[sample, :, m] += weights[source, m] * response(
                    s, layer.values("tau_mem")[m], layer.values("tau_syn")[m]
                )
    return v


def weight(window, t):
    match window:
        case fs.readouts.Flat():
            return np.ones_like(t)
        case fs.readouts.Exponential():
            return np.exp(-t / (window.tau or DURATION))
        case fs.readouts.Linear():
            return 1 - t / DURATION
        case fs.readouts.Sigmoid():
            return 1 / (1 + np.exp((t / DURATION - window.centre) / window.width))


@pytest.mark.parametrize("ratio", RATIOS)
def test_voltages_are_sums_of_responses(ratio):
    layer, weights, spikes = problem(ratio)
    times = np.sort(np.random.default_rng(1).uniform(0, DURATION, 50))
    got = fs.readouts.Potentials(layer, weights, spikes).voltages(times).values
    # the textbook formula itself cancels near a ratio of 1
    tolerance = 1e-6 if 0 < abs(ratio - 1) < 1e-3 else 1e-12
    np.testing.assert_allclose(got, brute_force(layer, weights, spikes, times), atol=tolerance)


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("ratio", RATIOS)
def test_averages_are_integrals(window, ratio):
    layer, weights, spikes = problem(ratio)
    nodes, shares = np.polynomial.legendre.leggauss(20)
    potentials = fs.readouts.Potentials(layer, weights, spikes)
    expected = np.zeros((spikes.n_samples, layer.n_out))
    for sample in range(spikes.n_samples):
        arrivals = spikes.sample(sample)[0]
        edges = np.union1d(np.linspace(0, DURATION, 60), arrivals[arrivals < DURATION])
        middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
        t = (middle[:, None] + half[:, None] * nodes).ravel()
        share = (half[:, None] * shares).ravel() * weight(window, t) / DURATION
        v = potentials.voltages(t).values[sample]
        expected[sample] = share @ v
    got = potentials.average(window).values
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("ratio", RATIOS)
def test_no_moment_is_higher_than_the_maximum(ratio):
    layer, weights, spikes = problem(ratio, seed=3, n_samples=20)
    potentials = fs.readouts.Potentials(layer, weights, spikes)
    highest = potentials.maximum().values
    grid = potentials.voltages(np.linspace(0, DURATION, 4001)).values.max(axis=1)
    assert (highest >= grid - 1e-13).all()
    assert (highest <= grid + 5e-3).all()
    # and it is the potential at the time that is said
    times = potentials.maximum_times()
    for sample, m in np.ndindex(*times.shape):
        at = potentials.voltages([times[sample, m]]).values[sample, 0, m]
        assert at == pytest.approx(highest[sample, m], abs=1e-14)


def observations(potentials):
    yield "maximum", potentials.maximum()
    yield "voltages", potentials.voltages(np.linspace(1e-3, DURATION, 7))
    for window in WINDOWS:
        yield str(window), potentials.average(window)


def smooth(values):
    """A loss with a derivative that is different everywhere."""
    a = np.linspace(0.5, 1.5, values.size).reshape(values.shape)
    return np.sum(np.sin(a * values)), a * np.cos(a * values)


def value(layer, weights, spikes, taus, name):
    potentials = fs.readouts.Potentials(layer, weights, spikes, tau_mem=taus[0], tau_syn=taus[1])
    return smooth(dict(observations(potentials))[name].values)[0]


def differences(function, array, eps):
    result = np.zeros(array.shape)
    for at in np.ndindex(*array.shape):
        kept = array[at]
        ends = []
        for step in (eps, -eps):
            array[at] = kept + step
            ends.append(function())
        array[at] = kept
        result[at] = (ends[0] - ends[1]) / (2 * eps)
    return result


NAMES = ["maximum", "voltages", *map(str, WINDOWS)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ratio", RATIOS)
def test_gradients_agree_with_central_differences(ratio, name):
    layer, weights, spikes = problem(ratio)
    taus = [layer.values("tau_mem"), layer.values("tau_syn")]
    observation = dict(observations(fs.readouts.Potentials(layer, weights, spikes)))[name]
    seed = observation.seed(smooth(observation.values)[1])
    grads = fs.readouts.Potentials(layer, weights, spikes).gradients(seed)

    def now():
        return value(layer, weights, spikes, taus, name)

    def moved():
        return value(layer, weights, move(spikes, times), taus, name)

    # a tie is a kink of the maximum: a step would change the order of two arrivals
    times = spikes.times + np.linspace(0, 1e-5, spikes.n_spikes)
    checks = [
        (grads.weights, differences(now, weights, 1e-6)),
        (grads.tau_mem, differences(now, taus[0], 1e-8)),
        (grads.tau_syn, differences(now, taus[1], 1e-8)),
    ]
    for exact, measured in checks:
        scale = np.abs(measured).max()
        assert np.abs(exact - measured).max() < 2e-7 * scale, name
    spikes = move(spikes, times)
    observation = dict(observations(fs.readouts.Potentials(layer, weights, spikes)))[name]
    seed = observation.seed(smooth(observation.values)[1])
    exact = fs.readouts.Potentials(layer, weights, spikes).gradients(seed).spike_times
    measured = differences(moved, times, 1e-8)
    assert np.abs(exact - measured).max() < 2e-7 * np.abs(measured).max()
    assert exact[-1] == 0.0  # it came after the trial


def move(spikes, times):
    return fs.SpikeBatch(spikes.offsets, times, spikes.sources, spikes.n_sources)


def test_seeds_add_up():
    layer, weights, spikes = problem(2.0)
    potentials = fs.readouts.Potentials(layer, weights, spikes)
    seeds = [o.seed(smooth(o.values)[1]) for _, o in observations(potentials)]
    together = potentials.gradients(seeds)
    alone = [potentials.gradients(seed) for seed in seeds]
    for name in ("weights", "tau_mem", "tau_syn", "spike_times"):
        total = sum(getattr(part, name) for part in alone)
        np.testing.assert_allclose(getattr(together, name), total, rtol=1e-12, atol=1e-12)


def test_bits_do_not_depend_on_threads():
    from firstspike import _core

    layer, weights, spikes = problem(1.3, n_samples=23)
    results = []
    for threads in (1, 2, 3):
        potentials = fs.readouts.Potentials(layer, weights, spikes, workers=_core.Workers(threads))
        seen = list(observations(potentials))
        grads = potentials.gradients([o.seed(smooth(o.values)[1]) for _, o in seen])
        parts = [o.values for _, o in seen]
        parts += [grads.weights, grads.tau_mem, grads.tau_syn, grads.spike_times]
        results.append(b"".join(part.tobytes() for part in parts))
    assert results[0] == results[1] == results[2]


def test_without_time_constants_the_rest_is_the_same():
    layer, weights, spikes = problem(2.0)
    potentials = fs.readouts.Potentials(layer, weights, spikes)
    seed = potentials.maximum().seed(np.ones((3, 3)))
    with_taus, without = potentials.gradients(seed), potentials.gradients(seed, taus=False)
    assert (without.tau_mem == 0).all()
    assert (with_taus.tau_mem != 0).any()
    assert (without.weights == with_taus.weights).all()
    assert (without.spike_times == with_taus.spike_times).all()


def test_nothing_arrives():
    layer, weights, _ = problem(2.0)
    silent = fs.SpikeBatch.from_lists([[], [(DURATION, 0)]], n_sources=4)
    potentials = fs.readouts.Potentials(layer, weights, silent)
    for _, observation in observations(potentials):
        assert (observation.values == 0).all()
    assert (potentials.maximum_times() == 0).all()
    assert (potentials.decisions() == 0).all()
    grads = potentials.gradients(
        [o.seed(np.ones(o.values.shape)) for _, o in observations(potentials)]
    )
    assert (grads.weights == 0).all()
    assert grads.spike_times.tolist() == [0.0]


def test_inhibition_alone_leaves_the_maximum_at_the_start_without_a_gradient():
    layer = fs.LI(1, 1, duration=DURATION)
    spikes = fs.SpikeBatch.from_lists([[(1e-3, 0)]], n_sources=1)
    potentials = fs.readouts.Potentials(layer, [[-1.0]], spikes)
    observation = potentials.maximum()
    assert observation.values.tolist() == [[0.0]]
    assert potentials.gradients(observation.seed([[1.0]])).weights.tolist() == [[0.0]]


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: fs.LI(0, 1, duration=1.0), DomainError),
        (lambda: fs.LI(1, 1, tau_mem=0.0, duration=1.0), DomainError),
        (lambda: fs.LI(1, 2, tau_syn=[1e-3, -1e-3], duration=1.0), DomainError),
        (lambda: fs.LI(1, 2, tau_syn=[1e-3], duration=1.0), ShapeError),
        (lambda: fs.LI(1, 1, tau_mem=1.0, tau_syn=1e-6, duration=1.0), DomainError),
        (lambda: fs.LI(1, 1, duration=np.nan), DomainError),
        (lambda: fs.LI(1, 1, duration=1.0, reads="max"), DomainError),
        (lambda: fs.readouts.Average("flat"), DomainError),
        (lambda: fs.readouts.Exponential(0.0), DomainError),
        (lambda: fs.readouts.Sigmoid(width=0.0), DomainError),
        (lambda: fs.readouts.Sigmoid(centre=np.inf), DomainError),
    ],
)
def test_bad_readouts_are_refused(make, error):
    with pytest.raises(error, match="expected"):
        make()


@pytest.mark.parametrize(
    ("use", "error"),
    [
        (lambda p: p.voltages([2e-3, 1e-3]), DomainError),
        (lambda p: p.voltages([DURATION * 1.01]), DomainError),
        (lambda p: p.voltages([np.nan]), DomainError),
        (lambda p: p.average("flat"), DomainError),
        (lambda p: p.maximum().seed([[1.0]]), ShapeError),
        (lambda p: p.maximum().seed(np.full((3, 3), np.nan)), DomainError),
        (lambda p: p.gradients(np.ones((3, 3))), DomainError),
    ],
)
def test_bad_uses_are_refused(use, error):
    layer, weights, spikes = problem(2.0)
    with pytest.raises(error, match="expected"):
        use(fs.readouts.Potentials(layer, weights, spikes))


def test_weights_and_spikes_must_fit():
    layer, weights, spikes = problem(2.0)
    with pytest.raises(ShapeError, match="expected"):
        fs.readouts.Potentials(layer, weights[:, :2], spikes)
    with pytest.raises(ShapeError, match="expected"):
        fs.readouts.Potentials(layer, weights[:3], spikes).maximum()
    with pytest.raises(DomainError, match="expected"):
        fs.readouts.Potentials(layer, weights * np.inf, spikes)
