"""Losses: central differences, a mutant that must fail them, silent outputs, refusals."""

import numpy as np
import pytest

import firstspike as fs
from firstspike import _core
from firstspike.errors import DomainError, ShapeError

LOSS = fs.losses.FirstSpikeCrossEntropy(tau0=0.5e-3, alpha=0.3, tau1=6.4e-3)


def batch(seed, n_samples=6, n_out=4):
    rng = np.random.default_rng(seed)
    times = rng.uniform(1e-3, 4e-3, (n_samples, n_out))
    labels = rng.integers(0, n_out, n_samples)
    times[0, (labels[0] + 1) % n_out] = np.inf
    times[1, labels[1]] = np.inf
    return times, labels


def worst_relative_error(times, labels, gradient, value, eps):
    """Largest |gradient - central difference| over the largest |gradient|."""
    worst = 0.0
    for place in zip(*np.nonzero(np.isfinite(times)), strict=True):
        up, down = times.copy(), times.copy()
        up[place] += eps
        down[place] -= eps
        expected = (value(up, labels) - value(down, labels)) / (2 * eps)
        worst = max(worst, abs(gradient[place] - expected))
    return worst / np.abs(gradient).max()


@pytest.mark.parametrize("seed", range(5))
def test_gradient_agrees_with_central_differences(seed):
    times, labels = batch(seed)
    _, gradient = LOSS(times, labels)
    assert worst_relative_error(times, labels, gradient, lambda t, y: LOSS(t, y)[0], 1e-8) < 1e-6


def test_error_falls_with_the_square_of_the_step():
    times, labels = batch(0)
    _, gradient = LOSS(times, labels)
    errors = [
        worst_relative_error(times, labels, gradient, lambda t, y: LOSS(t, y)[0], eps)
        for eps in (1e-5, 1e-6)
    ]
    assert 90 < errors[0] / errors[1] < 110


def test_mutant_with_the_sign_of_the_early_term_flipped_fails_the_check():
    times, labels = batch(0)
    _, gradient = LOSS(times, labels)
    rows = np.flatnonzero(np.isfinite(times[np.arange(len(labels)), labels]))
    own = times[rows, labels[rows]]
    term = LOSS.alpha / LOSS.tau1 * np.exp(own / LOSS.tau1) / len(labels)
    mutant = gradient.copy()
    mutant[rows, labels[rows]] -= 2 * term
    assert worst_relative_error(times, labels, mutant, lambda t, y: LOSS(t, y)[0], 1e-8) > 1e-3


def test_an_earlier_label_costs_less():
    gaps = np.array([0.0, 1e-3, 2e-3])
    values = [LOSS([[t, t + 1e-3]], [0])[0] for t in 5e-3 + gaps]
    assert values == sorted(values)
    assert values[0] < values[-1]


def test_matches_the_formula_in_plain_numpy():
    times, labels = batch(3)
    expected = []
    for row, label in zip(times, labels, strict=True):
        if np.isinf(row[label]):
            expected.append(0.0)
            continue
        p = np.exp(-row / LOSS.tau0)
        early = LOSS.alpha * (np.exp(row[label] / LOSS.tau1) - 1)
        expected.append(-np.log(p[label] / p.sum()) + early)
    assert LOSS(times, labels)[0] == pytest.approx(np.mean(expected), rel=1e-12)


def test_silent_outputs_get_no_gradient_and_silent_labels_leave_the_sample_alone():
    times, labels = batch(1)
    _, gradient = LOSS(times, labels)
    assert (gradient[np.isinf(times)] == 0).all()
    assert (gradient[1] == 0).all()


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
def test_bad_batches_are_refused(times, labels, error):
    with pytest.raises(error, match="expected"):
        LOSS(times, labels)


@pytest.mark.parametrize("bad", [{"tau0": 0.0}, {"tau1": -1.0}, {"alpha": np.nan}, {"alpha": -1}])
def test_bad_constants_are_refused(bad):
    with pytest.raises(DomainError, match=next(iter(bad))):
        fs.losses.FirstSpikeCrossEntropy(**bad)


def test_output_hinge_agrees_with_central_differences():
    times, labels = batch(2)
    rng = np.random.default_rng(0)
    highest, thresholds = rng.uniform(0, 0.95, times.shape), np.ones(times.shape[1])
    labels32 = labels.astype(np.uint32)

    def value(v):
        return _core.silent_output_hinge(0.7, times, v, thresholds, labels32)[0]

    _, gradient = _core.silent_output_hinge(0.7, times, highest, thresholds, labels32)
    assert np.count_nonzero(gradient) == 1
    for place in np.ndindex(*highest.shape):
        step = np.zeros_like(highest)
        step[place] = 1e-6
        difference = (value(highest + step) - value(highest - step)) / 2e-6
        assert gradient[place] == pytest.approx(difference, abs=1e-8)


def test_hidden_hinge_agrees_with_central_differences():
    rng = np.random.default_rng(0)
    highest = rng.uniform(0, 1, (5, 7))
    times = np.full((5, 7), np.inf)
    times[3, 2] = 1e-3
    thresholds = np.ones(7)

    def value(v):
        return _core.silent_hidden_hinge(0.3, times, v, thresholds)[0]

    _, gradient = _core.silent_hidden_hinge(0.3, times, highest, thresholds)
    assert np.count_nonzero(gradient) == 6
    for place in np.ndindex(*highest.shape):
        step = np.zeros_like(highest)
        step[place] = 1e-6
        difference = (value(highest + step) - value(highest - step)) / 2e-6
        assert gradient[place] == pytest.approx(difference, abs=1e-8)
