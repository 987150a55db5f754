"""Delays learned by composing networks, as `benchmarks/yin_yang_delays.py` does."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import firstspike as fs

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "yin_yang_delays.py"


@pytest.fixture(scope="module")
def delays():
    spec = importlib.util.spec_from_file_location("yin_yang_delays", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_gradients_agree_with_differences(delays):
    rng = np.random.default_rng(0)
    data = fs.datasets.generate_yin_yang(6, seed=3)
    times = delays.ENCODER(data.inputs).to_dense()
    sizes = ((5, 12), (12, 3))
    layers = [
        delays.Delayed(rng.normal(mean, 0.8, size), rng.uniform(0.0, 0.5, size), 1)
        for mean, size in zip((1.5, 1.0), sizes, strict=True)
    ]
    learned = [layer.weights for layer in layers] + [layer.delays for layer in layers]

    def loss():
        hidden = layers[0].forward(times).first_spike_times()
        tape = layers[1].forward(hidden)
        return fs.losses.evaluate(fs.losses.Sum([delays.LOSS, delays.HINGE]), tape, data.labels)[0]

    found = delays.gradients(layers, times, data.labels)
    worst, checked = 0.0, 0
    for array, grads in zip(learned, found, strict=True):
        scale = np.abs(grads).max()
        for place in np.ndindex(array.shape):
            kept = array[place]
            ends = []
            for end in (kept + 1e-6, kept - 1e-6):
                array[place] = end
                ends.append(loss())
            array[place] = kept
            worst = max(worst, abs((ends[0] - ends[1]) / 2e-6 - grads[place]) / scale)
            checked += grads[place] != 0
    assert checked > 80
    assert worst < 1e-6
