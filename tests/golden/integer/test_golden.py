"""Files written by earlier versions keep their meaning."""

import importlib.util
import json
from pathlib import Path

import firstspike as fs

HERE = Path(__file__).parent


def regenerate():
    spec = importlib.util.spec_from_file_location("regenerate", HERE / "regenerate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_golden_network_still_does_the_same(tmp_path):
    network = fs.IntegerNetwork.load(HERE / "network.safetensors")
    expected = json.loads((HERE / "outcome.json").read_text())
    batch = fs.TickBatch(*expected["inputs"], network.n_sources)
    assert regenerate().outcome(network, batch) == expected
    assert {type(layer.connectivity) for layer in network.layers} == {fs.Dense, fs.SynapseLists}
    assert network.meta == {"note": "golden, version 1"}


def test_the_golden_network_is_written_byte_for_byte(tmp_path):
    path = HERE / "network.safetensors"
    fs.IntegerNetwork.load(path).save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()
