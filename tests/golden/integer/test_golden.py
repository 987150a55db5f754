"""Files written by earlier versions keep their meaning."""

import importlib.util
import json
from pathlib import Path

import pytest
import reference_integer as reference

import firstspike as fs

HERE = Path(__file__).parent


def regenerate():
    spec = importlib.util.spec_from_file_location("regenerate", HERE / "regenerate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


golden = regenerate()
each = pytest.mark.parametrize("name", golden.GOLDEN)


@each
def test_the_golden_network_still_does_the_same(name):
    network = fs.IntegerNetwork.load(HERE / f"{name}.safetensors")
    expected = json.loads(golden.path_of(name).read_text())
    batch = fs.TickBatch(*expected["inputs"], network.n_sources)
    assert golden.outcome(network, batch) == expected
    assert {type(layer.connectivity) for layer in network.layers} == {fs.Dense, fs.SynapseLists}
    version = 1 if name == "network" else 2
    assert network.meta == {"note": f"golden, version {version}"}


@each
def test_the_golden_outcome_is_lively_and_what_the_reference_says(name):
    network = fs.IntegerNetwork.load(HERE / f"{name}.safetensors")
    expected = json.loads(golden.path_of(name).read_text())
    batch = fs.TickBatch(*expected["inputs"], network.n_sources)
    layers = reference.read(network)
    for s in range(batch.n_samples):
        inputs = list(zip(*(part.tolist() for part in batch.sample(s)), strict=True))
        run = reference.run(layers, network.ticks, inputs, early_exit=False)
        found = (run.decision, run.tick, run.margin, run.tie, run.silent)
        assert list(found) == [values[s] for values in expected["run"].values()]
    assert len(set(expected["run"]["decisions"])) > 1
    assert 0 < sum(expected["run"]["silent"]) < batch.n_samples
    assert expected["counters"]["spikes"][0] > 10


@each
def test_the_golden_network_is_written_byte_for_byte(tmp_path, name):
    path = HERE / f"{name}.safetensors"
    fs.IntegerNetwork.load(path).save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()
