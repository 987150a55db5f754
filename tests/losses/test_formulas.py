"""Losses against their formulas in plain Python, what silence does, and refusals."""

import math

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError, ShapeError

INF = math.inf
TIMES = np.array([[8e-3, 9e-3, 12e-3], [9e-3, INF, 10e-3], [INF, 7e-3, 9e-3], [11e-3, 10e-3, INF]])
LABELS = np.array([0, 2, 0, 1])  # that of sample 2 is silent
FAST = fs.losses.FastAndDeep(tau_syn=5e-3, xi=0.3, alpha=0.02, beta=1.5)
RELATIVE = fs.losses.RelativeSpikeTimes(gap=2e-3, unit=0.5e-3)
TARGETS = fs.losses.TargetTimes(right=8e-3, wrong=11e-3, unit=2e-3)


def fast(row, y):
    if row[y] == INF:
        return 0.0
    soft = sum(math.exp(-t / (0.3 * 5e-3)) for t in row)
    return math.log(soft) + row[y] / (0.3 * 5e-3) + 0.02 * math.exp(row[y] / (1.5 * 5e-3))


def relative(row, y):
    if row[y] == INF:
        return 0.0
    others = [t for m, t in enumerate(row) if m != y and t < INF]
    return sum((t - row[y] - 2e-3) ** 2 for t in others) / (2 * 0.5e-3**2)


def targets(row, y):
    pairs = [(t, 8e-3 if m == y else 11e-3) for m, t in enumerate(row) if t < INF]
    return sum((t - target) ** 2 for t, target in pairs) / (2 * 2e-3**2)


CASES = [(FAST, fast), (RELATIVE, relative), (TARGETS, targets)]
NAMES = ["fast", "relative", "targets"]


@pytest.mark.parametrize(("loss", "formula"), CASES, ids=NAMES)
def test_values(loss, formula):
    expected = np.mean([formula(list(row), y) for row, y in zip(TIMES, LABELS, strict=True)])
    assert loss(TIMES, LABELS)[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("loss", "formula"), CASES, ids=NAMES)
def test_derivatives(loss, formula):
    _, dL_dt = loss(TIMES, LABELS)
    for place in np.ndindex(*TIMES.shape):
        if np.isinf(TIMES[place]):
            assert dL_dt[place] == 0
            continue
        ends = []
        for step in (1e-8, -1e-8):
            moved = TIMES.copy()
            moved[place] += step
            ends.append(loss(moved, LABELS)[0])
        measured = (ends[0] - ends[1]) / 2e-8
        assert dL_dt[place] == pytest.approx(measured, rel=1e-5, abs=1e-4)


@pytest.mark.parametrize("loss", [FAST, RELATIVE], ids=NAMES[:2])
def test_a_silent_label_leaves_the_sample_alone(loss):
    assert (loss(TIMES, LABELS)[1][2] == 0).all()


def test_shifting_all_times_changes_a_relative_loss_not_at_all():
    assert RELATIVE(TIMES + 3e-3, LABELS)[0] == pytest.approx(RELATIVE(TIMES, LABELS)[0])
    assert RELATIVE(TIMES, LABELS)[1].sum(axis=1) == pytest.approx(np.zeros(4), abs=1e-9)


def potentials(reads, n_samples=5):
    rng = np.random.default_rng(0)
    layer = fs.LI(4, 3, duration=40e-3, reads=reads)
    spikes = fs.SpikeBatch.from_dense(rng.uniform(0, 30e-3, (n_samples, 4)))
    return fs.readouts.Potentials(layer, rng.normal(0, 3, (4, 3)), spikes)


def cross_entropy(z, labels):
    return np.mean(np.log(np.exp(z).sum(axis=-1)) - z[np.arange(len(labels)), ..., labels].T)


def test_voltage_losses_are_cross_entropies():
    labels = np.array([0, 1, 2, 0, 1])
    found = potentials(fs.readouts.Maximum())
    value, _ = fs.losses.MaxVoltageCrossEntropy()(found, labels)
    assert value == pytest.approx(cross_entropy(found.maximum().values, labels), rel=1e-12)
    for window in (fs.readouts.Flat(), fs.readouts.Sigmoid()):
        found = potentials(fs.readouts.Average(window))
        value, _ = fs.losses.AverageVoltageCrossEntropy(window=window)(found, labels)
        expected = cross_entropy(found.average(window).values, labels)
        assert value == pytest.approx(expected, rel=1e-12)


def test_large_potentials_do_not_overflow():
    layer = fs.LI(1, 2, duration=40e-3)
    spikes = fs.SpikeBatch.from_dense([[0.0]])
    found = fs.readouts.Potentials(layer, [[1e5, -1e5]], spikes)
    value, seed = fs.losses.MaxVoltageCrossEntropy()(found, [1])
    assert value == pytest.approx(found.maximum().values[0, 0])
    assert np.isfinite(seed.values).all()


def test_the_midpoint_sum_converges_quadratically():
    # between arrivals, that is: every arrival is a kink of V, where the constant varies
    layer = fs.LI(4, 3, duration=40e-3)
    weights = np.random.default_rng(0).normal(0, 3, (4, 3))
    found = fs.readouts.Potentials(layer, weights, fs.SpikeBatch.from_dense(np.zeros((1, 4))))
    sizes = (50, 100, 200, 6400)
    values = [fs.losses.InstantaneousCrossEntropy(points=n)(found, [1])[0] for n in sizes]
    errors = [abs(v - values[-1]) for v in values[:-1]]
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.05)
    assert errors[1] / errors[2] == pytest.approx(4, rel=0.05)


def test_an_integrator_that_nothing_reaches_takes_part_without_a_gradient():
    layer = fs.LI(2, 2, duration=40e-3)
    spikes = fs.SpikeBatch.from_lists([[(1e-3, 0)]], n_sources=2)
    found = fs.readouts.Potentials(layer, [[1.0, 0.0], [0.0, 1.0]], spikes)
    value, seed = fs.losses.MaxVoltageCrossEntropy()(found, [1])
    assert value > math.log(2)
    assert found.gradients(seed).weights[1].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: fs.losses.FastAndDeep(tau_syn=0.0), "tau_syn"),
        (lambda: fs.losses.FastAndDeep(tau_syn=1e-3, xi=-1), "xi"),
        (lambda: fs.losses.FastAndDeep(tau_syn=1e-3, alpha=np.nan), "alpha"),
        (lambda: fs.losses.RelativeSpikeTimes(gap=-1e-3), "gap"),
        (lambda: fs.losses.RelativeSpikeTimes(gap=1e-3, unit=0), "unit"),
        (lambda: fs.losses.TargetTimes(right=-1e-3, wrong=1e-3), "right"),
        (lambda: fs.losses.TargetTimes(right=2e-3, wrong=2e-3), "wrong"),
        (lambda: fs.losses.InstantaneousCrossEntropy(points=0), "points"),
        (lambda: fs.losses.InstantaneousCrossEntropy(points=1.5), "points"),
        (lambda: fs.losses.AverageVoltageCrossEntropy(window="flat"), "window"),
        (lambda: fs.losses.SpikeCountRegulariser(target=-1), "target"),
        (lambda: fs.losses.SpikeCountRegulariser(over=np.inf), "over"),
        (lambda: fs.losses.PerSpike(3), "function"),
        (lambda: fs.losses.Sum([]), "losses"),
    ],
)
def test_bad_constants_are_refused(make, match):
    with pytest.raises(DomainError, match=match):
        make()


@pytest.mark.parametrize(("loss", "formula"), CASES, ids=NAMES)
@pytest.mark.parametrize(
    ("times", "labels", "error"),
    [
        ([1e-3, 2e-3], [0], ShapeError),
        ([[1e-3, 2e-3]], [0, 1], ShapeError),
        ([[1e-3, 2e-3]], [2], DomainError),
        ([[1e-3, 2e-3]], [-1], DomainError),
        ([[np.nan, 2e-3]], [0], DomainError),
    ],
)
def test_bad_batches_are_refused(loss, formula, times, labels, error):
    with pytest.raises(error, match="expected"):
        loss(times, labels)


def test_labels_must_fit_the_potentials():
    found = potentials(fs.readouts.Maximum())
    for labels, error in (([0], ShapeError), ([0, 1, 2, 3, 0], DomainError)):
        with pytest.raises(error, match="expected"):
            fs.losses.MaxVoltageCrossEntropy()(found, labels)


def test_per_spike_losses_must_answer_per_spike():
    net = fs.Network([fs.LIF(2, 2, init=fs.Normal(20.0, 0.0))], seed=0)
    tape = net.forward(fs.SpikeBatch.from_dense([[0.0, 1e-3]]))
    loss = fs.losses.PerSpike(lambda spikes, labels: (0.0, np.zeros(99)))
    with pytest.raises(ShapeError, match="one entry per spike"):
        fs.losses.evaluate(loss, tape, [0])
    with pytest.raises(ShapeError, match="one per sample"):
        fs.losses.evaluate(loss, tape, [0, 1])


@pytest.mark.parametrize("loss", [fs.losses.FirstSpikeCrossEntropy(), FAST, RELATIVE, TARGETS])
def test_nothing_costs_nothing(loss):
    value, dL_dt = loss(np.zeros((0, 3)), [])
    assert value == 0.0
    assert dL_dt.shape == (0, 3)


def spiking_and_read():
    spikes = fs.SpikeBatch.from_dense([[0.0, 1e-3]])
    layer = fs.LIF(2, 2, init=fs.Normal(20.0, 0.0))
    plain = fs.Network([layer], seed=0)
    read = fs.Network([layer, fs.LI(2, 2, duration=20e-3)], seed=0)
    return plain.forward(spikes), read.forward(spikes)


@pytest.mark.parametrize(
    "answer", [None, 1.0, ("low", 0.0), (1.0, 2.0, 3.0), ([1.0], 0.0)], ids=str
)
def test_what_a_loss_of_your_own_must_answer(answer):
    for tape in spiking_and_read():
        for loss in (lambda *_: answer, fs.losses.PerSpike(lambda *_: answer)):
            with pytest.raises(DomainError, match="lambda> returned"):
                fs.losses.evaluate(loss, tape, [0])
    with pytest.raises(DomainError, match="the loss is 5, expected a callable"):
        fs.losses.evaluate(5, tape, [0])


@pytest.mark.parametrize("loss", [fs.losses.FirstSpikeCrossEntropy(), FAST, RELATIVE, TARGETS])
def test_losses_on_spike_times_say_that_there_is_a_readout(loss):
    _, tape = spiking_and_read()
    with pytest.raises(DomainError, match="take a loss on potentials"):
        fs.losses.evaluate(loss, tape, [0])


@pytest.mark.parametrize(
    "loss",
    [
        fs.losses.MaxVoltageCrossEntropy(),
        fs.losses.AverageVoltageCrossEntropy(),
        fs.losses.InstantaneousCrossEntropy(points=3),
    ],
)
def test_losses_on_potentials_say_that_there_is_no_readout(loss):
    tape, _ = spiking_and_read()
    with pytest.raises(DomainError, match="the network has no readout"):
        fs.losses.evaluate(loss, tape, [0])
