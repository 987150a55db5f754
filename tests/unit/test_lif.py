"""LIF networks: what they refuse, and how they say so."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import warnings

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError, ShapeError


@pytest.fixture
def net():
    return fs.Network([fs.LIF(3, 5), fs.LIF(5, 2)], seed=0, dtype=np.float64)


@pytest.fixture
def batch():
    return fs.SpikeBatch.from_dense([[0.0, 1e-3, 2e-3], [1e-3, np.inf, 0.0]])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"n_in": 0}, "n_in is 0"),
        ({"n_out": 2.5}, "n_out is 2.5"),
        ({"tau_mem": 0.0}, "tau_mem is 0.0 s"),
        ({"tau_syn": -1e-3}, "tau_syn is -0.001 s"),
        ({"tau_mem": float("nan")}, "tau_mem is nan"),
        ({"tau_mem": 100.0}, "tau_mem / tau_syn is"),
        ({"threshold": 0.0}, "threshold is 0.0"),
        ({"spikes": "once"}, "spikes is 'once'"),
        ({"n_out": True}, "n_out is True, expected a whole number"),
        ({"tau_mem": "20 ms"}, "tau_mem is '20 ms', expected a number or 2 numbers"),
        ({"tau_mem": True}, "tau_mem is True, expected a number or 2 numbers"),
        ({"threshold": 10**400}, "threshold is 1000.*0000, expected a number or 2"),
        ({"tau_syn": 1e-320}, "tau_mem / tau_syn is inf"),
        ({"refractory": "no"}, "refractory is 'no', expected a number"),
        ({"refractory": [1e-3, 2e-3]}, "refractory is .*, expected a number"),
        ({"refractory": 1j}, "refractory is 1j, expected a number"),
    ],
)
def test_bad_layers(arguments, complaint):
    with pytest.raises(DomainError, match=complaint):
        fs.LIF(**({"n_in": 3, "n_out": 2} | arguments))


def test_bad_firing_modes_and_initializers():
    with pytest.raises(DomainError, match="limit is 0"):
        fs.Many(limit=0)
    with pytest.raises(DomainError, match="std is -1"):
        fs.Normal(0.0, -1.0)
    with pytest.raises(DomainError, match="mean is 'large', expected a number"):
        fs.Normal("large", 1.0)
    with pytest.raises(DomainError, match="mean is nan"):
        fs.Normal(float("nan"), 1.0)
    with pytest.raises(DomainError, match="drive is inf"):
        fs.FanIn(drive=float("inf"))


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (fs.LIF(2, 2, init=fs.Normal(1e300, 0.0)), "weights"),
        (fs.LIF(2, 2, threshold=1e300, init=fs.Normal(1.0, 0.0)), "thresholds"),
        (fs.LIF(2, 2, recurrent=fs.Recurrent(fs.Normal(0.0, 1e300))), "recurrent_weights"),
    ],
)
def test_what_single_precision_cannot_hold_is_told_when_the_network_is_made(layer, name):
    with pytest.raises(DomainError, match=rf"{name} of layers\[0\] would start at -?inf"):
        fs.Network([layer], seed=0)
    assert np.isfinite(fs.Network([layer], seed=0, dtype=np.float64).parameters[name][0]).all()


def test_bad_stacks():
    with pytest.raises(ShapeError, match=r"layers\[1\] has n_in = 4.*that is 5"):
        fs.Network([fs.LIF(3, 5), fs.LIF(4, 2)], seed=0)
    with pytest.raises(ShapeError, match="layers is empty"):
        fs.Network([], seed=0)
    with pytest.raises(DomainError, match="dtype is int32"):
        fs.Network([fs.LIF(3, 5)], seed=0, dtype=np.int32)


def test_parameters_are_checked_when_set(net):
    with pytest.raises(ShapeError, match=r"weights\[0\] is given shape \(5, 3\)"):
        net.weights[0] = np.zeros((5, 3))
    with pytest.raises(DomainError, match=r"weights\[0\] is given float64 values"):
        net.weights[0] = np.full((3, 5), np.nan)
    with pytest.raises(ShapeError, match=r"weights\[0\] is not a regular array"):
        net.weights[0] = [[1.0], [1.0, 2.0]]
    single = fs.Network(net.layers, seed=0)
    with pytest.raises(DomainError, match=r"weights\[0\] is given 1e\+300, too large for float32"):
        single.weights[0] = np.full((3, 5), 1e300)
    assert np.isfinite(single.weights[0]).all()


def test_parameters_are_checked_when_used(net, batch):
    net.weights[1][2, 1] = np.nan
    with pytest.raises(DomainError, match=r"weights\[2, 1\] of layer 1 is NaN"):
        net.forward(batch)
    net.weights[1][2, 1] = 0.0
    net.thresholds[0][3] = -1.0
    with pytest.raises(DomainError, match=r"thresholds\[3\] of layer 0 is -1"):
        net.forward(batch)


def test_input_must_fit(net):
    with pytest.raises(ShapeError, match=r"n_sources = 2.*that is 3"):
        net.forward(fs.SpikeBatch.from_dense([[0.0, 0.0]]))
    with pytest.raises(ShapeError, match="spikes is a ndarray"):
        net.forward(np.zeros((2, 3)))
    with pytest.raises(DomainError, match="threads is 0"):
        net.forward(fs.SpikeBatch.from_dense([[0.0, 0.0, 0.0]]), threads=0)
    with pytest.raises(DomainError, match="threads is -1"):
        net.forward(fs.SpikeBatch.from_dense([[0.0, 0.0, 0.0]]), threads=-1)
    with pytest.raises(DomainError, match="threads is 100000, expected at most"):
        net.forward(fs.SpikeBatch.from_dense([[0.0, 0.0, 0.0]]), threads=100_000)


def test_seeds_must_fit(net, batch):
    tape = net.forward(batch)
    with pytest.raises(ShapeError, match=r"dL_dt has shape \(1, 2\).*= \(2, 2\)"):
        net.backward(tape, np.zeros((1, 2)))
    with pytest.raises(DomainError, match=r"dL_dt\[0, 1\] is NaN"):
        net.backward(tape, [[0.0, np.nan], [0.0, 0.0]])
    with pytest.raises(DomainError, match="slope_guard is -1"):
        net.backward(tape, np.zeros((2, 2)), slope_guard=-1.0)
    with pytest.raises(ShapeError, match=r"dL_dvmax has shape \(2, 2\)"):
        net.backward(tape, np.zeros((2, 2)), {0: np.zeros((2, 2))})
    with pytest.raises(DomainError, match="layer is 2"):
        net.backward(tape, np.zeros((2, 2)), {2: np.zeros((2, 2))})
    assert np.isfinite(tape.first_spike_times()).all()
    with pytest.raises(DomainError, match=r"sample 0, layer 1, neuron 1.*this neuron spiked"):
        net.backward(tape, np.zeros((2, 2)), [[0.0, 1.0], [0.0, 0.0]])


def test_tape_must_be_of_this_network(net, batch):
    other = fs.Network(net.layers, seed=1, dtype=np.float64)
    with pytest.raises(DomainError, match="another network"):
        other.backward(net.forward(batch), np.zeros((2, 2)))
    with pytest.raises(DomainError, match="layer is 5, expected -2 to 1"):
        net.forward(batch).spikes(5)


def test_overflow_of_many_is_an_error(batch):
    net = fs.Network([fs.LIF(3, 4, spikes=fs.Many(limit=5))], seed=0)
    net.weights[0] = np.full((3, 4), 100.0)
    with pytest.raises(DomainError, match="neuron 0 in layer 0, sample 0, is above 5"):
        net.forward(batch)
    with pytest.raises(DomainError, match="above 5"):
        net.infer(batch)
    enough = fs.Network([fs.LIF(3, 4, spikes=fs.Many(limit=1000))], seed=0)
    enough.weights[0] = net.weights[0]
    assert enough.forward(batch).spikes().times.size > 40


def test_tape_keeps_the_parameters_it_was_recorded_with(net, batch):
    tape, dL_dt = net.forward(batch), np.ones((2, 2))
    before = net.backward(tape, dL_dt)
    net.weights[0] = net.weights[0] * 2.0
    after = net.backward(tape, dL_dt)
    np.testing.assert_array_equal(before.weights[1], after.weights[1])


def test_empty_batches_and_empty_samples(net):
    nobody = fs.SpikeBatch.from_lists([], n_sources=3)
    assert net.forward(nobody).first_spike_times().shape == (0, 2)
    assert net.infer(nobody)[0].shape == (0, 2)
    grads = net.backward(net.forward(nobody), np.zeros((0, 2)))
    assert not any(w.any() for w in grads.weights)
    silent = fs.SpikeBatch.from_lists([[], []], n_sources=3)
    tape = net.forward(silent)
    assert np.isinf(tape.first_spike_times()).all()
    assert not tape.max_voltages(0).any()
    net.backward(tape, np.ones((2, 2)), -np.ones((2, 2)))


def test_networks_can_be_copied_and_pickled(net, batch):
    times = net.forward(batch).first_spike_times()
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        np.testing.assert_array_equal(twin.forward(batch).first_spike_times(), times)
        twin.weights[0][:] = 0.0
    np.testing.assert_array_equal(net.forward(batch).first_spike_times(), times)


def test_a_forked_process_gets_threads_of_its_own(net, batch):
    times = net.forward(batch, threads=2).first_spike_times()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking is what is tested
        child = multiprocessing.get_context("fork").Process(
            target=net.forward, args=(batch,), kwargs={"threads": 2}
        )
        child.start()
    child.join(timeout=60)
    assert child.exitcode == 0
    np.testing.assert_array_equal(net.forward(batch, threads=2).first_spike_times(), times)


def test_times_far_apart_do_no_harm():
    for tau_syn in (5e-3, 20e-3, 40e-3):
        net = fs.Network([fs.LIF(2, 1, tau_syn=tau_syn)], seed=0)
        net.weights[0] = [[0.1], [100.0]]
        times = net.forward(fs.SpikeBatch.from_dense([[0.0, 1e300]])).first_spike_times()
        assert times[0, 0] == pytest.approx(1e300)


def test_seed_decides_the_weights():
    layers = [fs.LIF(3, 5), fs.LIF(5, 2)]
    one, same, other = (fs.Network(layers, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.weights[0], same.weights[0])
    assert (one.weights[0] != other.weights[0]).any()
