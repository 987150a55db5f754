"""`firstspike simulate`: counts what the simulator counts, and refuses bad files."""

import numpy as np
import pytest

import firstspike as fs
from firstspike.cli.group import Exit


def test_figures_are_those_of_the_simulator(invoke_json, digits_file):
    told = invoke_json("simulate", digits_file, "--samples", 50)
    net = fs.IntegerNetwork.load(digits_file)
    _, test = fs.datasets.load("digits")
    run = net.simulate(fs.encoders.Latency(t_max=20e-3)(test.inputs[:50]))
    assert told["samples"] == 50
    assert told["digest"] == net.digest
    assert told["totals"] == run.counters.totals()
    assert told["tie_rate"] == run.tie_rate
    assert told["ticks_to_decision"] == run.ticks.mean()


def test_writes_every_sample_and_a_picture(invoke, digits_file, tmp_path):
    out, raster = tmp_path / "run.npz", tmp_path / "raster.png"
    shown = invoke("simulate", digits_file, "--full", "--out", out, "--raster", raster).output
    assert "ticks to decision" in shown
    net = fs.IntegerNetwork.load(digits_file)
    _, test = fs.datasets.load("digits")
    run = net.simulate(fs.encoders.Latency(t_max=20e-3)(test.inputs), early_exit=False)
    with np.load(out) as saved:
        np.testing.assert_array_equal(saved["decisions"], run.decisions)
        np.testing.assert_array_equal(saved["ticks"], run.ticks)
    assert raster.read_bytes().startswith(b"\x89PNG")


@pytest.fixture
def events(tmp_path):
    def write(**parts):
        path = tmp_path / "events.npz"
        np.savez(path, **parts)
        return path

    return write


def test_own_events(invoke_json, bare_file, events):
    path = events(offsets=[0, 2], times=[0.0, 1e-3], sources=[3, 60], n_sources=64)
    told = invoke_json("simulate", bare_file, "--events", path)
    assert told["samples"] == 1
    assert told["totals"]["arrivals"][0] <= 2


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"offsets": [0, 2], "times": [1.0, 0.0], "sources": [0, 0], "n_sources": 64}, "sorted"),
        ({"offsets": [0, 1], "times": [np.nan], "sources": [0], "n_sources": 64}, "finite"),
        ({"offsets": [0, 1], "times": [-1.0], "sources": [0], "n_sources": 64}, "at least 0 s"),
        ({"offsets": [0, 1], "times": [0.0], "n_sources": 64}, "sources"),
        ({"offsets": [0, 1], "times": [0.0], "sources": [0], "n_sources": 5}, "5"),
        ({"offsets": [0], "times": [], "sources": [], "n_sources": 64}, "at least one"),
    ],
)
def test_bad_events_are_bad_input(invoke, bare_file, events, parts, says):
    result = invoke("simulate", bare_file, "--events", events(**parts), code=Exit.BAD_INPUT)
    assert says in result.stderr
    assert result.stdout == ""


def test_truncated_events_are_bad_input(invoke, bare_file, events):
    path = events(offsets=[0, 1], times=[0.0], sources=[0], n_sources=64)
    path.write_bytes(path.read_bytes()[:100])
    assert "no file of spikes" in invoke(
        "simulate", bare_file, "--events", path, code=Exit.BAD_INPUT
    ).stderr  # fmt: skip


def test_truncated_and_foreign_networks_are_bad_input(invoke, bare_file, tmp_path):
    short = tmp_path / "short.safetensors"
    short.write_bytes(bare_file.read_bytes()[:-7])
    assert str(short) in invoke("simulate", short, code=Exit.BAD_INPUT).stderr
    foreign = tmp_path / "foreign.bin"
    foreign.write_bytes(b"\xff" * 100)
    assert "not a usable" in invoke("simulate", foreign, code=Exit.BAD_INPUT).stderr
    foreign.write_bytes(b"")
    assert "not a usable" in invoke("simulate", foreign, code=Exit.BAD_INPUT).stderr
    assert "does not exist" in invoke("simulate", tmp_path / "no", code=Exit.BAD_INPUT).stderr


def test_a_float_network_is_the_wrong_kind(invoke, tmp_path):
    path = tmp_path / "float.safetensors"
    fs.Network([fs.LIF(64, 10)], seed=0).save(path)
    assert "run `firstspike quantize` first" in invoke(
        "simulate", path, code=Exit.BAD_INPUT
    ).stderr  # fmt: skip


def test_without_notes_data_and_encoder_must_be_said(invoke, invoke_json, bare_file):
    assert "--data" in invoke("simulate", bare_file, code=Exit.BAD_INPUT).stderr
    said = ("simulate", bare_file, "--data", "digits")
    assert "--encoder" in invoke(*said, code=Exit.BAD_INPUT).stderr
    encoder = '{"type": "latency", "t_max": 0.02}'
    assert invoke_json(*said, "--encoder", encoder)["samples"] == 445
    assert "JSON" in invoke(*said, "--encoder", "{latency", code=Exit.BAD_INPUT).stderr
    wrong = invoke(*said, "--encoder", '{"type": "morse"}', code=Exit.BAD_INPUT)
    assert "latency, linear, bias" in wrong.stderr


def test_data_of_the_wrong_width(invoke, bare_file):
    encoder = '{"type": "linear", "t_max": 0.03}'
    wrong = invoke(
        "simulate", bare_file, "--data", "yin_yang", "--encoder", encoder, code=Exit.BAD_INPUT
    )
    assert "64" in wrong.stderr


def test_sample_out_of_range(invoke, digits_file, tmp_path):
    raster = tmp_path / "raster.png"
    wrong = invoke(
        "simulate", digits_file, "--raster", raster, "--sample", 9999, code=Exit.BAD_INPUT
    )
    assert "445" in wrong.stderr
    assert not raster.exists()
