"""`train` and `evaluate` take every loss and every readout."""

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError, ShapeError
from firstspike.train import evaluate

WINDOWS = [fs.readouts.Flat(), fs.readouts.Exponential(), fs.readouts.Linear()]
ENCODER = fs.encoders.Latency(t_max=20e-3)


@pytest.fixture(scope="module")
def digits():
    data, _ = fs.datasets.load("digits")
    return data[:400]


def readout_net(reads, seed=0):
    hidden = fs.LIF(64, 40, spikes=fs.Many())
    readout = fs.LI(40, 10, duration=50e-3, reads=reads)
    return fs.Network([hidden, readout], seed=seed)


@pytest.mark.parametrize(
    "reads", [fs.readouts.Maximum(), *map(fs.readouts.Average, WINDOWS)], ids=str
)
def test_readouts_learn(reads, digits):
    net = readout_net(reads)
    optimizer = fs.optim.Adam(lr=5e-3)
    history = fs.train(
        net, digits, encoder=ENCODER, epochs=20, optimizer=optimizer, slope_guard=0.1
    )
    assert history.last.accuracy > 0.6
    assert history.epochs[-1].loss < 0.8 * history.epochs[0].loss
    checked = evaluate(net, ENCODER(digits.inputs), digits.labels)
    decisions = net.forward(ENCODER(digits.inputs)).readout.decisions()
    assert checked.accuracy == np.mean(decisions == digits.labels)


@pytest.mark.parametrize(
    "loss",
    [
        fs.losses.FastAndDeep(tau_syn=5e-3),
        fs.losses.RelativeSpikeTimes(gap=2e-3),
        fs.losses.TargetTimes(right=8e-3, wrong=12e-3),
        fs.losses.Sum(
            [fs.losses.FirstSpikeCrossEntropy(), fs.losses.SpikeCountRegulariser(target=1.0)]
        ),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_spike_time_losses_learn(loss, digits):
    net = fs.Network([fs.LIF(64, 40), fs.LIF(40, 10)], seed=0)
    history = fs.train(
        net,
        digits,
        encoder=ENCODER,
        epochs=20,
        loss=loss,
        optimizer=fs.optim.Adam(lr=5e-3),
        slope_guard=0.1,
    )
    assert history.last.accuracy > 0.5


def test_the_bits_do_not_depend_on_threads(digits):
    results = []
    for threads in (1, 3):
        net = readout_net(fs.readouts.Maximum())
        fs.train(net, digits, encoder=ENCODER, epochs=1, threads=threads)
        results.append([w.tobytes() for w in net.weights])
    assert results[0] == results[1]


def test_a_saved_network_decides_alike(tmp_path, digits):
    reads = fs.readouts.Average(fs.readouts.Sigmoid(width=0.1))
    net = readout_net(reads)
    net.save(tmp_path / "net.safetensors")
    loaded = fs.Network.load(tmp_path / "net.safetensors")
    assert loaded.layers == net.layers
    spikes = ENCODER(digits.inputs[:50])
    before, after = (n.forward(spikes).readout.scores() for n in (net, loaded))
    assert before.tobytes() == after.tobytes()


@pytest.mark.parametrize(
    "reads",
    [
        fs.readouts.Maximum(),
        *(fs.readouts.Average(w) for w in [*WINDOWS, fs.readouts.Exponential(3e-3)]),
    ],
    ids=str,
)
def test_every_reading_survives_a_file(tmp_path, reads):
    layer = fs.LI(40, 2, [1e-2, 2e-2], 5e-3, duration=50e-3, reads=reads)
    net = fs.Network([fs.LIF(64, 40), layer], seed=1, dtype=np.float64)
    net.tau_syn[-1] = [4e-3, 6e-3]
    net.save(tmp_path / "net")
    loaded = fs.Network.load(tmp_path / "net")
    assert loaded.layers == net.layers
    assert loaded.tau_syn[-1].tolist() == [4e-3, 6e-3]


def test_a_loss_on_something_else_than_what_decides_is_refused(digits):
    net = readout_net(fs.readouts.Maximum())
    loss = fs.losses.AverageVoltageCrossEntropy()
    with pytest.raises(DomainError, match="expected the same"):
        fs.train(net, digits, encoder=ENCODER, epochs=1, loss=loss)


def test_a_loss_of_the_wrong_kind_is_refused(digits):
    def on_times(times, labels):
        return 0.0, np.zeros((3, 3))

    net = fs.Network([fs.LIF(64, 10)], seed=0)
    with pytest.raises(ShapeError, match="on_times returned"):
        fs.train(net, digits, encoder=ENCODER, epochs=1, loss=on_times)

    def no_seeds(potentials, labels):
        return 0.0, np.zeros((32, 10))

    net = readout_net(fs.readouts.Maximum())
    with pytest.raises(DomainError, match="no_seeds returned"):
        fs.train(net, digits, encoder=ENCODER, epochs=1, loss=no_seeds)
