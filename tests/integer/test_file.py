"""The network file: round trips, stable bytes, and refusal of everything foreign or broken."""

import json

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

import firstspike as fs
from firstspike import _files
from firstspike.errors import FormatError
from firstspike.testing import CELLS, random_network


@pytest.fixture
def network():
    return random_network(np.random.default_rng(0), sizes=[4, 3, 2], ticks=8, density=0.5)


@pytest.fixture
def path(tmp_path, network):
    path = tmp_path / "network.safetensors"
    network.save(path)
    return path


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32), cell=st.sampled_from(CELLS))
def test_round_trip(tmp_path_factory, seed, cell):
    network = random_network(np.random.default_rng(seed), program=cell[0], schedule=cell[1])
    path = tmp_path_factory.getbasetemp() / "round-trip.safetensors"
    network.save(path)
    again = fs.IntegerNetwork.load(path)
    assert again == network
    assert again.digest == network.digest
    content = path.read_bytes()
    again.save(path)
    assert path.read_bytes() == content


def test_meta_is_kept_and_takes_no_part_in_the_digest(path, network):
    noted = fs.IntegerNetwork(
        layers=network.layers,
        ticks=network.ticks,
        tick_seconds=network.tick_seconds,
        meta={"trained": {"on": "digits", "epochs": [1, 2.5, None]}},
    )
    noted.save(path)
    assert fs.IntegerNetwork.load(path).meta == noted.meta
    assert noted.digest == network.digest
    assert noted != network


def test_every_truncation_is_refused(path):
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(FormatError):
            fs.IntegerNetwork.load(path)


def test_trailing_bytes_are_refused(path):
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(FormatError):
        fs.IntegerNetwork.load(path)


@pytest.mark.parametrize("size", [0, 1, 2**20, 2**40, 2**63 - 1, 2**64 - 1])
def test_hostile_header_sizes_are_refused(path, size):
    path.write_bytes(size.to_bytes(8, "little") + path.read_bytes()[8:])
    with pytest.raises(FormatError):
        fs.IntegerNetwork.load(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip file", b"{}", bytes(64)])
def test_foreign_files_are_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(FormatError, match="not a usable integer network"):
        fs.IntegerNetwork.load(path)


def test_a_foreign_safetensors_file_is_refused(path):
    safetensors.numpy.save_file({"weight": np.zeros((2, 2), np.float32)}, path)
    with pytest.raises(FormatError, match="F32"):
        fs.IntegerNetwork.load(path)
    safetensors.numpy.save_file({"weight": np.zeros((2, 2), np.int8)}, path)
    with pytest.raises(FormatError, match="firstspike"):
        fs.IntegerNetwork.load(path)


def test_an_absent_file_says_so(tmp_path):
    with pytest.raises(FileNotFoundError):
        fs.IntegerNetwork.load(tmp_path / "absent")


def rewrite(path, change):
    """Apply `change(header, tensors)` to a file and write it back."""
    with safetensors.safe_open(path, framework="numpy") as file:
        header = json.loads(file.metadata()["firstspike"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    change(header, tensors)
    safetensors.numpy.save_file(tensors, path, {"firstspike": json.dumps(header)})


def entry(*keys, value):
    """Return a change that sets one entry of the header."""

    def change(header, tensors):
        for key in keys[:-1]:
            header = header[key]
        header[keys[-1]] = value

    return change


def without(*keys):
    def change(header, tensors):
        for key in keys[:-1]:
            header = header[key]
        del header[keys[-1]]

    return change


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (entry("format", value="other"), "format"),
        (entry("version", value=3), "newer"),
        (entry("version", value=True), "version"),
        (entry("version", value=0), "version"),
        (entry("surprise", value=1), "surprise"),
        (without("meta"), "meta"),
        (without("layers", 0, "scale"), "scale"),
        (entry("layers", value={}), "list"),
        (entry("layers", value=[]), "tensors|layer"),
        (entry("layers", 0, value=3), "layer 0"),
        (entry("meta", value=[]), "object"),
        (entry("ticks", value=0), "ticks"),
        (entry("ticks", value=1.5), "ticks"),
        (entry("ticks", value=True), "ticks"),
        (entry("ticks", value=10**30), "ticks"),
        (entry("tick_seconds", value=float("nan")), "tick_seconds"),
        (entry("tick_seconds", value="1"), "tick_seconds"),
        (entry("tick_seconds", value=10**400), "tick_seconds"),
        (entry("tick_seconds", value=-1), "tick_seconds"),
        (entry("readout", "type", value="potential"), "readout"),
        (entry("readout", "type", value="vote"), "readout"),
        (entry("readout", value=None), "readout"),
        (entry("layers", 0, "n_sources", value=5), "header says"),
        (entry("layers", 1, "n_targets", value=10**12), "layer 1"),
        (entry("layers", 0, "weight_bits", value=20), "weight_bits"),
        (entry("layers", 0, "scale", value=0), "scale"),
        (entry("layers", 0, "connectivity", "type", value="conv2d"), "conv2d"),
        (entry("layers", 0, "connectivity", value="dense"), "connectivity"),
        (entry("layers", 0, "connectivity", "stride", value=2), "stride"),
        (entry("layers", 0, "program", "type", value="ramp"), "program has the keys"),
        (entry("layers", 0, "program", "type", value="sigmoid"), "sigmoid"),
        (entry("layers", 0, "program", "shift", value=0), "shift"),
        (entry("layers", 0, "program", "decay_mem", value=1e5), "decay_mem"),
        (entry("layers", 0, "schedule", "type", value="two_phase"), "bias is missing"),
        (entry("version", value=2), "the version of its layers is 1"),
        (entry("layers", 0, "threshold", "type", value="ramp"), "step"),
        (entry("layers", 0, "threshold", "type", value="none"), "threshold none"),
    ],
)
def test_edited_headers_are_refused(path, change, text):
    rewrite(path, change)
    with pytest.raises(FormatError, match=text):
        fs.IntegerNetwork.load(path)


def tensor(name, value):
    return lambda header, tensors: tensors.__setitem__(f"layers.0.{name}", np.array(value))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda header, tensors: tensors.pop("layers.0.weights"), "missing"),
        (lambda header, tensors: tensors.pop("layers.1.thresholds"), "missing"),
        (tensor("surprise", [1]), "unexpected tensors"),
        (tensor("weights", np.zeros(3, np.int64)), "int64"),
        (tensor("weights", np.zeros((1, 1), np.int8)), "dimensions"),
        (tensor("thresholds", np.array([1, 1, 0])), "thresholds"),
        (tensor("thresholds", np.array([1, 1])), "thresholds"),
        (tensor("offsets", np.array([0, 99, 99, 99, 99])), "offsets"),
        (tensor("offsets", np.array([0, 0, 0])), "offsets"),
        (lambda header, tensors: tensors["layers.0.targets"].fill(1), "targets"),
        (lambda header, tensors: tensors["layers.0.targets"].fill(77), "targets"),
        (lambda header, tensors: tensors["layers.0.weights"].fill(-128), "weights"),
    ],
)
def test_edited_tensors_are_refused(path, change, text):
    rewrite(path, change)
    with pytest.raises(FormatError, match=text):
        fs.IntegerNetwork.load(path)


@pytest.fixture
def tables(tmp_path):
    """The file of a two-phase network of tables and its path."""
    layers = [
        fs.IntegerLayer(
            connectivity=fs.Dense([[3, -1], [2, 2]]),
            program=fs.TableProgram([4, 3]),
            threshold=threshold,
            schedule=fs.TwoPhase(),
            bias=[1, -1],
        )
        for threshold in (fs.TableThreshold([9, 7, 5, 3]), fs.RampThreshold(5), fs.NoThreshold())
    ]
    path = tmp_path / "tables.safetensors"
    network = fs.IntegerNetwork(layers=layers, ticks=4, tick_seconds=1e-3, readout=fs.Potential())
    network.save(path)
    assert fs.IntegerNetwork.load(path) == network
    return path


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (entry("version", value=1), "the version of its layers is 2"),
        (entry("ticks", value=5), "thresholds of layer 0 is 4, expected one per tick, that is 5"),
        (entry("readout", "type", value="first_spike"), "threshold of layer 2 is none"),
        (entry("readout", "best", value=1), "readout"),
        (entry("layers", 0, "program", "mantissas", value=[3, 4]), "never increase"),
        (entry("layers", 0, "program", "mantissas", value=[]), "mantissas"),
        (entry("layers", 0, "program", "mantissas", value=[4, 3.0]), "mantissas"),
        (entry("layers", 0, "program", "mantissas", value=4), "a list"),
        (entry("layers", 0, "program", value={"type": "ramp", "slope": 1}), "slope"),
        (entry("layers", 0, "program", value={"type": "step"}), "program step"),
        (entry("layers", 1, "threshold", "step", value=0), "step"),
        (entry("layers", 1, "threshold", "step", value=2**31), "step"),
        (entry("layers", 1, "threshold", "step", value=2**30), "at tick 0"),
        (entry("layers", 1, "threshold", "step", value="5"), "step"),
        (entry("layers", 1, "schedule", "type", value="causal"), "layer 1"),
        (entry("layers", 1, "schedule", "type", value=["two_phase"]), "layer 1"),
        (entry("layers", 2, "threshold", "type", value="const"), "thresholds is missing"),
        (tensor("thresholds", [3, 5, 7, 9]), "never rises"),
        (tensor("thresholds", [9, 7, 5, 0]), "thresholds"),
        (tensor("bias", [1]), "bias"),
        (tensor("bias", [1, 2**40]), "32"),
        (tensor("bias", [[1, 1]]), "dimensions"),
    ],
)
def test_edited_two_phase_files_are_refused(tables, change, text):
    rewrite(tables, change)
    with pytest.raises(FormatError, match=text):
        fs.IntegerNetwork.load(tables)


def test_registers_too_wide_are_refused_in_files_too(path, tmp_path):
    program = fs.LifProgram(decay_mem=2, decay_syn=2, drive=2, shift=1, guard=8)
    layer = fs.IntegerLayer(
        connectivity=fs.Dense(np.full((600, 1), -127)),
        program=program,
        threshold=fs.ConstThreshold([1]),
    )
    fs.IntegerNetwork(layers=[layer], ticks=8, tick_seconds=1.0).save(path)
    rewrite(path, entry("ticks", value=2**16))
    with pytest.raises(FormatError, match="32"):
        fs.IntegerNetwork.load(path)


def test_deeply_nested_headers_are_refused(path):
    nested = {"firstspike": "[" * 100_000}
    safetensors.numpy.save_file({"layers.0.weights": np.zeros(1, np.int8)}, path, nested)
    with pytest.raises(FormatError):
        fs.IntegerNetwork.load(path)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_random_damage_is_refused_or_still_a_network(tmp_path_factory, data):
    network = random_network(np.random.default_rng(1), sizes=[3, 2], density=0.5)
    path = tmp_path_factory.getbasetemp() / "damaged.safetensors"
    network.save(path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        loaded = fs.IntegerNetwork.load(path)
    except FormatError:
        return
    assert loaded.simulate(fs.TickBatch([0, 0], [], [], loaded.n_sources)).n_samples == 1


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file(path, network, monkeypatch, step):
    before = path.read_bytes()

    def fail(*args):
        raise OSError("disk full")

    if step == "fsync":
        monkeypatch.setattr(_files.os, "fsync", fail)
    else:
        monkeypatch.setattr(_files.Path, "replace", fail)
    other = random_network(np.random.default_rng(5))
    with pytest.raises(OSError, match="disk full"):
        other.save(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
