"""`firstspike doctor` tells present from missing tools."""

import json

import pytest
from click.testing import CliRunner

from firstspike.cli import main
from firstspike.cli.group import Exit


def fake(folder, name, says="fake 1.2"):
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)


@pytest.fixture
def empty_path(tmp_path, monkeypatch):
    """A PATH with nothing but a shell on it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(folder))
    for name in ("FIRSTSPIKE_DATA", "CXX"):
        monkeypatch.delenv(name, raising=False)
    return folder


def report(*args):
    result = CliRunner().invoke(main, ["doctor", "--json", *args])
    return result.exit_code, {tool["name"]: tool for tool in json.loads(result.stdout)["tools"]}


def test_present_tools_are_found_with_their_version(empty_path):
    for name in ("c++", "iverilog", "verilator"):
        fake(empty_path, name, f"{name} 9.9")
    code, tools = report()
    assert code == Exit.OK
    assert tools["Verilator"]["found"] == "verilator 9.9"
    assert tools["Icarus Verilog"]["remedy"] is None


def test_missing_tools_come_with_a_remedy(empty_path):
    code, tools = report()
    optional = tools["Icarus Verilog"]
    assert optional["found"] is None
    assert "iverilog" in optional["remedy"]
    compiler = tools["C++ compiler"]
    assert (code == Exit.OK) == (compiler["found"] is not None)  # ziglang may be installed


def test_missing_compiler_is_an_error(empty_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    code, tools = report()
    assert code == Exit.MISSING_TOOL
    assert tools["C++ compiler"]["required"]
    assert "apt install" in tools["C++ compiler"]["remedy"]


def test_the_compiler_is_the_one_that_would_be_used(empty_path, monkeypatch):
    fake(empty_path, "mine", "my compiler 7")
    monkeypatch.setenv("CXX", "mine -O1")
    assert report()[1]["C++ compiler"]["found"] == "my compiler 7"


def test_a_tool_that_does_not_run_is_missing(empty_path):
    (empty_path / "iverilog").write_text("no program")
    (empty_path / "iverilog").chmod(0o755)
    assert report()[1]["Icarus Verilog"]["found"] is None


def test_table_for_people(empty_path, monkeypatch):
    monkeypatch.setenv("FIRSTSPIKE_DATA", "/no/such/folder")
    output = CliRunner().invoke(main, ["doctor"]).output
    assert "To get Verilator: " in output
    assert "which is no folder" in output


def test_remedies_are_told_to_the_letter(empty_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    _, tools = report()
    shown = CliRunner().invoke(main, ["doctor"]).stdout
    remedies = [tool["remedy"] for tool in tools.values() if tool["remedy"]]
    assert any("[" in remedy for remedy in remedies)
    assert all(remedy in shown for remedy in remedies)
