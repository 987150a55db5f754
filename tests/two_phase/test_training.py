"""Training two-phase networks."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import firstspike as fs
from firstspike.errors import DomainError, ShapeError
from firstspike.optim import Adam, Cosine
from firstspike.train import GradualPruning, QuantizedTraining
from firstspike.two_phase import ExponentialCode, TwoPhaseNetwork, to_integer, train


@pytest.fixture(scope="module")
def digits():
    return fs.datasets.load("digits")


def fit(net, data, **options):
    encoder = fs.encoders.Latency(t_max=net.window)
    defaults = {"epochs": 3, "batch_size": 64, "encoder": encoder, "optimizer": Adam(lr=3e-3)}
    return train(net, data, **(defaults | options))


@pytest.mark.parametrize(
    ("code", "ticks", "bits"), [(None, 15, 8), (None, 15, 4), (ExponentialCode(1), 8, 8)]
)
def test_integers_keep_the_accuracy(digits, code, ticks, bits):
    data, test = digits
    net = TwoPhaseNetwork([64, 48, 10], ticks=ticks, code=code, seed=0)
    rounding = QuantizedTraining(weight_bits=bits, tick=net.tick, start=15)
    fit(
        net,
        data,
        epochs=30,
        batch_size=32,
        optimizer=Adam(lr=3e-3, schedule=Cosine()),
        constraints=[rounding],
        relaxation=5,
    )
    spikes = fs.encoders.Latency(t_max=net.window)(test.inputs)
    q = to_integer(net, weight_bits=bits)
    decisions = q.simulate(spikes).decisions
    assert np.mean(decisions == test.labels) > 0.955
    assert np.mean(decisions == net.scores(spikes, rounded=True).argmax(1)) > 0.995


def test_the_rounded_weights_are_the_integers(digits):
    net = TwoPhaseNetwork([64, 20, 10], seed=0)
    fit(net, digits[0], constraints=[QuantizedTraining(weight_bits=4, tick=net.tick)])
    q = to_integer(net, weight_bits=4)
    for layer, weights, scale in zip(q.layers, net.weights, net.scales, strict=True):
        np.testing.assert_allclose(layer.connectivity.weights * scale, weights, rtol=1e-6)


def test_pruning_reaches_the_integers(digits):
    net = TwoPhaseNetwork([64, 40, 10], seed=0)
    pruning = GradualPruning(sparsity=0.7, start=1, end=4)
    rounding = QuantizedTraining(weight_bits=6, tick=net.tick, start=4)
    history = fit(net, digits[0], epochs=6, constraints=[pruning, rounding])
    assert history.last.sparsity >= 0.7
    pruned = fs.prune(to_integer(net, weight_bits=6), threshold=1)
    assert pruned.layers[0].n_synapses <= 0.3 * 64 * 40 + 1


def test_same_seed_same_bits_on_any_number_of_threads(digits):
    runs = []
    for threads, seed in ((1, 0), (4, 0), (1, 1)):
        net = TwoPhaseNetwork([64, 30, 10], seed=0)
        with threadpool_limits(threads):
            fit(net, digits[0], seed=seed, dropout=0.1, input_dropout=0.1)
        runs.append(np.concatenate([array.reshape(-1) for array in net.weights]))
    assert runs[0].tobytes() == runs[1].tobytes()
    assert runs[0].tobytes() != runs[2].tobytes()


def test_relaxation_takes_hold_slowly(digits):
    net = TwoPhaseNetwork([64, 30, 10], ticks=2, seed=0)
    clock = QuantizedTraining(tick=net.tick)
    slow = fit(net, digits[0], epochs=1, constraints=[clock], relaxation=1000)
    net = TwoPhaseNetwork([64, 30, 10], ticks=2, seed=0)
    hard = fit(net, digits[0], epochs=1, constraints=[clock])
    assert slow.last.loss != hard.last.loss


def test_a_callback_stops(digits):
    net = TwoPhaseNetwork([64, 10], seed=0)
    history = fit(net, digits[0], epochs=5, callbacks=[lambda record, net: record.epoch == 1])
    assert len(history) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"dropout": 1.0}, "dropout is 1.0"),
        ({"constraints": [QuantizedTraining(tick=1e-3)]}, "expected the network's"),
    ],
)
def test_bad_options_are_named(digits, options, message):
    net = TwoPhaseNetwork([64, 10], seed=0)
    with pytest.raises(DomainError, match=message):
        fit(net, digits[0], **options)


def test_bad_networks_are_named():
    with pytest.raises(ShapeError, match="sizes is"):
        TwoPhaseNetwork([4])
    with pytest.raises(DomainError, match="at least 1 everywhere"):
        TwoPhaseNetwork([4, 0, 2])
    with pytest.raises(DomainError, match="ticks is 1"):
        TwoPhaseNetwork([4, 2], ticks=1)
    with pytest.raises(DomainError, match="dtype is int32"):
        TwoPhaseNetwork([4, 2], dtype=np.int32)
    with pytest.raises(ShapeError, match="spikes has 3 sources"):
        TwoPhaseNetwork([4, 2]).scores(fs.SpikeBatch.from_dense([[0.0, 1.0, 2.0]]))
    net = TwoPhaseNetwork([4, 2])
    with pytest.raises(DomainError, match="for the second time"):
        net.scores(fs.SpikeBatch.from_lists([[(1e-3, 0), (2e-3, 0)]], n_sources=4))
    net.weights[0] = np.zeros((4, 2))
    with pytest.raises(DomainError, match="are zero"):
        to_integer(net)
    with pytest.raises(DomainError):
        to_integer(TwoPhaseNetwork([4, 2]), weight_bits=9)
