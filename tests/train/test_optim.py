"""Optimisers against plain numpy, schedules, clipping, refusals."""

import numpy as np
import pytest

from firstspike import _core
from firstspike.errors import DomainError, ShapeError
from firstspike.optim import (
    SGD,
    Adam,
    Constant,
    Cosine,
    EasedIn,
    Exponential,
    Plateau,
    Progress,
    Warmup,
)


def numpy_adam(w, grads, lr, b1=0.9, b2=0.999, eps=1e-8, decay=0.0):
    m, v = np.zeros_like(w), np.zeros_like(w)
    for step, g in enumerate(grads, start=1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g * g
        hat = m / (1 - b1**step) / (np.sqrt(v / (1 - b2**step)) + eps)
        w = w - lr * (hat + decay * w)
    return w


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_adam_agrees_with_its_formula(decay):
    rng = np.random.default_rng(0)
    w, grads = rng.normal(size=(4, 5)), rng.normal(size=(30, 4, 5))
    optimizer, params = Adam(lr=1e-2, decay=decay), [w.copy()]
    state = optimizer.init(params)
    for g in grads:
        optimizer.update(params, [g], state, lr=1e-2)
    np.testing.assert_allclose(params[0], numpy_adam(w, grads, 1e-2, decay=decay), rtol=1e-12)
    assert state.step == 30


def test_sgd_agrees_with_its_formula():
    rng = np.random.default_rng(1)
    w, grads = rng.normal(size=6), rng.normal(size=(10, 6))
    optimizer, params = SGD(momentum=0.9, decay=0.01), [w.copy()]
    state, velocity = optimizer.init(params), np.zeros(6)
    for g in grads:
        optimizer.update(params, [g], state, lr=0.1)
        velocity = 0.9 * velocity + g
        w = w - 0.1 * (velocity + 0.01 * w)
    np.testing.assert_allclose(params[0], w, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clipping_scales_the_whole_gradient(dtype):
    grads = [np.full(3, 2.0, dtype), np.full((2, 2), -2.0, dtype)]
    optimizer = SGD(clip_norm=1.0)
    params = [np.zeros_like(g) for g in grads]
    optimizer.update(params, grads, optimizer.init(params), lr=1.0)
    norm = np.sqrt(sum((p**2).sum() for p in params))
    assert norm == pytest.approx(1.0, rel=1e-6)
    np.testing.assert_allclose(params[0], -2.0 / np.sqrt(28), rtol=1e-6)
    assert (grads[0] == 2.0).all(), "the caller's gradient stays as it was"


def test_state_of_another_precision_is_refused():
    optimizer, params = Adam(), [np.zeros(3, np.float32)]
    state = optimizer.init([np.zeros(3)])
    with pytest.raises(ShapeError, match=r"optimizer\.init"):
        optimizer.update(params, [np.zeros(3, np.float32)], state, lr=0.1)


def at(epoch, epochs=9, **more):
    return Progress(epoch, epochs, **more)


def test_schedules():
    assert [Exponential(0.5)(at(e)) for e in (0.0, 0.9, 1.0, 2.5)] == [1.0, 1.0, 0.5, 0.25]
    cosine = [Cosine(final=0.2)(at(e, 4)) for e in np.linspace(0, 4, 9)]
    assert cosine == sorted(cosine, reverse=True)
    assert cosine[0] == 1.0
    assert cosine[-1] == pytest.approx(0.2)
    warm = Warmup(2.0, then=Exponential(0.5))
    assert warm(at(0.0)) == 0.0
    assert warm(at(1.0)) == 0.25
    assert warm(at(3.0)) == 0.125
    assert Constant()(at(5.0)) == 1.0


def test_eased_in_grows_by_one_ratio_per_step_up_to_one():
    schedule = EasedIn(start=1e-3, growth=1.05, then=Exponential(0.5))
    factors = [schedule(at(0.0, step=k)) for k in range(300)]
    assert factors[0] == pytest.approx(1e-3, rel=1e-12)
    ratios = np.divide(factors[1:], factors[:-1])
    np.testing.assert_allclose(ratios[:141], 1.05, rtol=1e-9)
    assert factors[142:] == [1.0] * 158
    assert schedule(at(2.0, step=10**9)) == 0.25


def test_plateau_cuts_when_the_accuracy_stops_rising():
    rising = tuple(1 - 0.5**k for k in range(1, 30))
    falling = (*rising, *([0.2] * 12))
    schedule = Plateau(patience=5)
    assert [schedule(at(0.0, scores=rising[:k])) for k in range(29)] == [1.0] * 29
    factors = [schedule(at(0.0, scores=falling[:k])) for k in range(29, 42)]
    assert factors == sorted(factors, reverse=True)
    cuts = [k for k in range(12) if factors[k + 1] < factors[k]]
    assert cuts == [0, 5, 10], "one cut as soon as it falls, the next after `patience` epochs"
    assert factors[-1] == 0.125
    assert Plateau(patience=100)(at(0.0, scores=falling)) == 1.0


def test_plateau_waits_before_the_first_cut():
    falling = (0.9, 0.5, 0.4, 0.3)
    factors = [Plateau(patience=3)(at(0.0, scores=falling[:k])) for k in range(5)]
    assert factors == [1.0, 1.0, 1.0, 0.5, 0.5]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Adam(lr=0),
        lambda: Adam(beta1=1.0),
        lambda: Adam(clip_norm=0.0),
        lambda: SGD(momentum=-0.1),
        lambda: Exponential(1.5),
        lambda: Cosine(final=2),
        lambda: Warmup(0),
        lambda: EasedIn(growth=1.0),
        lambda: EasedIn(start=0.0),
        lambda: Plateau(cut=1.0),
        lambda: Plateau(fast=0.9, slow=0.8),
        lambda: Plateau(patience=-1),
    ],
)
def test_bad_constants_are_refused(make):
    with pytest.raises(DomainError, match="expected"):
        make()


def test_epoch_order_depends_on_seed_and_epoch_only():
    first = _core.epoch_order(50, 3, 0)
    assert sorted(first) == list(range(50))
    assert (first == _core.epoch_order(50, 3, 0)).all()
    assert (first != _core.epoch_order(50, 3, 1)).any()
