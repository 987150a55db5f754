"""A small task that every training test shares."""

import numpy as np
import pytest

import firstspike as fs


@pytest.fixture(scope="session")
def task():
    """192 digits, their encoder and 64 held-out ones."""
    data, _ = fs.datasets.load("digits")
    return data[:192], data[192:256], fs.encoders.Latency(t_max=10e-3)


@pytest.fixture
def make_net():
    """A 64-20-10 network, the same one at every call."""

    def make(dtype=np.float32, seed=1):
        return fs.Network([fs.LIF(64, 20), fs.LIF(20, 10)], seed=seed, dtype=dtype)

    return make


@pytest.fixture
def same_bits():
    """Compare two networks bit by bit."""

    def compare(a, b):
        pairs = [*zip(a.weights, b.weights, strict=True)]
        return all(x.tobytes() == y.tobytes() for x, y in pairs)

    return compare
