"""The C driver against the hardware, and the page of the registers against their description."""

import ctypes
import queue
import re
import shutil
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest
from bus_tools import AxiManager
from stream_tools import simulate

import firstspike
from firstspike.hdl.bus import AxiCore, core_registers
from firstspike.hdl.bus.core_map import registers_of
from firstspike.hdl.cores.steward import Command
from firstspike.hdl.cores.synapses import synapse_words
from firstspike.hdl.plan import CorePlan
from firstspike.hdl.sw import header, page
from firstspike.testing import random_network, random_samples

SW = Path(firstspike.hdl.__file__).parent / "sw"
ROOT = Path(__file__).resolve().parents[2]
COMPILER = next((cc for cc in ("cc", "gcc", "clang") if shutil.which(cc)), None)
needs_cc = pytest.mark.skipif(COMPILER is None, reason="no C compiler: apt install gcc")

#: Lets the driver reach registers through two functions of the host.
HOST = """
#include <stdint.h>
static uint32_t (*host_read)(uint32_t);
static void (*host_write)(uint32_t, uint32_t);
#define TTFS_READ(address) host_read((uint32_t)(address))
#define TTFS_WRITE(address, value) host_write((uint32_t)(address), value)
#define TTFS_PATIENCE 2000ul
#include "ttfs_driver.c"
void connect(uint32_t (*read)(uint32_t), void (*write)(uint32_t, uint32_t)) {
    host_read = read;
    host_write = write;
}
"""


class Result(ctypes.Structure):
    _fields_ = (
        ("neuron", ctypes.c_uint32),
        ("tick", ctypes.c_uint32),
        ("margin", ctypes.c_int32),
        ("tie", ctypes.c_int),
        ("silent", ctypes.c_int),
        ("refused", ctypes.c_int),
    )


@pytest.fixture(scope="module")
def network():
    return random_network(np.random.default_rng(5), sizes=[5, 6, 3], ticks=7, weight_bits=4)


@pytest.fixture(scope="module")
def plan(network):
    return CorePlan.from_network(network, lanes=2)


@pytest.fixture
def driver(plan, tmp_path):
    """Build the driver with the header of the core, strictly."""
    (tmp_path / "ttfs_core.h").write_text(header(plan))
    for name in ("h", "c"):
        shutil.copyfile(SW / f"driver.{name}", tmp_path / f"ttfs_driver.{name}")
    (tmp_path / "host.c").write_text(HOST)
    flags = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror"]
    for extra in (["-c", "ttfs_driver.c", "-o", "bare.o"], ["-shared", "host.c", "-o", "host.so"]):
        subprocess.run([COMPILER, *flags, "-fPIC", *extra], cwd=tmp_path, check=True)
    return ctypes.CDLL(str(tmp_path / "host.so"))


def run_on(core, driver, job):
    """Run `job`, which calls the driver, in a thread; its accesses move the simulated clock."""
    requests, answers = queue.Queue(), queue.Queue()
    host = AxiManager(core.s_axi)

    def access(*request):
        requests.put(request)
        return answers.get(timeout=60)

    read = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32)(access)
    write = ctypes.CFUNCTYPE(None, ctypes.c_uint32, ctypes.c_uint32)(lambda *r: access(*r) and None)
    driver.connect(read, write)
    thread = threading.Thread(target=lambda: (job(), requests.put(None)), daemon=True)

    async def bus(ctx):
        thread.start()
        while (request := requests.get(timeout=60)) is not None:
            done = await (host.read if len(request) == 1 else host.write)(ctx, *request)
            answers.put(0 if done is None else int(done))
        thread.join()

    simulate(core, bus)


@needs_cc
def test_the_driver_runs_samples_and_prunes(network, plan, driver):
    batch = random_samples(np.random.default_rng(6), network, 3)
    smaller = firstspike.prune(network, threshold=[3, 0], floor=[2, 0])
    seen = []

    def infer(index):
        ticks, sources = batch.sample(index)
        words = []
        for tick in range(network.ticks):
            words += [1 | int(source) << 3 for source in sources[ticks == tick]]
            words.append(2)
        result = Result()
        array = (ctypes.c_uint32 * len(words))(*words)
        status = driver.ttfs_infer(0, array, ctypes.c_size_t(len(words)), ctypes.byref(result))
        return status, *(getattr(result, name) for name, _ in Result._fields_)

    def job():
        seen.append(driver.ttfs_check(0))
        seen.append(driver.ttfs_set(0, 1, 1))
        seen.extend(infer(index) for index in range(3))
        dropped = ctypes.c_uint32()
        seen.append(driver.ttfs_prune(0, 0, 3, 2, ctypes.byref(dropped)))
        seen.append(dropped.value)
        seen.append(infer(2))
        driver.ttfs_reset(0)
        # The streams rest and nobody ends the sample.
        driver.ttfs_set(0, 0, 1)
        seen.append(infer(0)[0])

    run_on(AxiCore(plan), driver, job)
    runs = [network.simulate(batch), smaller.simulate(batch)]

    def want(run, index):
        fields = (run.decisions, run.ticks, run.margins, run.ties, run.silent)
        return 0, *(int(values[index]) for values in fields), 0

    assert seen[:5] == [0, 0, *(want(runs[0], index) for index in range(3))]
    assert seen[5:7] == [0, network.n_synapses - smaller.n_synapses]
    assert seen[7:] == [want(runs[1], 2), 3]


@needs_cc
def test_the_driver_loads_and_locks(network, plan, driver):
    read, weights = (
        Command.READ_SYNAPSE.value,
        synapse_words(plan.layers[1], plan.layers[1].lanes[0]),
    )
    words = (ctypes.c_uint32 * len(weights))(*weights[::-1])
    back = (ctypes.c_uint32 * len(weights))(*weights)
    seen = []

    def job():
        one, count = ctypes.c_uint32(), ctypes.c_size_t(len(weights))
        seen.append(driver.ttfs_load(0, read, 1, 0, 0, words, count))
        seen.append(driver.ttfs_load(0, read, 1, 0, 0, back, count))
        seen.append(driver.ttfs_load(0, read, 1, 0, plan.layers[1].capacity - 1, back, count))
        seen.append(driver.ttfs_load(0, read, 64, 0, 0, back, count))
        seen.append(driver.ttfs_load(0, 8, 0, 0, 0, back, count))
        seen.append(driver.ttfs_prune(0, 0, 0, 0, None))
        seen.append(driver.ttfs_lock(0))
        seen.append(driver.ttfs_load(0, read, 1, 0, 0, words, count))
        seen.append(driver.ttfs_prune(0, 0, 7, 0, ctypes.byref(one)))
        driver.ttfs_reset(0)
        seen.append(driver.ttfs_prune(0, 0, 8, 0, ctypes.byref(one)))
        seen.append(one.value)

    run_on(AxiCore(plan), driver, job)
    assert seen == [0, 0, 4, 4, 4, 0, 0, 4, 4, 0, network.layers[0].n_synapses]


@needs_cc
def test_the_driver_knows_its_own_core(driver):
    other = random_network(np.random.default_rng(7), sizes=[5, 6, 3], ticks=7, weight_bits=4)
    seen = []
    core = AxiCore(CorePlan.from_network(other, lanes=2))
    run_on(core, driver, lambda: seen.append(driver.ttfs_check(0)))
    run_on(core, driver, lambda: seen.append(driver.ttfs_check(4)))
    assert seen == [2, 1]


def test_the_header_names_every_register(plan):
    text = header(plan)
    for register in core_registers(plan).registers:
        found = re.search(rf"#define TTFS_{register.name.upper()}(?:\(n\) \(| )(0x\w+)u", text)
        assert found, register.name
        assert int(found[1], 16) == register.offset


def test_the_page_of_the_registers_is_up_to_date():
    page_of = page(registers_of(layers=1, sources=1, outputs=1, ticks=1, digest="0" * 64))
    told = "python -m firstspike.hdl.sw > docs/spec/register-map.md"
    assert (ROOT / "docs/spec/register-map.md").read_text() == page_of, told
