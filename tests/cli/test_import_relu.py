"""A perceptron from elsewhere becomes an integer network that all commands take."""

import warnings

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

import firstspike as fs
from firstspike.cli.group import Exit


@pytest.fixture(scope="module")
def perceptron():
    train, test = fs.datasets.load("digits")
    net = MLPClassifier((24,), max_iter=40, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return net.fit(train.inputs, train.labels), test


@pytest.fixture
def parameters(perceptron, tmp_path):
    net, _ = perceptron
    path = tmp_path / "perceptron.npz"
    arrays = {f"weights_{n}": w for n, w in enumerate(net.coefs_)}
    arrays |= {f"biases_{n}": b for n, b in enumerate(net.intercepts_)}
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("extra", [(), ("--octave", 2)])
def test_import_simulate_prune(invoke, invoke_json, perceptron, parameters, tmp_path, extra):
    net, test = perceptron
    out, pruned = tmp_path / "integer.safetensors", tmp_path / "pruned.safetensors"
    common = ("--data", "digits", "--calibrate", 300, *extra)
    told = invoke_json("import-relu", parameters, "--out", out, *common)
    q = fs.IntegerNetwork.load(out)
    assert told["digest"] == q.digest
    assert isinstance(q.layers[1].program, fs.TableProgram if extra else fs.RampProgram)
    run = q.simulate(fs.encoders.from_description(q.meta["encoder"])(test.inputs))
    expected = float((net.predict(test.inputs) == test.labels).mean())
    assert run.accuracy(test.labels) > expected - 0.02
    results, drawn = tmp_path / "out.npz", tmp_path / "raster.png"
    shown = invoke_json("simulate", out, "--out", results, "--raster", drawn, "--samples", 50)
    assert shown["ticks_to_decision"] == 2 * 15 - 1  # the close of the second window
    assert np.load(results)["decisions"].tolist() == run.decisions[:50].tolist()
    assert drawn.stat().st_size > 1000
    told = invoke_json("evaluate", out)
    assert told["accuracy"] == run.accuracy(test.labels)
    invoke("prune", out, "--out", pruned, "--threshold", 9, "--floor", 4)
    again = fs.IntegerNetwork.load(pruned)
    assert again == fs.prune(q, threshold=9, floor=4)
    assert again.layers[0].connectivity.fan_in().min() >= 4


def test_the_table_of_layers_is_shown(invoke, parameters, tmp_path):
    out = tmp_path / "integer.safetensors"
    options = ("--data", "digits", "--calibrate", 100)
    shown = invoke("import-relu", parameters, "--out", out, *options).output
    assert "membrane bits" in shown


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        ({}, "nothing"),
        ({"weights_0": np.ones((64, 10))}, "weights_0"),
        ({"weights_1": np.ones((64, 10)), "biases_1": np.ones(10)}, "weights_1"),
        ({"weights_0": np.ones((63, 10)), "biases_0": np.ones(10)}, "sources"),
        ({"weights_0": np.full((64, 10), np.nan), "biases_0": np.ones(10)}, "finite"),
    ],
)
def test_other_files_are_refused(invoke, tmp_path, arrays, text):
    path, out = tmp_path / "parameters.npz", tmp_path / "out.safetensors"
    np.savez(path, **arrays)
    result = invoke("import-relu", path, "--out", out, "--data", "digits", code=Exit.BAD_INPUT)
    assert text in result.stderr
    path.write_bytes(b"no archive")
    result = invoke("import-relu", path, "--out", out, "--data", "digits", code=Exit.BAD_INPUT)
    assert "npz" in result.stderr
    assert not out.exists()
