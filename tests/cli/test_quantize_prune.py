"""`firstspike quantize` and `firstspike prune`: the same as the functions, with notes kept."""

import pytest

import firstspike as fs
from firstspike.cli.group import Exit


def test_quantize_is_the_function(invoke_json, float_file, tmp_path):
    out = tmp_path / "integer.safetensors"
    told = invoke_json(
        "quantize", float_file, "--out", out, "--ticks", 48, "--weight-bits", 5
    )  # fmt: skip
    net = fs.Network.load(float_file)
    expected = fs.quantize(net, ticks=48, t_window=40e-3, weight_bits=5, meta=net.meta)
    saved = fs.IntegerNetwork.load(out)
    assert saved == expected
    assert told["digest"] == expected.digest
    assert told["layers"][0]["membrane_bits"] == expected.widths()[0].membrane_bits
    assert saved.meta["dataset"] == "digits"


def test_quantize_calibrates_and_notes_what_it_is_told(invoke, float_file, tmp_path):
    out = tmp_path / "integer.safetensors"
    encoder = '{"type": "latency", "t_max": 0.01}'
    shown = invoke(
        "quantize", float_file, "--out", out, "--window", 0.03, "--calibrate", 50,
        "--encoder", encoder, "--threads", 1,
    ).output  # fmt: skip
    assert "membrane bits" in shown
    assert fs.IntegerNetwork.load(out).meta["encoder"]["t_max"] == 0.01


def test_quantize_needs_a_window(invoke, tmp_path):
    path = tmp_path / "bare.safetensors"
    fs.Network([fs.LIF(4, 2)], seed=0).save(path)
    out = tmp_path / "out.safetensors"
    assert "--window" in invoke("quantize", path, "--out", out, code=Exit.BAD_INPUT).stderr
    assert not out.exists()


def test_quantize_refuses_integer_networks_and_bad_widths(
    invoke, digits_file, float_file, tmp_path
):
    out = tmp_path / "out.safetensors"
    wrong = invoke("quantize", digits_file, "--out", out, code=Exit.BAD_INPUT)
    assert "firstspike train" in wrong.stderr
    invoke("quantize", float_file, "--out", out, "--weight-bits", 9, code=Exit.BAD_INPUT)
    invoke("quantize", float_file, "--out", out, "--shift", 40, code=Exit.BAD_INPUT)
    assert not out.exists()


@pytest.mark.parametrize(
    ("option", "value", "arguments"),
    [
        ("--threshold", "4", {"threshold": 4}),
        ("--threshold", "4,2", {"threshold": [4, 2]}),
        ("--sparsity", "0.8", {"sparsity": 0.8}),
        ("--sparsity=0.8", "--floor=3,1", {"sparsity": 0.8, "floor": [3, 1]}),
    ],
)
def test_prune_is_the_function(invoke_json, digits_file, tmp_path, option, value, arguments):
    out = tmp_path / "pruned.safetensors"
    told = invoke_json("prune", digits_file, "--out", out, option, value)
    expected = fs.prune(fs.IntegerNetwork.load(digits_file), **arguments)
    assert fs.IntegerNetwork.load(out) == expected
    assert told["synapses_live"] == expected.n_synapses
    assert told["synapses_total"] == 64 * 12 + 12 * 10


def test_prune_within_a_tolerance(invoke, digits_file, tmp_path):
    out = tmp_path / "pruned.safetensors"
    shown = invoke("prune", digits_file, "--out", out, "--tolerance", 0.3).output
    assert "pruned" in shown
    before, after = fs.IntegerNetwork.load(digits_file), fs.IntegerNetwork.load(out)
    assert after.n_synapses < before.n_synapses
    train, _ = fs.datasets.load("digits")
    spikes = fs.encoders.Latency(t_max=20e-3)(train.inputs)
    accuracies = [net.simulate(spikes).accuracy(train.labels) for net in (before, after)]
    assert accuracies[1] >= accuracies[0] - 0.3


def test_prune_refuses_contradictions(invoke, digits_file, float_file, tmp_path):
    out = ("--out", tmp_path / "out.safetensors")
    both = ("--threshold", 3, "--sparsity", 0.5)
    assert "exactly one" in invoke("prune", digits_file, *out, *both, code=Exit.BAD_INPUT).stderr
    invoke("prune", digits_file, *out, "--threshold", "a,b", code=Exit.BAD_INPUT)
    invoke("prune", digits_file, *out, "--threshold", "1,2,3", code=Exit.BAD_INPUT)
    invoke("prune", digits_file, *out, "--sparsity", "1.5", code=Exit.BAD_INPUT)
    assert "quantize" in invoke("prune", float_file, *out, code=Exit.BAD_INPUT).stderr
