"""verify(): random cores equal the integer simulator and the cycle model; wrong cores do not."""

import importlib
import shutil

import numpy as np
import pytest

from firstspike import TickBatch, hdl
from firstspike.errors import DataNotFoundError, DomainError, ShapeError, ToolError
from firstspike.testing import random_network, random_samples

verify_module = importlib.import_module("firstspike.hdl.verify")  # the function has its name
needs_compiler = pytest.mark.skipif(
    not any(map(shutil.which, ("c++", "g++", "clang++"))),
    reason="no C++ compiler: install one, or pip install firstspike[cosim]",
)


@pytest.fixture(autouse=True, scope="module")
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRSTSPIKE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A generated core of 6-7-4 with samples that tie, stay silent and prune."""
    rng = np.random.default_rng(11)
    network = random_network(rng, sizes=[6, 7, 4], ticks=14, weight_bits=4)
    bundle = hdl.generate(network, tmp_path_factory.mktemp("small") / "core", lanes=3)
    return bundle, random_samples(rng, network, 60)


@needs_compiler
@pytest.mark.parametrize("seed", [0, 2, 4])
def test_random_cores_equal_the_simulator_and_the_cycle_model(seed, tmp_path):
    rng = np.random.default_rng(100 + seed)
    network = random_network(rng)
    lanes, sweep = 1 + seed % 5, [None, 1, 2, 3, 4][seed % 5]
    bundle = hdl.generate(network, tmp_path / "core", lanes=lanes, sweep=sweep)
    samples = random_samples(rng, network, 60)
    report = hdl.verify(bundle.path, samples, thresholds=2 + seed, threads=2)
    assert report.passed, report.findings
    assert report.samples == 60
    assert report.clock_cycles > 60


@needs_compiler
@pytest.mark.parametrize("mutant", ["weight", "compare", "prune"])
def test_a_wrong_core_is_caught(small, mutant):
    bundle, samples = small
    assert hdl.verify(bundle.path, samples, thresholds=3).passed
    report = hdl.verify(bundle.path, samples, thresholds=3, mutate=mutant)
    assert not report.passed
    assert report.mismatches
    assert report.findings


@needs_compiler
def test_dropping_weights_of_zero_saves_cycles_and_changes_nothing(tmp_path):
    rng = np.random.default_rng(5)
    network = random_network(rng, sizes=[12, 9, 4], ticks=14, weight_bits=2, density=1.0)
    samples = random_samples(rng, network, 60)
    bundle = hdl.generate(network, tmp_path / "core", lanes=3)
    report = hdl.verify(bundle.path, samples, thresholds=1, labels=np.zeros(60))
    assert report.passed, report.findings
    assert 0 < report.synapses_live < report.synapses_total
    assert report.cycles_after < report.cycles_before
    assert report.accuracy_after == report.accuracy_before


@needs_compiler
def test_the_report_does_not_depend_on_threads(small):
    bundle, samples = small
    one, two = (hdl.verify(bundle.path, samples, threads=n) for n in (1, 2))
    assert (one.cycles_before, one.cycles_after) == (two.cycles_before, two.cycles_after)
    assert one.passed
    assert two.passed


@needs_compiler
def test_copies_side_by_side_give_the_same_report(small, monkeypatch):
    bundle, samples = small
    one = hdl.verify(bundle.path, samples, thresholds=3, threads=2)
    compile_core = verify_module.compile_core

    def side_by_side(rtlil, plan, *, wide=False):
        assert wide, "the copies did not compile"
        return compile_core(rtlil, plan, wide=wide)

    monkeypatch.setattr(verify_module, "WIDE_SAMPLES", 1)
    monkeypatch.setattr(verify_module, "compile_core", side_by_side)
    many = hdl.verify(bundle.path, samples, thresholds=3, threads=2)
    assert many.passed, many.findings
    assert (many.cycles_before, many.cycles_after) == (one.cycles_before, one.cycles_after)
    assert (many.synapses_live, many.passes) == (one.synapses_live, one.passes)
    assert many.notes == ()
    wrong = hdl.verify(bundle.path, samples, thresholds=3, threads=2, mutate="prune")
    assert not wrong.passed


@needs_compiler
def test_a_compiler_without_wide_vectors_is_told_and_does(small, tmp_path, monkeypatch):
    bundle, samples = small
    poor = tmp_path / "compiler"
    real = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    refusal = 'echo "x.cpp: error: no such vectors" >&2; exit 1'
    script = f'case "$*" in *-march=native*) {refusal};; esac\nexec {real} "$@"\n'
    poor.write_text(f"#!/bin/sh\n{script}")
    poor.chmod(0o755)
    monkeypatch.setenv("CXX", str(poor))
    assert hdl.verify(bundle.path, samples).notes == ()
    monkeypatch.setattr(verify_module, "WIDE_SAMPLES", 1)
    report = hdl.verify(bundle.path, samples)
    assert report.passed
    assert len(report.notes) == 1
    assert "one copy of the core ran at a time" in report.notes[0]
    assert "(x.cpp: error: no such vectors)" in report.notes[0]
    assert report.to_dict()["notes"] == report.notes


@needs_compiler
def test_only_the_first_samples_run_all_passes(small):
    bundle, samples = small
    report = hdl.verify(bundle.path, samples, thresholds=3, most=7)
    assert report.passed
    assert report.samples == 60
    assert [name for name in report.passes if ", 7 samples" in name] == [
        "before pruning, all ticks, 7 samples",
        "before pruning, early exit, stream, 7 samples",
        "before pruning, stalls, 7 samples",
        "after pruning, all ticks, 7 samples",
        "after pruning, all ticks, stream, 7 samples",
        "after pruning, all ticks, stalls, 7 samples",
    ]


def test_bad_input(small, tmp_path, monkeypatch):
    bundle, samples = small
    with pytest.raises(DataNotFoundError, match="hdl generate"):
        hdl.verify(tmp_path)
    with pytest.raises(DomainError, match="engine is 'modelsim'"):
        hdl.verify(bundle.path, samples, engine="modelsim")
    with pytest.raises(DomainError, match="most is 0"):
        hdl.verify(bundle.path, samples, most=0)
    with pytest.raises(DomainError, match="mutate is"):
        hdl.verify(bundle.path, samples, mutate="nothing")
    with pytest.raises(ShapeError, match="labels"):
        hdl.verify(bundle.path, samples, labels=[0])
    with pytest.raises(ShapeError, match="thresholds"):
        hdl.verify(bundle.path, samples, thresholds=[1, 2, 3])
    with pytest.raises(DomainError, match="thresholds"):
        hdl.verify(bundle.path, samples, thresholds=-1)
    with pytest.raises(ShapeError):
        hdl.verify(bundle.path, TickBatch([0, 0], [], [], 99))


def test_a_missing_or_failing_compiler_is_named(small, monkeypatch):
    bundle, samples = small
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(ToolError, match="no-such-compiler"):
        hdl.verify(bundle.path, samples, engine="cxxrtl", mutate="compare")
    monkeypatch.setenv("CXX", "false")
    with pytest.raises(ToolError, match="ended with code 1"):
        hdl.verify(bundle.path, samples, engine="cxxrtl", mutate="compare")


def test_missing_simulators_are_named(small, monkeypatch):
    bundle, samples = small
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolError, match="iverilog"):
        hdl.verify(bundle.path, samples, engine="icarus")
