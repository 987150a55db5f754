"""`firstspike evaluate`: both kinds of network, the figures of the library."""

import pytest

import firstspike as fs
from firstspike.cli.group import Exit
from firstspike.train import evaluate


def spikes_and_labels(split):
    data = dict(zip(("train", "test"), fs.datasets.load("digits"), strict=True))[split]
    return fs.encoders.Latency(t_max=20e-3)(data.inputs), data.labels


@pytest.mark.parametrize("split", ["train", "test"])
def test_float(invoke_json, float_file, split):
    told = invoke_json("evaluate", float_file, "--split", split)
    expected = evaluate(fs.Network.load(float_file), *spikes_and_labels(split))
    assert told["accuracy"] == expected.accuracy
    assert told["silent_rate"] == expected.silent_rate
    assert told["data"] == "digits"


def test_integer(invoke_json, digits_file):
    told = invoke_json("evaluate", digits_file)
    spikes, labels = spikes_and_labels("test")
    run = fs.IntegerNetwork.load(digits_file).simulate(spikes)
    assert told["accuracy"] == run.accuracy(labels)
    assert told["tie_rate"] == run.tie_rate
    assert told["seconds_to_decision"] == pytest.approx(run.ticks.mean() * 1e-3)


def test_table_for_people(invoke, digits_file):
    shown = invoke("evaluate", digits_file).output
    assert "time to decision" in shown
    assert "%" in shown


def test_missing_data_says_where_it_looked(invoke, bare_file, tmp_path):
    encoder = '{"type": "latency", "t_max": 0.02}'
    wrong = invoke(
        "evaluate", bare_file, "--data", "mnist", "--root", tmp_path, "--encoder", encoder,
        code=Exit.BAD_INPUT,
    )  # fmt: skip
    assert str(tmp_path) in wrong.stderr
    assert "FIRSTSPIKE_DATA" in wrong.stderr
