"""Fused and composable training: the same bits, on any number of threads."""

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError, ShapeError
from firstspike.losses import FirstSpikeCrossEntropy, SilentHinge
from firstspike.optim import SGD, Adam, Cosine, Warmup
from firstspike.train import (
    Composable,
    Fused,
    GradualPruning,
    InputDropout,
    ProximalL1,
    QuantizedTraining,
    TimeJitter,
    fused,
)

PLAIN = {}
EVERYTHING = {
    "optimizer": Adam(lr=5e-3, decay=1e-3, clip_norm=2.0, schedule=Warmup(0.5, then=Cosine())),
    "silent": SilentHinge(output=2.0, hidden=0.1),
    "augment": [InputDropout(0.2), TimeJitter(0.5e-3)],
    "constraints": [
        ProximalL1(0.02),
        GradualPruning(sparsity=(0.6, 0.3), start=0, end=3),
        QuantizedTraining(weight_bits=5, tick=0.5e-3, start=2),
    ],
    "slope_guard": 0.02,
}
MOMENTUM = {"optimizer": SGD(lr=1e-3, momentum=0.9), "silent": SilentHinge(output=0.0)}


def run(net, task, options, engine, threads, epochs=4):
    train, validation, encoder = task
    return fs.train(
        net,
        train,
        encoder=encoder,
        epochs=epochs,
        batch_size=20,
        seed=5,
        validation=validation,
        engine=engine,
        threads=threads,
        **options,
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("options", [PLAIN, EVERYTHING, MOMENTUM], ids=["plain", "all", "sgd"])
def test_both_engines_give_the_same_bits_on_one_and_two_threads(
    task, make_net, same_bits, options, dtype
):
    reference, histories = make_net(dtype), []
    histories.append(run(reference, task, options, Fused(), 1))
    assert not same_bits(reference, make_net(dtype))
    for engine, threads in [(Fused(), 2), (Composable(), 1), (Composable(), 2)]:
        net = make_net(dtype)
        histories.append(run(net, task, options, engine, threads))
        assert same_bits(net, reference), (engine, threads)
    figures = [
        [(r.loss, r.accuracy, r.silent_rate, r.spikes_per_neuron, r.sparsity) for r in h.epochs]
        for h in histories
    ]
    assert figures[1:] == figures[:1] * 3


def test_training_learns(task, make_net):
    net = make_net()
    options = {
        "loss": FirstSpikeCrossEntropy(tau0=0.25e-3, alpha=0.03),
        "silent": SilentHinge(output=50.0),
        "optimizer": Adam(lr=1e-2),
    }
    history = run(net, task, options, None, 2, epochs=15)
    assert history.last.loss < history.epochs[0].loss / 2
    assert history.last.accuracy > 0.9
    assert history.last.validation_accuracy > 0.6


def test_a_loss_in_numpy_trains_and_gives_the_bits_of_the_built_in_one(task, make_net, same_bits):
    """The user's function computes what the built-in loss computes, through Python."""
    built_in = FirstSpikeCrossEntropy()

    def mine(times, labels):
        return built_in(times, labels)

    nets = [make_net(), make_net()]
    run(nets[0], task, {"loss": mine}, None, 1, epochs=1)
    run(nets[1], task, {"loss": built_in}, Fused(), 1, epochs=1)
    assert same_bits(*nets)


def test_seed_changes_the_result(task, make_net, same_bits):
    train, _, encoder = task
    nets = [make_net(), make_net()]
    for seed, net in enumerate(nets):
        fs.train(net, train, encoder=encoder, epochs=1, seed=seed)
    assert not same_bits(*nets)


def test_fused_refuses_what_it_does_not_know(task, make_net):
    with pytest.raises(DomainError, match="Composable"):
        run(make_net(), task, {"loss": lambda t, y: (0.0, np.zeros_like(t))}, Fused(), 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"seed": -1}, "seed"),
        ({"threads": 0}, "threads"),
    ],
)
def test_bad_numbers_are_refused(task, make_net, options, message):
    train, _, encoder = task
    with pytest.raises(DomainError, match=message):
        fs.train(make_net(), train, encoder=encoder, **options)


def test_data_that_does_not_fit_the_network_is_refused(task, make_net):
    train, _, encoder = task
    with pytest.raises(ValueError, match="65 channels"):
        fs.train(make_net(), train, encoder=fs.encoders.Bias(encoder))
    small = fs.Network([fs.LIF(64, 5)], seed=0)
    with pytest.raises(DomainError, match="label 9"):
        fs.train(small, train, encoder=encoder)
    with pytest.raises(ValueError, match="no sample"):
        fs.train(make_net(), train[:0], encoder=encoder)


def test_a_run_that_blows_up_says_so(task, make_net):
    train, _, encoder = task

    def explode(times, labels):
        return float("nan"), np.zeros_like(times)

    with pytest.raises(DomainError, match="learning rate"):
        fs.train(make_net(), train, encoder=encoder, loss=explode)


@pytest.mark.parametrize("engine", [Fused(), Composable()])
@pytest.mark.parametrize("factor", [float("nan"), float("inf"), -0.5, "half"])
def test_what_is_no_factor_on_the_learning_rate_is_refused(task, make_net, engine, factor):
    net, before = make_net(), make_net()
    options = {"optimizer": Adam(lr=1e-3, schedule=lambda progress: factor)}
    with pytest.raises(DomainError, match="the schedule returns"):
        run(net, task, options, engine, threads=1)
    assert np.array_equal(net.weights[0], before.weights[0])


SPOILED = {
    "short": (lambda flat: flat[1:], "arrays of another shape"),
    "strided": (lambda flat: np.repeat(flat, 2)[::2], "expected contiguous ones"),
    "other precision": (lambda flat: flat.astype(np.float64), "another precision"),
}


@pytest.mark.parametrize(("spoil", "message"), SPOILED.values(), ids=SPOILED)
def test_the_core_refuses_to_write_to_arrays_that_do_not_fit(
    task, make_net, monkeypatch, spoil, message
):
    monkeypatch.setattr(fused, "_flat", lambda array: spoil(array.reshape(-1)))
    with pytest.raises(ShapeError, match=message):
        run(make_net(np.float32), task, PLAIN, Fused(), 1, epochs=1)
