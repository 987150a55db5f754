"""Ramp neurons on a tick grid: nothing is lost but what weights and clock round away."""

import itertools
import shutil

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError
from firstspike.quant import least_error_scale, round_weights
from firstspike.train import GradualPruning, QuantizedTraining

TICK = 0.37e-3
TICKS = 90


def make_net(sizes=(12, 30, 20, 4), seed=0, dtype=np.float64, bits=5):
    """Weights on a lattice, thresholds that differ."""
    rng = np.random.default_rng(seed)
    layers = [
        fs.Ramp(n_in, n_out, tau=rng.uniform(3e-3, 9e-3), init=fs.FanIn(2.0, 1.0))
        for n_in, n_out in itertools.pairwise(sizes)
    ]
    net = fs.Network(layers, seed=seed, dtype=dtype)
    for index, weights in enumerate(net.weights):
        net.thresholds[index] *= rng.uniform(0.7, 1.3, net.thresholds[index].shape)
        scale = least_error_scale(weights, bits)
        net.weights[index] = round_weights(weights, scale, bits) * scale
    return net


def inputs(n=50, n_in=12, seed=1):
    times = np.random.default_rng(seed).uniform(0, 20e-3, (n, n_in))
    times[::7, ::3] = np.inf
    return fs.SpikeBatch.from_dense(times)


def fired_ticks(run, layer, n_targets):
    """Tick of every neuron, inf for none."""
    batch = run.layers[layer].batch
    ticks = np.full((batch.n_samples, n_targets), np.inf)
    sample = np.repeat(np.arange(batch.n_samples), np.diff(batch.offsets))
    ticks[sample, batch.sources] = batch.ticks
    return ticks


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(8))
def test_every_neuron_fires_in_the_tick_of_the_network_under_a_clock(seed, dtype):
    net, spikes = make_net(seed=seed, dtype=dtype), inputs(seed=seed)
    q = fs.quantize(net, ticks=TICKS, tick_seconds=TICK, weight_bits=5)
    run = q.simulate(spikes, early_exit=False, record=True)
    tape = net.forward(spikes, tick=TICK, until=TICKS * TICK)
    for layer, spec in enumerate(net.layers):
        times = tape.first_spike_times(layer)
        last = layer == len(net.layers) - 1  # its times are exact: a crossing ends its tick
        ticks = np.ceil(times / TICK - 2**-20) - 1 if last else np.rint(times / TICK)
        np.testing.assert_array_equal(fired_ticks(run, layer, spec.n_out), ticks)
        assert np.isfinite(times).any()


@pytest.mark.parametrize("by", [-1, 1])
def test_a_threshold_that_is_off_by_one_would_be_noticed(by):
    net, spikes = make_net(), inputs()
    q = fs.quantize(net, ticks=TICKS, tick_seconds=TICK, weight_bits=5)
    first = q.layers[0]
    wrong = fs.IntegerLayer(
        connectivity=first.connectivity,
        program=first.program,
        threshold=fs.ConstThreshold(first.threshold.values + by),
        weight_bits=first.weight_bits,
        scale=first.scale,
    )
    off = fs.IntegerNetwork(
        layers=(wrong, *q.layers[1:]), ticks=q.ticks, tick_seconds=q.tick_seconds
    )
    runs = [n.simulate(spikes, early_exit=False, record=True) for n in (q, off)]
    ours, theirs = (fired_ticks(run, 0, 30) for run in runs)
    assert (ours != theirs).any()


def test_thresholds_are_whole_where_they_come_out_whole():
    """0.1 is no double, but 3 tenths in tenths are 3."""
    net = fs.Network([fs.Ramp(1, 3, tau=10e-3)], seed=0, dtype=np.float64)
    net.thresholds[0] = [0.3, 0.3000001, 0.1]
    q = fs.quantize(net, ticks=8, tick_seconds=10e-3, scales=[0.1])
    assert q.layers[0].program == fs.RampProgram()
    assert q.layers[0].threshold.values.tolist() == [3, 4, 1]


def test_thresholds_are_at_least_one():
    net = fs.Network([fs.Ramp(1, 1, tau=1e-3, threshold=1e-6)], seed=0)
    q = fs.quantize(net, ticks=8, tick_seconds=1e-3, scales=[1.0])
    assert q.layers[0].threshold.values.tolist() == [1]


def test_calibration_searches_scales():
    net = make_net((12, 30, 4))
    net.weights[0] += np.random.default_rng(0).normal(0, 0.01, net.weights[0].shape)
    spikes = inputs(n=200)
    labels = net.forward(spikes).first_spike_times().argmin(axis=1)
    options = {"ticks": 64, "t_window": 60e-3, "weight_bits": 3}
    plain = fs.quantize(net, **options)
    searched = fs.quantize(net, **options, calibration=(spikes, labels))
    assert searched.simulate(spikes).accuracy(labels) >= plain.simulate(spikes).accuracy(labels)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"shift": 12}, "shift is 12, expected None"),
        ({"guard": 2}, "guard is 2, expected None"),
        ({"scales": [1.0, 1e-12, 1.0]}, "thresholds up to"),
        ({"tick_seconds": 0.0}, "tick_seconds"),
    ],
)
def test_bad_arguments_are_refused(changes, text):
    arguments = {"ticks": 16, "tick_seconds": 1e-3} | changes
    with pytest.raises(DomainError, match=text):
        fs.quantize(make_net(), **arguments)


def test_a_readout_is_refused():
    net = fs.Network([fs.Ramp(3, 4), fs.LI(4, 2, duration=20e-3)], seed=0)
    with pytest.raises(DomainError, match="readout without spikes"):
        fs.quantize(net, ticks=16, tick_seconds=1e-3)


@pytest.mark.skipif(
    not any(map(shutil.which, ("c++", "g++", "clang++"))),
    reason="no C++ compiler: install one, or pip install firstspike[cosim]",
)
def test_trained_digits_equal_their_core(tmp_path, monkeypatch):
    """Trained with pruning and rounding, then as integers and in hardware: token for token."""
    monkeypatch.setenv("FIRSTSPIKE_CACHE", str(tmp_path / "cache"))
    data, test = fs.datasets.load("digits")
    encoder, tick = fs.encoders.Latency(t_max=10e-3), 10e-3 / 16
    net = fs.Network([fs.Ramp(64, 24, tau=10e-3), fs.Ramp(24, 10, tau=10e-3)], seed=0)
    fs.train(
        net,
        data,
        encoder=encoder,
        epochs=12,
        optimizer=fs.optim.Adam(lr=1e-2, schedule=fs.optim.Cosine()),
        until=24 * tick,
        slope_guard=0.1,
        constraints=[
            GradualPruning(sparsity=(0.5, 0.3), start=0, end=6),
            QuantizedTraining(weight_bits=6, tick=tick, start=6),
        ],
        progress=False,
    )
    q = fs.quantize(net, ticks=24, tick_seconds=tick, weight_bits=6)
    pruned, spikes = fs.prune(q, threshold=1), encoder(test.inputs)
    assert pruned.n_synapses < 0.6 * q.n_synapses
    run, left = q.simulate(spikes), pruned.simulate(spikes)
    np.testing.assert_array_equal(run.decisions, left.decisions)
    assert run.accuracy(test.labels) > 0.9
    bundle = fs.hdl.generate(pruned, tmp_path / "core", lanes=4)
    samples = fs.TickBatch.from_spikes(spikes, ticks=24, tick_seconds=tick)
    report = fs.hdl.verify(bundle.path, samples, threads=2)
    assert report.passed, report.findings
    assert report.samples == len(test)
