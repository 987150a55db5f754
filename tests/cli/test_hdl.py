"""`firstspike hdl generate` and `firstspike hdl verify`: exit codes that scripts can rely on."""

import json
from dataclasses import replace

import pytest

import firstspike as fs
from firstspike.cli.group import Exit
from firstspike.hdl import verify
from firstspike.hdl.cosim.mutants import MUTANTS


@pytest.fixture
def core(invoke_json, digits_file, tmp_path):
    """A generated core, and what the command said."""
    folder = tmp_path / "core"
    told = invoke_json("hdl", "generate", digits_file, "--out", folder, "--lanes", "4,2")
    return folder, told


def test_generate_says_what_it_wrote(core, digits_file):
    folder, told = core
    assert [layer["lanes"] for layer in told["layers"]] == [4, 2]
    assert told["network"] == fs.IntegerNetwork.load(digits_file).digest
    assert {"rtl/core.v", "tb/tb.v", "README.md", "network.safetensors"} <= set(told["files"])
    assert all((folder / name).is_file() for name in told["files"])


def test_equal_input_gives_equal_bytes(core, invoke, digits_file, tmp_path):
    folder, told = core
    again = tmp_path / "again"
    shown = invoke("hdl", "generate", digits_file, "--out", again, "--lanes", "4,2").output
    assert "firstspike hdl verify" in shown
    for name in told["files"]:
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_generate_refuses(invoke, digits_file, float_file, tmp_path):
    out = tmp_path / "core"
    for wrong in (("--lanes", "0"), ("--lanes", "1,2,3"), ("--lanes", "x"), ("--sweep", "0")):
        invoke("hdl", "generate", digits_file, "--out", out, *wrong, code=Exit.BAD_INPUT)
    invoke("hdl", "generate", float_file, "--out", out, code=Exit.BAD_INPUT)
    assert not out.exists()
    (out / "mine").mkdir(parents=True)
    wrong = invoke("hdl", "generate", digits_file, "--out", out, code=Exit.BAD_INPUT)
    assert "not a generated core" in wrong.stderr
    assert (out / "mine").is_dir()


def test_verify_proves_the_test_split(core, invoke_json):
    folder, _ = core
    told = invoke_json("hdl", "verify", folder, "--samples", 30, "--prune-threshold", "3,2")
    assert told["passed"]
    assert told["mismatches"] == 0
    assert told["samples"] == 30
    assert told["synapses_live"] < told["synapses_total"]


def test_verify_tells_people(core, invoke):
    folder, _ = core
    shown = invoke("hdl", "verify", folder, "--samples", 3).output
    assert "equal: 3 samples" in shown
    assert "cycles per inference" in shown


def test_verify_without_notes_takes_random_samples(invoke, invoke_json, bare_file, tmp_path):
    folder = tmp_path / "bare"
    invoke("hdl", "generate", bare_file, "--out", folder, "--lanes", "4,2")
    told = invoke_json("hdl", "verify", folder)
    assert told["passed"]
    assert told["accuracy_before"] is None


def test_a_wrong_core_exits_with_1(core, invoke, monkeypatch):
    folder, _ = core

    def wrong(*arguments, **options):
        return verify(*arguments, **(options | {"mutate": "compare"}))

    monkeypatch.setattr("firstspike.cli.hdl_verify.verify_core", wrong)
    result = invoke("hdl", "verify", folder, "--samples", 30, "--json", code=Exit.MISMATCH)
    assert not json.loads(result.stdout)["passed"]
    assert "expected" in result.stderr


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_check_of_the_check(core, invoke, invoke_json, mutant):
    folder, _ = core
    told = invoke_json("hdl", "verify", folder, "--samples", 30, "--mutate", mutant)
    assert told["mutant"] == mutant
    assert told["caught"]
    assert not told["passed"]
    shown = invoke("hdl", "verify", folder, "--samples", 30, "--mutate", mutant)
    assert f"wrong {mutant} noticed: 30 samples" in shown.stdout


def test_a_check_that_notices_nothing_exits_with_1(core, invoke, monkeypatch):
    folder, _ = core

    def blind(*arguments, **options):
        return verify(*arguments, **(options | {"mutate": None}))

    monkeypatch.setattr("firstspike.cli.hdl_verify.verify_core", blind)
    arguments = ("hdl", "verify", folder, "--samples", 3, "--mutate", "weight")
    result = invoke(*arguments, code=Exit.MISMATCH)
    assert "wrong weight NOT notic" in result.stdout


def test_only_the_compiled_model_can_be_wrong_on_purpose(core, invoke):
    folder, _ = core
    arguments = ("hdl", "verify", folder, "--engine", "icarus", "--mutate", "weight")
    assert "expected 'cxxrtl'" in invoke(*arguments, code=Exit.BAD_INPUT).stderr


def test_what_made_a_proof_slower_is_told(core, invoke, monkeypatch):
    folder, _ = core

    def slower(*arguments, **options):
        return replace(verify(*arguments, **options), notes=("one copy ran",))

    monkeypatch.setattr("firstspike.cli.hdl_verify.verify_core", slower)
    result = invoke("hdl", "verify", folder, "--samples", 30, "--json")
    assert json.loads(result.stdout)["notes"] == ["one copy ran"]
    assert result.stderr.splitlines() == ["note: one copy ran"]


def test_a_tampered_core_is_bad_input(core, invoke):
    folder, _ = core
    text = (folder / "rtl" / "core.v").read_text()
    (folder / "rtl" / "core.v").write_text(text.replace("<=", "< =", 1))
    wrong = invoke("hdl", "verify", folder, code=Exit.BAD_INPUT)
    assert "core.v is not the file that was generated" in wrong.stderr
    wrong = invoke("hdl", "verify", folder.parent / "nothing", code=Exit.BAD_INPUT)
    assert "firstspike hdl generate" in wrong.stderr


@pytest.mark.parametrize(("engine", "name"), [("verilator", "Verilator"), ("icarus", "Icarus")])
def test_a_missing_simulator_is_a_missing_tool(core, invoke, monkeypatch, tmp_path, engine, name):
    folder, _ = core
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda *args: None)
    wrong = invoke("hdl", "verify", folder, "--engine", engine, code=Exit.MISSING_TOOL)
    assert f"{name}" in wrong.stderr
    assert "get it with" in wrong.stderr
