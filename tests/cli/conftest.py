"""Small networks in files, and a way to run commands."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import firstspike as fs
from firstspike.cli import main


@pytest.fixture
def invoke():
    """Run the command line; `code` is the expected exit code. Returns the result."""

    def run(*args, code=0):
        result = CliRunner().invoke(main, [str(arg) for arg in args])
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return run


@pytest.fixture
def invoke_json(invoke):
    """Run a command with --json and parse what it prints."""
    return lambda *args, code=0: json.loads(invoke(*args, "--json", code=code).stdout)


def integer_network(seed=0, n_in=64, n_hidden=12, n_out=10, **meta):
    rng = np.random.default_rng(seed)
    layers = [
        fs.IntegerLayer(
            connectivity=fs.Dense(rng.integers(-15, 16, shape)),
            program=fs.LifProgram(245, 200, 28, shift=8, guard=2),
            threshold=fs.ConstThreshold(np.full(shape[1], 40)),
            weight_bits=5,
        )
        for shape in ((n_in, n_hidden), (n_hidden, n_out))
    ]
    return fs.IntegerNetwork(layers=layers, ticks=32, tick_seconds=1e-3, meta=meta)


@pytest.fixture
def digits_file(tmp_path):
    """An untrained integer network for the digits, with encoder and data set noted in the file."""
    encoder = fs.encoders.describe(fs.encoders.Latency(t_max=20e-3))
    path = tmp_path / "integer.safetensors"
    integer_network(dataset="digits", encoder=encoder).save(path)
    return path


@pytest.fixture
def bare_file(tmp_path):
    """A network without any notes."""
    path = tmp_path / "bare.safetensors"
    integer_network().save(path)
    return path


@pytest.fixture
def float_file(tmp_path):
    """An untrained float network for the digits, with its notes."""
    net = fs.Network([fs.LIF(64, 20), fs.LIF(20, 10)], seed=3)
    net.meta["dataset"] = "digits"
    net.meta["encoder"] = fs.encoders.describe(fs.encoders.Latency(t_max=20e-3))
    net.meta["window"] = 40e-3
    path = tmp_path / "float.safetensors"
    net.save(path)
    return path
