"""`firstspike hdl generate` and `firstspike hdl verify`: exit codes that scripts can rely on."""

import pytest

import firstspike as fs
from firstspike.cli.group import Exit


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
    assert {"core.v", "tb.v", "README.md", "network.safetensors"} <= set(told["files"])
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
