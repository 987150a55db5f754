"""Recipes: the digits from end to end, and the pieces that only they use."""

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError, ShapeError
from firstspike.train import NeuronPruning, evaluate
from firstspike.train.plan import plan_epoch
from firstspike.train.recipes import RECIPES, recipe


def test_digits_reach_their_figures():
    """One seed of `benchmarks/accuracy.py --task digits`."""
    train, test = fs.datasets.load("digits")
    digits = recipe("digits")
    spikes, net = digits.encoder(test.inputs), digits.network(seed=0)
    digits.fit(net, train, seed=0, threads=2)
    in_float = evaluate(net, spikes, test.labels).accuracy
    assert in_float >= 0.965
    digits.adapt(net, train, seed=0, threads=2)
    network = digits.quantize(net)
    pruned = digits.prune(network)
    accuracy = network.simulate(spikes).accuracy(test.labels)
    # mean loss 0.4 %, standard deviation over seeds 0.5 %
    assert accuracy >= in_float - 0.010
    assert pruned.simulate(spikes).accuracy(test.labels) >= accuracy - 0.005
    assert pruned.n_synapses <= 0.3 * network.n_synapses


def test_adapted_weights_survive_quantisation_unchanged():
    train, _ = fs.datasets.load("digits")
    digits, net = recipe("digits"), recipe("digits").network(seed=1)
    digits.adapt(net, train[:100], seed=1, threads=1)
    network = digits.quantize(net)
    for weights, layer in zip(net.weights, network.layers, strict=True):
        restored = layer.connectivity.weights * layer.scale
        np.testing.assert_allclose(restored, weights, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("task", RECIPES)
def test_every_recipe_fits_its_hardware(task):
    made = recipe(task)
    net = made.network(seed=0)
    q = fs.quantize(
        net, ticks=made.ticks, tick_seconds=made.tick_seconds, weight_bits=made.weight_bits
    )
    rounding = made.integer_stage.constraints[-1]
    assert (rounding.weight_bits, rounding.tick) == (made.weight_bits, made.tick_seconds)
    assert rounding.start < made.integer_stage.epochs
    assert q.ticks * q.tick_seconds >= 15e-3


def test_unknown_task_names_the_known_ones():
    with pytest.raises(DomainError, match="did you mean 'digits'"):
        recipe("digit")


def test_neuron_pruning_removes_whole_neurons():
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(5, 20)), rng.normal(size=(20, 3))]
    plan = plan_epoch([NeuronPruning(share=0.7, start=0, end=2)], weights, 2, 4)
    into, out = (layer.mask for layer in plan.layers)
    assert (into.all(axis=0) | ~into.any(axis=0)).all()
    assert (into.any(axis=0) == out.all(axis=1)).all()
    assert into.any(axis=0).sum() == 6
    score = np.linalg.norm(weights[0], axis=0) * np.linalg.norm(weights[1], axis=1)
    assert score[into.any(axis=0)].min() > score[~into.any(axis=0)].max()


def test_neuron_pruning_keeps_what_it_pruned():
    """Masked weights are zero, so the score of a pruned neuron stays the lowest."""
    rng = np.random.default_rng(1)
    pruning = NeuronPruning(share=0.5, start=0, end=4)
    weights = [rng.normal(size=(5, 20)), rng.normal(size=(20, 3))]
    gone = np.zeros(20, dtype=bool)
    for epoch in range(6):
        plan = plan_epoch([pruning], weights, epoch, 6)
        masks = [layer.mask for layer in plan.layers]
        if masks[0] is None:
            continue
        weights = [np.where(mask, w, 0.0) for mask, w in zip(masks, weights, strict=True)]
        now = ~masks[0].any(axis=0)
        assert (now | ~gone).all()
        gone = now
    assert gone.sum() == 10


def test_neuron_pruning_needs_hidden_neurons():
    with pytest.raises(ShapeError, match="single layer"):
        plan_epoch([NeuronPruning(share=0.5, start=0, end=1)], [np.ones((2, 2))], 0, 1)
    with pytest.raises(DomainError, match="expected"):
        NeuronPruning(share=1.0, start=0, end=1)
