"""Whatever is wrong with input or machine is told in one line, and nothing is left behind."""

import errno
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import firstspike as fs
from firstspike.cli.group import Exit
from firstspike.hdl.build import tools
from firstspike.testing import random_network


@pytest.fixture(scope="module")
def network():
    return random_network(np.random.default_rng(3), sizes=[4, 3, 2], ticks=6, weight_bits=4)


@pytest.fixture
def file(network, tmp_path):
    network.save(tmp_path / "network.safetensors")
    return tmp_path / "network.safetensors"


@pytest.fixture(scope="module")
def generated(network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated") / "core"
    return fs.hdl.generate(network, folder, lanes=1).path


@pytest.fixture
def core(generated, tmp_path):
    """A copy to spoil."""
    return shutil.copytree(generated, tmp_path / "core")


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--lanes", "auto"), "'auto' with a device or a board"),
        (("--lanes", "auto", "--device", "ecp5-25k", "--sweep", "1"), "without sweep"),
        (("--lanes", "auto,2"), "expected whole numbers with commas between"),
        (("--lanes", "1,2,3"), "expected one number or one per layer (2)"),
        (("--lanes", "-4"), "at least 1"),
        (("--lanes", "2.5"), "expected whole numbers"),
        (("--sweep", "0"), "at least 1"),
        (("--device", "mars"), "ecp5-25k"),
        (("--board", "mars"), "icebreaker"),
        (("--device", "ecp5-25k", "--board", "icebreaker"), "expected one of them"),
    ],
)
def test_choices_that_make_no_core(invoke, file, tmp_path, options, message):
    told = invoke("hdl", "generate", file, "--out", tmp_path / "new", *options, code=Exit.BAD_INPUT)
    assert message in told.stderr
    assert "Traceback" not in told.stderr
    assert not (tmp_path / "new").exists()


def test_a_core_that_does_not_fit(invoke, tmp_path):
    large = random_network(
        np.random.default_rng(1), sizes=[700, 96], ticks=4, weight_bits=8, density=1.0
    )
    large.save(tmp_path / "large.safetensors")
    command = ("hdl", "generate", tmp_path / "large.safetensors", "--out", tmp_path / "new")
    told = invoke(*command, "--lanes", "2", "--board", "icebreaker", code=Exit.BAD_INPUT)
    assert "does not fit the iCE40UP5K" in told.stderr
    assert "too many" in told.stderr
    assert "prune the network" in told.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("size", [0, 7, 100, -1])
def test_a_truncated_network(invoke, file, tmp_path, size):
    file.write_bytes(file.read_bytes()[:size])
    told = invoke("hdl", "generate", file, "--out", tmp_path / "new", code=Exit.BAD_INPUT)
    assert file.name in told.stderr
    assert not (tmp_path / "new").exists()


EDITED = ["rtl/core.v", "network.safetensors", "rtl/layer0_lane0_synapses.mem"]
COMMANDS = [("verify",), ("report", "--seeds", "0"), ("build", "--board", "icebreaker")]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    "name", ["rtl/core.v", "network.safetensors", "rtl/layer0_lane0_synapses.mem"]
)
def test_an_edited_core(invoke, core, command, name):
    content = (core / name).read_bytes()
    (core / name).write_bytes(content[:-1])
    before = files(core)
    told = invoke("hdl", command[0], core, *command[1:], code=Exit.BAD_INPUT)
    assert f"{name} is not the file that was generated" in told.stderr
    assert files(core) == before


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_no_core_at_all(invoke, tmp_path, command):
    told = invoke("hdl", command[0], tmp_path / "none", *command[1:], code=Exit.BAD_INPUT)
    assert "firstspike hdl generate" in told.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_tool_that_is_missing(invoke, core, command, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("FIRSTSPIKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("importlib.util.find_spec", lambda *args: None)
    told = invoke("hdl", command[0], core, *command[1:], code=Exit.MISSING_TOOL)
    assert "pip install" in told.stderr
    assert {path.name for path in core.iterdir()}.isdisjoint({"reports", "build"})


def test_a_compiler_that_fails(invoke, core, monkeypatch, tmp_path):
    monkeypatch.setenv("CXX", f"{sys.executable} -c 'import sys; sys.exit(\"no such header\")'")
    monkeypatch.setenv("FIRSTSPIKE_CACHE", str(tmp_path / "cache"))
    told = invoke("hdl", "verify", core, "--engine", "cxxrtl", code=Exit.MISSING_TOOL)
    assert "ended with code 1: no such header" in told.stderr


@pytest.mark.parametrize("command", COMMANDS[1:], ids=lambda command: command[0])
def test_a_synthesizer_that_fails(invoke, core, command, monkeypatch):
    failing = [sys.executable, "-c", "import sys; sys.exit('ERROR: out of luck')"]
    monkeypatch.setattr(tools, "find_tool", lambda name: failing)
    for place in ("report.measure", "build.bitstream"):
        monkeypatch.setattr(f"firstspike.hdl.{place}.find_tool", lambda name: failing)
    told = invoke("hdl", command[0], core, *command[1:], code=Exit.MISSING_TOOL)
    assert "yosys ended with code 1: ERROR: out of luck" in told.stderr
    assert {path.name for path in core.iterdir()}.isdisjoint({"reports", "build"})


def test_a_place_that_cannot_be_written_to(invoke, file, tmp_path):
    (tmp_path / "thesis").write_text("years of work")
    told = invoke(
        "hdl", "generate", file, "--out", tmp_path / "thesis" / "core", code=Exit.BAD_INPUT
    )
    assert "thesis" in told.stderr
    assert (tmp_path / "thesis").read_text() == "years of work"


def test_a_disk_that_is_full_leaves_the_older_core(invoke, core, file, monkeypatch):
    before = files(core)
    write = Path.write_bytes

    def fill(path, content):
        if path.name == "core.v":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", fill)
    told = invoke("hdl", "generate", file, "--out", core, "--lanes", "2", code=Exit.BAD_INPUT)
    assert "No space left" in told.stderr
    monkeypatch.undo()
    assert files(core) == before
    assert not [path for path in core.parent.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    "options",
    [
        ("report", "--device", "mars"),
        ("report", "--seeds", "-1"),
        ("report", "--compare-lanes", "0"),
        ("report", "--compare-lanes", "4,x"),
        ("report", "--samples", "0"),
        ("build",),
        ("build", "--board", "mars"),
        ("build", "--board", "icebreaker", "--seed", "-1"),
        ("verify", "--engine", "mars"),
        ("verify", "--samples", "0"),
        ("verify", "--threads", "0"),
        ("verify", "--prune-threshold", "1,2,3"),
    ],
    ids=" ".join,
)
def test_wrong_usage(invoke, core, options):
    before = files(core)
    told = invoke("hdl", options[0], core, *options[1:], code=Exit.BAD_INPUT)
    assert "Traceback" not in told.stderr
    assert told.stderr
    assert files(core) == before
