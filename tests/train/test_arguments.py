"""Arguments of another kind are refused by name, before anything is computed."""

from functools import partial

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError
from firstspike.losses import SpikeCountRegulariser
from firstspike.optim import Adam
from firstspike.train import GradualPruning, InputDropout

LATENCY = fs.encoders.Latency(t_max=20e-3)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("optimizer", "adam", "optim.Adam"),
        ("optimizer", Adam, "optim.Adam"),
        ("silent", 3, "SilentHinge"),
        ("silent", SpikeCountRegulariser(), "SilentHinge"),
        ("engine", 3, "Fused"),
        ("validation", 3, "a data set"),
        ("encoder", 3, "an encoder"),
        ("augment", ["x"], r"augment\[0\] is 'x', expected disturbances"),
        ("augment", 0.1, r"augment is 0.1, expected a sequence"),
        ("augment", InputDropout(0.1), "expected a sequence"),
        (
            "constraints",
            [GradualPruning(sparsity=0.5, start=0, end=1), 1],
            r"constraints\[1\] is 1",
        ),
        ("remedies", [1], r"remedies\[0\] is 1"),
        ("callbacks", [1], r"callbacks\[0\] is 1"),
    ],
)
def test_train_names_the_argument_and_what_it_expects(name, value, expected):
    data, _ = fs.datasets.load("digits")
    net = fs.Network([fs.LIF(64, 10)], seed=0)
    before = net.weights[0].copy()
    with pytest.raises(DomainError, match=expected) as caught:
        fs.train(net, data[:32], **{"encoder": LATENCY, "epochs": 1, name: value})
    assert str(caught.value).startswith(name)
    assert np.array_equal(net.weights[0], before)


@pytest.mark.parametrize(("net", "data"), [(3, True), (True, 3), (fs.Network, True)])
def test_train_needs_a_network_and_data(net, data):
    net = fs.Network([fs.LIF(64, 10)], seed=0) if net is True else net
    data = fs.datasets.load("digits")[0][:32] if data is True else data
    with pytest.raises(DomainError, match=r"^(net|dataset) is "):
        fs.train(net, data, encoder=LATENCY, epochs=1)


@pytest.mark.parametrize("make", [fs.LIF, fs.Ramp, partial(fs.LI, duration=0.1)])
@pytest.mark.parametrize("init", [5, fs.Normal, None])
def test_layers_need_an_initializer(make, init):
    with pytest.raises(DomainError, match=r"^init is .*expected an initializer"):
        make(2, 2, init=init)


@pytest.mark.parametrize("method", ["forward", "infer"])
def test_a_grid_is_no_number(method):
    net = fs.Network([fs.LIF(1, 1)], seed=0)
    spikes = fs.SpikeBatch.from_lists([[(1e-3, 0)]], n_sources=1)
    with pytest.raises(DomainError, match=r"grid is 0.001, expected firstspike.TimeGrid\(step\)"):
        getattr(net, method)(spikes, grid=1e-3)


def test_a_sweep_takes_several_seeds():
    with pytest.raises(DomainError, match=r"seeds is 3, expected several, such as range\(3\)"):
        fs.sweep(print, seeds=3)
