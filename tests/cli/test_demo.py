"""`firstspike demo`: run once as users run it, then looked at from all sides."""

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner

import firstspike as fs
from firstspike.cli import main
from firstspike.cli.group import Exit
from firstspike.hdl import Bundle

KEYS = {
    "float_accuracy", "integer_accuracy", "pruned_accuracy", "synapses_total", "synapses_live",
    "rtl_samples", "rtl_mismatches", "rtl_engine", "cycles_per_inference_before",
    "cycles_per_inference_after", "spikes_per_neuron", "tie_rate", "silent_rate", "seconds",
    "output_dir",
}  # fmt: skip


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Everything on, two threads."""
    out = tmp_path_factory.mktemp("demo")
    result = CliRunner().invoke(main, ["demo", "--json", "--out", str(out), "--threads", "2"])
    assert result.exit_code == Exit.OK, (result.stderr, result.exception)
    return out, json.loads(result.stdout)


def test_keys_and_seconds(demo):
    out, told = demo
    assert set(told) >= KEYS
    assert told["output_dir"] == str(out)
    assert all(seconds >= 0.0 for seconds in told["seconds"].values())
    assert {"train", "quantize", "prune", "generate", "verify"} <= set(told["seconds"])


def test_accuracies(demo):
    _, told = demo
    assert told["float_accuracy"] >= 0.965
    # one seed, 445 samples: the difference has mean 0.3 % and standard deviation 0.7 % over seeds
    assert told["integer_accuracy"] >= told["float_accuracy"] - 0.005
    assert told["pruned_accuracy"] >= told["integer_accuracy"] - 0.005


def test_pruning_pays(demo):
    _, told = demo
    assert told["synapses_live"] <= 0.3 * told["synapses_total"]
    assert told["cycles_per_inference_after"] <= 0.5 * told["cycles_per_inference_before"]


def test_core_is_equal_on_the_whole_test_split(demo):
    _, told = demo
    assert told["rtl_mismatches"] == 0
    assert told["rtl_samples"] == 445
    assert 0.0 < told["spikes_per_neuron"] <= 1.0


def test_figures_are_those_of_the_files(demo):
    out, told = demo
    _, test = fs.datasets.load("digits")
    net = fs.IntegerNetwork.load(out / "pruned.safetensors")
    spikes = fs.encoders.from_description(net.meta["encoder"])(test.inputs)
    run = net.simulate(spikes)
    assert run.accuracy(test.labels) == told["pruned_accuracy"]
    assert run.tie_rate == told["tie_rate"]
    assert net.n_synapses == told["synapses_live"]
    assert Bundle.load(out / "core").network == fs.IntegerNetwork.load(out / "integer.safetensors")
    assert json.loads((out / "result.json").read_text()) == told


class Pictures(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.found.append(dict(attributes)["src"][:22])


def test_report_and_picture(demo):
    out, told = demo
    page = (out / "report.html").read_text()
    pictures = Pictures()
    pictures.feed(page)
    assert pictures.found == ["data:image/png;base64,"]
    assert f"{told['pruned_accuracy']:.1%}" in page
    assert "The core equals the integer simulator on 445 samples" in page
    assert (out / "raster.png").read_bytes().startswith(b"\x89PNG")


@pytest.fixture
def quick(monkeypatch):
    """A recipe that is done in no time and learns next to nothing."""
    from firstspike.train.recipes import recipe

    slow = recipe("digits")
    stages = {
        name: replace(getattr(slow, name), epochs=1) for name in ("float_stage", "integer_stage")
    }
    monkeypatch.setattr("firstspike.cli.demo.recipe", lambda name: replace(slow, **stages))


def test_mismatches_exit_with_1(quick, tmp_path, monkeypatch):
    import functools

    from firstspike import hdl

    wrong = functools.partial(hdl.verify, mutate="compare")
    monkeypatch.setattr(hdl, "verify", wrong)
    command = ["demo", "--out", str(tmp_path), "--rtl-samples", "5"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == Exit.MISMATCH
    assert "differs from the integer simulator" in result.stdout
    assert "differs" in (tmp_path / "report.html").read_text()


def test_same_seed_same_figures(quick, tmp_path):
    told = []
    for threads in ("1", "2"):
        out = tmp_path / threads
        command = ["demo", "--json", "--out", str(out), "--rtl-samples", "5", "--threads", threads]
        result = json.loads(CliRunner().invoke(main, command).stdout)
        told.append({k: v for k, v in result.items() if k not in {"seconds", "output_dir"}})
        told[-1]["float"] = (out / "float.safetensors").read_bytes()
    assert told[0] == told[1]


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(main, ["demo", "--out", str(tmp_path / "file")])
    assert result.exit_code == Exit.BAD_INPUT
