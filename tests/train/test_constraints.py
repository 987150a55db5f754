"""Sparsity and rounding while training."""

import itertools

import numpy as np
import pytest

import firstspike as fs
from firstspike import _core
from firstspike.errors import DomainError, ShapeError
from firstspike.train import (
    GradualPruning,
    LayerPlan,
    ProximalL1,
    QuantizedTraining,
    evaluate,
    magnitude_mask,
)
from firstspike.train.plan import plan_epoch


def train(net, task, constraints, epochs=4):
    data, validation, encoder = task
    return fs.train(
        net, data, encoder=encoder, epochs=epochs, constraints=constraints, validation=validation
    )


def test_mask_keeps_exactly_the_largest():
    weights = np.random.default_rng(0).normal(size=(8, 9))
    mask = magnitude_mask(weights, 0.75)
    assert mask.sum() == 18
    assert np.abs(weights[mask]).min() >= np.abs(weights[~mask]).max()
    assert magnitude_mask(weights, 0.0).all()


def test_gradual_pruning_reaches_its_share_and_pruned_weights_stay_zero(task, make_net):
    net, seen = make_net(), []
    pruning = GradualPruning(sparsity=(0.8, 0.5), start=1, end=3)
    data, _, encoder = task
    fs.train(
        net,
        data,
        encoder=encoder,
        epochs=5,
        constraints=[pruning],
        callbacks=[
            lambda _, net: seen.append([np.asarray(w) == 0 for w in map(np.copy, net.weights)])
        ],
    )
    shares = [[zero.mean() for zero in zeros] for zeros in seen]
    assert shares[0] == [0.0, 0.0]
    assert 0.8 * 0.8 < shares[2][0] < 0.8
    assert shares[4] == [0.8, 0.5]
    for earlier, later in itertools.pairwise(seen):
        assert all((b | ~a).all() for a, b in zip(earlier, later, strict=True))


def test_proximal_l1_makes_exact_zeros(task, make_net):
    plain, pulled = make_net(), make_net()
    assert train(plain, task, []).last.sparsity == 0.0
    assert train(pulled, task, [ProximalL1(2.0)]).last.sparsity > 0.05
    assert sum(np.abs(w).sum() for w in pulled.weights) < sum(
        np.abs(w).sum() for w in plain.weights
    )


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_rounded_training_leaves_few_levels_on_one_scale(task, make_net, bits):
    net = make_net(np.float64)
    train(net, task, [QuantizedTraining(weight_bits=bits)], epochs=2)
    limit = 2 ** (bits - 1) - 1
    for weights in net.weights:
        levels = np.unique(np.abs(weights))
        assert len(levels) <= limit + 1
        step = levels[levels > 0].min()
        multiples = levels / step
        whole = [np.allclose(multiples * k, np.round(multiples * k)) for k in range(1, limit + 1)]
        assert any(whole), "all weights are multiples of one scale"


def test_rounding_starts_when_told(task, make_net):
    constraint = QuantizedTraining(weight_bits=4, tick=1e-3, start=3)
    weights = [np.asarray(w) for w in make_net().weights]
    before = plan_epoch([constraint], weights, 2, 5)
    assert before.tick is None
    assert all(layer.scale is None for layer in before.layers)
    after = plan_epoch([constraint], weights, 3, 5)
    assert after.tick == 1e-3
    assert all(layer.scale > 0 and layer.limit == 7 for layer in after.layers)


def test_constraints_add_up(make_net):
    weights = [np.asarray(w) for w in make_net().weights]
    pruning = GradualPruning(sparsity=0.5, start=0, end=1)
    plan = plan_epoch([ProximalL1(0.1), pruning, ProximalL1(0.2)], weights, 1, 2)
    assert [layer.shrink for layer in plan.layers] == pytest.approx([0.3, 0.3])
    assert [layer.mask.mean() for layer in plan.layers] == [0.5, 0.5]
    assert LayerPlan().mask is None


def test_fake_quantisation_rounds_half_to_even_and_clips():
    weights = np.array([0.5, 1.5, 2.5, -0.5, -1.5, 9.0, -9.0])
    rounded = _core.fake_quantize(weights, 1.0, 7.0)
    assert rounded.tolist() == [0.0, 2.0, 2.0, -0.0, -2.0, 7.0, -7.0]


def test_a_clock_rounds_hidden_spikes_down(task, make_net):
    data, _, encoder = task
    net, spikes = make_net(), encoder(data.inputs)
    tick = 20e-3 / 32
    hidden = net.forward(spikes, tick=tick).spikes(0).times
    assert hidden.size
    assert np.allclose(hidden / tick, np.round(hidden / tick), atol=1e-9)
    exact = net.forward(spikes).spikes(0).times
    assert not np.allclose(exact / tick, np.round(exact / tick), atol=1e-3)
    fine = evaluate(net, spikes, data.labels, tick=1e-9)
    assert fine == evaluate(net, spikes, data.labels)


@pytest.mark.parametrize(
    "make",
    [
        lambda: GradualPruning(sparsity=1.0, start=0, end=1),
        lambda: GradualPruning(sparsity=0.5, start=2, end=2),
        lambda: ProximalL1(-1.0),
        lambda: QuantizedTraining(weight_bits=1),
        lambda: QuantizedTraining(weight_bits=9),
        lambda: QuantizedTraining(tick=0.0),
    ],
)
def test_bad_constants_are_refused(make):
    with pytest.raises(DomainError, match="expected"):
        make()


def test_one_share_per_layer(task, make_net):
    with pytest.raises(ShapeError, match="one per layer"):
        train(make_net(), task, [GradualPruning(sparsity=(0.5,), start=0, end=1)])
