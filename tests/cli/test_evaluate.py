"""`firstspike evaluate`: both kinds of network, the figures of the library."""

import pytest

import firstspike as fs
from firstspike.cli.group import Exit
from firstspike.cli.notes import note_recipe
from firstspike.train import evaluate
from firstspike.train.recipes import recipe


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


def test_a_trial_ends_where_the_recipe_of_the_file_ends_it(invoke_json, tmp_path):
    made = recipe("digits_ramp")
    net = made.network(seed=0)
    for thresholds in net.thresholds:  # so that many neurons fire after the end
        thresholds *= 3
    note_recipe(net, made, 0)
    net.save(tmp_path / "ramp.safetensors")
    told = invoke_json("evaluate", tmp_path / "ramp.safetensors")
    _, test = fs.datasets.load("digits")
    spikes = made.encoder(test.inputs)
    ended, endless = (
        evaluate(net, spikes, test.labels, until=until) for until in (made.float_stage.until, None)
    )
    assert ended.spikes_per_neuron < endless.spikes_per_neuron
    assert told["spikes_per_neuron"] == ended.spikes_per_neuron


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
