"""The C interface of a generated folder, called without the package."""

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from firstspike import hdl, prune
from firstspike.hdl.cycles import planned_cycles
from firstspike.testing import random_network, random_samples

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("verilator", "make", "c++"))),
    reason="needs verilator, make and a C++ compiler: apt install verilator make g++",
)


class Spike(ctypes.Structure):
    _fields_ = (
        ("neuron", ctypes.c_uint32),
        ("tick", ctypes.c_uint32),
        ("margin", ctypes.c_int64),
    )


class Verdict(ctypes.Structure):
    _fields_ = (
        *Spike._fields_,
        ("tie", ctypes.c_uint8),
        ("silent", ctypes.c_uint8),
        ("refused", ctypes.c_uint8),
        ("cycles", ctypes.c_uint64),
    )


class Counters(ctypes.Structure):
    names = ("inferences", "cycles", "added", "skipped", "live", "pruned", "image_valid", "stray")
    _fields_ = tuple((name, ctypes.c_uint32) for name in names)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A core in a folder of its own, its library, and a handle."""
    rng = np.random.default_rng(6)
    network = random_network(rng, sizes=[6, 7, 4], ticks=12, weight_bits=4)
    bundle = hdl.generate(network, tmp_path_factory.mktemp("shim") / "core", lanes=2)
    done = subprocess.run(
        ["make", "shim"], cwd=bundle.path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    build = bundle.path / "build"
    library = ctypes.CDLL(str(build / "libttfs_core.so"))
    library.ttfs_create.restype = ctypes.c_void_p
    here = Path.cwd()
    os.chdir(build)  # where the memory images are
    try:
        core = ctypes.c_void_p(library.ttfs_create())
    finally:
        os.chdir(here)
    yield bundle, random_samples(rng, network, 20), library, core
    library.ttfs_destroy(core)


def run(library, core, batch, sample, *, early_exit):
    ticks, sources = (np.ascontiguousarray(one, np.uint32) for one in batch.sample(sample))
    verdict, spikes, count = Verdict(), (Spike * 8)(), ctypes.c_size_t()
    status = library.ttfs_run_sample(
        core,
        ctypes.c_void_p(ticks.ctypes.data),
        ctypes.c_void_p(sources.ctypes.data),
        ctypes.c_size_t(ticks.size),
        early_exit,
        ctypes.byref(verdict),
        spikes,
        ctypes.c_size_t(8),
        ctypes.byref(count),
    )
    assert status == 0
    return verdict, [(s.tick, s.neuron, s.margin) for s in spikes[: count.value]]


def check(made, network, *, early_exit):
    bundle, batch, library, core = made
    want = network.simulate(batch, early_exit=early_exit, record=True)
    cycles = planned_cycles(network, bundle.plan, batch, early_exit=early_exit)
    for sample in range(batch.n_samples):
        verdict, spikes = run(library, core, batch, sample, early_exit=early_exit)
        got = [getattr(verdict, name) for name, _ in Verdict._fields_]
        expected = [want.decisions, want.ticks, want.margins, want.ties, want.silent]
        assert got == [*(int(one[sample]) for one in expected), 0, cycles[sample]]
        told = want.spikes(-1)
        first, last = told.batch.offsets[sample : sample + 2]
        fields = (told.batch.ticks, told.batch.sources, told.margins)
        listed = zip(*(one[first:last].tolist() for one in fields), strict=True)
        assert sorted(spikes) == sorted(listed)


def test_samples_pruning_and_counters_through_plain_c(made):
    bundle, batch, library, core = made
    network = bundle.network
    check(made, network, early_exit=True)
    check(made, network, early_exit=False)

    dropped = ctypes.c_uint32()
    for layer in range(2):
        assert library.ttfs_prune(core, layer, 3, 0, ctypes.byref(dropped)) == 0
    pruned = prune(network, threshold=3)
    check(made, pruned, early_exit=True)
    counters = Counters()
    assert library.ttfs_read_counters(core, ctypes.byref(counters)) == 0
    assert counters.live == pruned.n_synapses
    assert (counters.inferences, counters.image_valid) == (3 * batch.n_samples, 1)


def test_loaded_words_can_be_read_and_are_refused_until_pruned(made):
    _, batch, library, core = made
    words = [ctypes.c_uint32() for _ in range(2)]
    assert library.ttfs_read(core, 2, 0, 1, 0, ctypes.byref(words[0])) == 0
    assert library.ttfs_load(core, 2, 0, 1, 0, ctypes.byref(words[0]), ctypes.c_size_t(1)) == 0
    assert library.ttfs_read(core, 2, 0, 1, 0, ctypes.byref(words[1])) == 0
    assert words[0].value == words[1].value
    assert run(library, core, batch, 3, early_exit=False)[0].refused
    assert library.ttfs_prune(core, 0, 0, 0, ctypes.byref(words[1])) == 0
    assert not run(library, core, batch, 3, early_exit=False)[0].refused


def test_samples_out_of_order_are_refused(made):
    _, _, library, core = made
    ticks = (ctypes.c_uint32 * 2)(3, 2)
    verdict, count = Verdict(), ctypes.c_size_t()
    none = ctypes.c_size_t(0)
    status = library.ttfs_run_sample(
        core, ticks, ticks, ctypes.c_size_t(2), 0, ctypes.byref(verdict), None, none, count
    )
    assert status == 2
