"""Every neuron program in Icarus Verilog, while both sides of the core pause at random."""

import numpy as np
import pytest
from testbench_tools import emit, icarus

from firstspike import (
    Causal,
    FirstSpike,
    LifProgram,
    Potential,
    RampProgram,
    StepProgram,
    TableProgram,
    TwoPhase,
)
from firstspike.hdl.plan import CorePlan
from firstspike.hdl.tb import Vectors, run_icarus, write_testbench
from firstspike.testing import random_network, random_samples

pytestmark = icarus

PROGRAMS = {
    "step": (StepProgram, Causal, FirstSpike),
    "lif": (LifProgram, Causal, FirstSpike),
    "ramp": (RampProgram, Causal, FirstSpike),
    "two-phase ramp": (RampProgram, TwoPhase, FirstSpike),
    "two-phase table": (TableProgram, TwoPhase, Potential),
}
#: Those that every run of the tests has.
QUICK = ("step", "two-phase ramp")


def drawn(name):
    """Return a small lively network, samples, and a layout with both kinds of banks."""
    program, schedule, readout = PROGRAMS[name]
    options = {"program": program, "schedule": schedule, "readout": readout}
    rng = np.random.default_rng(3)
    while True:
        network = random_network(rng, **options, sizes=[6, 7, 4], ticks=8, weight_bits=4)
        samples = random_samples(rng, network, 8)
        run = network.simulate(samples, early_exit=False, record=True, threads=1)
        if run.spikes(0).batch.n_spikes > 20 and (~run.silent).any():
            break
    plan = CorePlan.from_network(network, lanes=[3, 2], sweep=[2, 2], banks=["list", "dense"])
    return network, samples, plan


def write(name, directory):
    """Write the core and its testbench; return how many samples that runs."""
    network, samples, plan = drawn(name)
    vectors = Vectors.from_network(network, plan, samples, thresholds=2)
    emit(plan, directory)
    write_testbench(directory, plan, vectors)
    return 4 * vectors.samples.n_samples


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in PROGRAMS],
)
def test_pauses_change_nothing_but_time(name, tmp_path, monkeypatch):
    monkeypatch.setenv("AMARANTH_USE_YOSYS", "builtin")
    runs = write(name, tmp_path)
    for stalls in (0, 5):
        report = run_icarus(tmp_path, stalls=stalls)
        assert report.passed, report
        assert report.summary.startswith(f"PASS {runs} samples, ")


def test_a_core_that_does_not_see_a_pause_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setenv("AMARANTH_USE_YOSYS", "builtin")
    write("step", tmp_path)
    bench = tmp_path / "tb.v"
    text = bench.read_text()
    for right, wrong in [
        (".i_valid(token_valid)", ".i_valid(token_valid || !first)"),
        (".o_ready(verdict_ready)", ".o_ready(1'b1)"),
        (".spikes_ready(spike_ready)", ".spikes_ready(1'b1)"),
    ]:
        assert text.count(right) == 1
        bench.write_text(text.replace(right, wrong))
        assert run_icarus(tmp_path).passed
        assert not run_icarus(tmp_path, stalls=5).passed, right
