"""The folder that generate() leaves behind: complete, reproducible, checked when read back."""

import json
import shutil

import numpy as np
import pytest

from firstspike import SpikeBatch, hdl
from firstspike.errors import DataNotFoundError, DomainError, FormatError, ShapeError
from firstspike.hdl.tb import run_icarus
from firstspike.testing import random_network, random_samples

#: Ports of a core, by version of the manifest.
INPUTS = (
    "i_payload i_valid o_ready spikes_ready commands_payload commands_valid responses_ready "
    "early_exit clk rst"
)
OUTPUTS = (
    "i_ready o_payload o_valid spikes_payload spikes_valid commands_ready responses_payload "
    "responses_valid busy denied locked image_valid stray inferences cycles added skipped "
    "live pruned"
)


@pytest.fixture(scope="module")
def network():
    return random_network(np.random.default_rng(3), sizes=[5, 7, 3], ticks=10, weight_bits=4)


@pytest.fixture
def bundle(network, tmp_path):
    return hdl.generate(network, tmp_path / "core", lanes=2)


def files(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_equal_input_gives_equal_bytes_that_name_no_place(network, bundle, tmp_path):
    samples = random_samples(np.random.default_rng(0), network, 4)
    first = hdl.generate(network, tmp_path / "core", lanes=2, samples=samples)
    second = hdl.generate(network, tmp_path / "elsewhere", lanes=2, samples=samples)
    names = files(first.path)
    assert names == files(second.path)
    for name in names:
        content = (first.path / name).read_bytes()
        assert content == (second.path / name).read_bytes()
        assert str(tmp_path).encode() not in content
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_the_bundle_reads_back_as_what_was_generated(network, bundle):
    loaded = hdl.Bundle.load(bundle.path)
    assert loaded.network == network
    assert loaded.manifest["network"] == network.digest == loaded.plan.digest
    assert [len(layer.lanes) for layer in loaded.plan.layers] == [2, 2]
    assert loaded.manifest["ports"]["clk"] == {"direction": "input", "width": 1}


def test_ports_change_with_the_version_only(bundle):
    """Whoever instantiates a core reads the version: raise it together with this list."""
    ports = bundle.manifest["ports"]
    inputs, outputs = (
        " ".join(name for name, port in ports.items() if port["direction"] == direction)
        for direction in ("input", "output")
    )
    assert (bundle.manifest["version"], inputs, outputs) == (3, INPUTS, OUTPUTS)


def test_every_memory_has_its_image(bundle):
    verilog = (bundle.rtl / "core.v").read_text()
    images = {path.name for path in bundle.rtl.glob("*.mem")}
    named = {word for word in verilog.split('"') if word.endswith(".mem")}
    assert images == named
    assert verilog.count("$readmemh") == 2 * 2 + sum(
        layer.columns for layer in bundle.plan.layers if layer.common_threshold is None
    )


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="no iverilog: apt install iverilog")
def test_the_generated_testbench_passes_and_an_altered_image_fails(network, tmp_path):
    samples = random_samples(np.random.default_rng(1), network, 10)
    bundle = hdl.generate(network, tmp_path / "core", lanes=3, samples=samples, thresholds=3)
    assert run_icarus(bundle.path).passed
    image = bundle.rtl / "layer0_lane0_synapses.mem"
    words = image.read_text().splitlines()
    image.write_text("\n".join([f"{int(words[0], 16) ^ 1:x}", *words[1:]]) + "\n")
    assert not run_icarus(bundle.path).passed


def test_a_file_edited_by_hand_is_found(bundle):
    with (bundle.rtl / "core.v").open("a") as stream:
        stream.write("// tuned\n")
    with pytest.raises(FormatError, match=r"core\.v is not the file that was generated"):
        hdl.Bundle.load(bundle.path)


def test_a_missing_file_is_found(bundle):
    (bundle.path / "tb" / "tb.v").unlink()
    with pytest.raises(FormatError, match=r"tb\.v cannot be read"):
        hdl.Bundle.load(bundle.path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(format="other"), "not the manifest"),
        (lambda m: m.update(version=99), "version 99"),
        (lambda m: m.pop("layers"), "lacks its list"),
        (lambda m: m["files"].update({"../x": "0"}), "plain names"),
        (lambda m: m["files"].update({"/etc/passwd": "0"}), "plain names"),
        (lambda m: m["files"].update({"rtl/../../x": "0"}), "plain names"),
    ],
)
def test_a_foreign_manifest_is_refused(bundle, change, message):
    path = bundle.path / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    with pytest.raises(FormatError, match=message):
        hdl.Bundle.load(bundle.path)
    path.write_text("{")
    with pytest.raises(FormatError, match="not JSON"):
        hdl.Bundle.load(bundle.path)


def test_an_empty_folder_is_no_core(tmp_path):
    with pytest.raises(DataNotFoundError, match="hdl generate"):
        hdl.Bundle.load(tmp_path)


def test_a_folder_with_other_things_is_left_alone(network, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(DomainError, match="not a generated core"):
        hdl.generate(network, tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_bad_arguments_leave_nothing_behind(network, tmp_path):
    for arguments in ({"lanes": 0}, {"lanes": [1]}, {"sweep": 0}):
        with pytest.raises(DomainError):
            hdl.generate(network, tmp_path / "core", **arguments)
    with pytest.raises(ShapeError):
        hdl.generate(network, tmp_path / "core", samples=SpikeBatch([0, 0], [], [], 2))
    assert not (tmp_path / "core").exists()
