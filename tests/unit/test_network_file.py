"""Float networks survive their file to the bit, and foreign files are refused."""

import json

import numpy as np
import pytest
import safetensors.numpy

import firstspike as fs
from firstspike.errors import DomainError, FormatError


@pytest.fixture
def net():
    layers = [
        fs.LIF(3, 4, tau_mem=10e-3, tau_syn=4e-3, threshold=0.7, init=fs.Normal(1.0, 0.5)),
        fs.LIF(4, 2, spikes=fs.Many(limit=7)),
    ]
    net = fs.Network(layers, seed=1, dtype=np.float64)
    net.thresholds[1] = [0.9, 1.1]
    net.meta["encoder"] = fs.encoders.describe(fs.encoders.Linear(t_max=30e-3))
    return net


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_round_trip(tmp_path, net, dtype):
    source = fs.Network(net.layers, seed=2, dtype=dtype)
    source.meta.update(net.meta)
    source.save(tmp_path / "net.safetensors")
    loaded = fs.Network.load(tmp_path / "net.safetensors")
    assert loaded.layers == source.layers
    assert loaded.meta == source.meta
    assert loaded.dtype == source.dtype
    for name in ("weights", "thresholds"):
        for ours, theirs in zip(getattr(loaded, name), getattr(source, name), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    loaded.weights[0][...] = 0.0  # a loaded network is as trainable as any
    assert [path.name for path in tmp_path.iterdir()] == ["net.safetensors"]


def test_foreign_initializers_are_left_out(tmp_path):
    class Zero:
        def draw(self, layer, rng):
            return np.zeros((layer.n_in, layer.n_out))

    fs.Network([fs.LIF(2, 2, init=Zero())], seed=0).save(tmp_path / "net")
    assert fs.Network.load(tmp_path / "net").layers == (fs.LIF(2, 2),)


@pytest.mark.parametrize("number", [np.float32(0.25), np.float64(0.25), np.array(0.25)])
def test_numbers_of_numpy_are_numbers(tmp_path, number):
    whole = np.int64(2)
    layers = [
        fs.LIF(whole, whole, number, number, init=fs.Normal(number, number), refractory=number),
        fs.LI(whole, whole, number, number, duration=number),
    ]
    net = fs.Network(layers, seed=0)
    net.meta["encoder"] = fs.encoders.describe(fs.encoders.Latency(t_max=number))
    net.meta["epochs"] = whole
    net.save(tmp_path / "net")
    loaded = fs.Network.load(tmp_path / "net")
    assert loaded.layers == net.layers
    assert loaded.meta["epochs"] == 2
    latency = fs.encoders.from_description(loaded.meta["encoder"])
    assert latency == fs.encoders.Latency(t_max=0.25)


def test_meta_must_be_json(tmp_path, net):
    net.meta["encoder"] = fs.encoders.Linear(t_max=1.0)
    with pytest.raises(DomainError, match="meta"):
        net.save(tmp_path / "net")
    assert list(tmp_path.iterdir()) == []


def rewrite(path, edit):
    """Change the header and tensors of a good file."""
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["firstspike"])
    tensors = safetensors.numpy.load(content)
    edit(header, tensors)
    path.write_bytes(safetensors.numpy.save(tensors, {"firstspike": json.dumps(header)}))


HOSTILE = {
    "format": (lambda h, t: h.update(format="other"), "its format is 'other'"),
    "version": (lambda h, t: h.update(version=99), "its version is 99"),
    "true version": (lambda h, t: h.update(version=True), "its version is True"),
    "no meta": (lambda h, t: h.pop("meta"), "'meta'"),
    "no layers": (lambda h, t: h.update(layers=[]), "expected"),
    "layer": (lambda h, t: h["layers"].__setitem__(0, 3), "layer 0"),
    "tau": (lambda h, t: h["layers"][0].update(tau_mem=-1.0), "tau_mem"),
    "text": (lambda h, t: h["layers"][0].update(tau_mem="long"), "expected a number"),
    "size": (lambda h, t: h["layers"][0].update(n_in=5), "shape"),
    "fractional size": (lambda h, t: h["layers"][0].update(n_in=3.5), "whole number"),
    "huge size": (lambda h, t: h["layers"][0].update(n_in=10**400), "expected a number"),
    "spikes": (lambda h, t: h["layers"][0].update(spikes={"type": "few"}), "once or many"),
    "limit": (lambda h, t: h["layers"][1]["spikes"].update(limit=0), "limit"),
    "no limit": (lambda h, t: h["layers"][1]["spikes"].update(colour=1), "does not fit"),
    "init": (lambda h, t: h["layers"][0].update(init={"type": "zero"}), "fan_in or normal"),
    "missing tensor": (lambda h, t: t.pop("weights.1"), "its tensors are"),
    "extra tensor": (lambda h, t: t.update(more=np.zeros(1)), "its tensors are"),
    "mixed types": (lambda h, t: t.update({"thresholds.1": np.ones(2, np.float32)}), "one type"),
    "integers": (lambda h, t: t.update({"thresholds.1": np.ones(2, np.int64)}), "type I64"),
    "NaN": (lambda h, t: t["weights.0"].__setitem__((0, 0), np.nan), "finite"),
}


@pytest.mark.parametrize("case", list(HOSTILE))
def test_contradictions_are_refused(tmp_path, net, case):
    edit, says = HOSTILE[case]
    path = tmp_path / "net.safetensors"
    net.save(path)
    rewrite(path, edit)
    with pytest.raises(FormatError, match=says) as caught:
        fs.Network.load(path)
    assert str(path) in str(caught.value)


def test_truncated_and_foreign_files_are_refused(tmp_path, net):
    path = tmp_path / "net.safetensors"
    net.save(path)
    content = path.read_bytes()
    for cut in (0, 4, 8, 100, len(content) - 1):
        path.write_bytes(content[:cut])
        with pytest.raises(FormatError, match="not a usable network"):
            fs.Network.load(path)
    for foreign in (b"PK\x03\x04" * 20, b"\xff" * 64, safetensors.numpy.save({"a": np.ones(3)})):
        path.write_bytes(foreign)
        with pytest.raises(FormatError, match=r"written by Network\.save"):
            fs.Network.load(path)
    with pytest.raises(FileNotFoundError):
        fs.Network.load(tmp_path / "nothing")
