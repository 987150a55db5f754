"""Losses and readouts on networks of the general engine: recurrence, delays, refractory periods."""

import numpy as np
import pytest

import firstspike as fs

UNTIL = 40e-3


def network(top, seed=0):
    hidden = fs.LIF(
        4,
        6,
        [20e-3, 15e-3, 10e-3, 20e-3, 15e-3, 10e-3],
        5e-3,
        spikes=fs.Many(),
        refractory=1e-3,
        init=fs.Normal(2.5, 1.0),
        delays=fs.SynapseDelays(0.0, 3e-3),
        recurrent=fs.Recurrent(init=fs.Normal(0.0, 0.4), delays=fs.AxonDelays(2e-3)),
    )
    return fs.Network([hidden, top], seed=seed, dtype=np.float64)


TOPS = {
    "maximum": (fs.readouts.Maximum(), fs.losses.MaxVoltageCrossEntropy()),
    "average": (fs.readouts.Average(), fs.losses.AverageVoltageCrossEntropy()),
}


def batch():
    rng = np.random.default_rng(0)
    return fs.SpikeBatch.from_dense(rng.uniform(0, 10e-3, (3, 4))), np.array([0, 2, 1])


@pytest.mark.parametrize("name", TOPS)
def test_readouts_over_recurrent_layers(name, measured):
    reads, loss = TOPS[name]
    net = network(fs.LI(6, 3, duration=UNTIL, reads=reads))
    spikes, labels = batch()
    tape = net.forward(spikes, until=UNTIL)
    assert tape.spikes(0).n_spikes > 10
    names = ("weights", "recurrent_weights", "delays", "recurrent_delays", "tau_mem", "tau_syn")
    grads = fs.losses.evaluate(loss, tape, labels)[1].backward(tape, wrt=names)
    for key in names:
        for layer, exact in enumerate(grads[key]):
            if not exact.size:
                continue
            eps = 1e-6 if "weights" in key else 1e-9
            found = measured(loss, net, spikes, labels, key, layer, eps, until=UNTIL)
            ok = np.isfinite(found)
            assert ok.mean() > 0.9
            assert np.abs(exact - found)[ok].max() < 1e-5 * np.abs(found[ok]).max(), (key, layer)


def test_hinges_reach_silent_neurons_of_recurrent_layers(measured):
    net = network(fs.LI(6, 3, duration=UNTIL))
    net.weights[0][:, 2] = [0.3, -0.2, 0.2, 0.1]
    net.recurrent_weights[0][:, 2] = 0.01
    spikes, labels = batch()
    loss = fs.losses.SilentHinge(output=3.0, hidden=2.0)
    tape = net.forward(spikes, until=UNTIL)
    value, derivatives = fs.losses.evaluate(loss, tape, labels)
    assert value > 0
    grads = derivatives.backward(tape, wrt=("weights", "recurrent_weights", "thresholds"))
    for key in ("weights", "recurrent_weights", "thresholds"):
        found = measured(loss, net, spikes, labels, key, 0, 1e-6, until=UNTIL)
        ok = np.isfinite(found)
        assert np.abs(grads[key][0] - found)[ok].max() < 1e-6 * np.abs(found[ok]).max(), key


def test_the_spike_count_heuristic_on_recurrent_layers():
    net = network(fs.LI(6, 3, duration=UNTIL))
    spikes, labels = batch()
    tape = net.forward(spikes, until=UNTIL)
    loss = fs.losses.SpikeCountRegulariser(target=1.0)
    grads = fs.losses.evaluate(loss, tape, labels)[1].backward(tape)
    assert np.abs(grads.weights[0]).max() > 0
    assert (tape.slopes(0) > 0).all()


def test_training_learns_time_constants_of_the_readout_too():
    data, _ = fs.datasets.load("digits")
    hidden = fs.LIF(64, 40, spikes=fs.Many())
    net = fs.Network([hidden, fs.LI(40, 10, duration=50e-3)], seed=0)
    before = net.tau_mem[-1].copy()
    history = fs.train(
        net,
        data[:300],
        encoder=fs.encoders.Latency(t_max=20e-3),
        epochs=10,
        learn=["weights", "tau_mem", "tau_syn"],
        optimizer=fs.optim.Adam(lr=5e-3),
        slope_guard=0.1,
        progress=False,
    )
    assert history.last.loss < history.epochs[0].loss
    assert (net.tau_mem[-1] != before).any()
