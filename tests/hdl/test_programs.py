"""Every neuron program on compiled cores: right, and noticed when wrong."""

import shutil

import numpy as np
import pytest

from firstspike import (
    Causal,
    FirstSpike,
    LifProgram,
    Potential,
    RampProgram,
    StepProgram,
    TableProgram,
    TwoPhase,
    hdl,
    prune,
)
from firstspike.errors import DomainError
from firstspike.testing import random_network, random_samples

pytestmark = pytest.mark.skipif(
    not any(map(shutil.which, ("c++", "g++", "clang++"))),
    reason="no C++ compiler: install one, or pip install firstspike[cosim]",
)

CELLS = {
    "lif": (LifProgram, Causal, FirstSpike),
    "step": (StepProgram, Causal, FirstSpike),
    "causal ramp": (RampProgram, Causal, FirstSpike),
    "two-phase ramp": (RampProgram, TwoPhase, FirstSpike),
    "two-phase ramp, potential": (RampProgram, TwoPhase, Potential),
    "two-phase table, potential": (TableProgram, TwoPhase, Potential),
}
#: Cells whose dense banks are tried in every run, and not only in slow ones.
DENSE = ("lif", "causal ramp", "two-phase table, potential")
BANKS = [
    *((name, "list") for name in CELLS),
    *(
        pytest.param(name, "dense", marks=() if name in DENSE else pytest.mark.slow)
        for name in CELLS
    ),
]


def made(name, folder, banks="list"):
    program, schedule, readout = CELLS[name]
    rng = np.random.default_rng(len(name))
    while True:
        network = random_network(
            rng,
            program=program,
            schedule=schedule,
            readout=readout,
            sizes=[8, 7, 4],
            ticks=6,
            weight_bits=4,
            density=0.9,
        )
        samples = random_samples(rng, network, 40)
        run = network.simulate(samples, threads=1)
        if run.silent_rate < 0.5 and run.counters.spikes[:, 0].mean() > 1:
            folder = folder / "core"
            sweep = 2 if banks == "list" else None
            return hdl.generate(network, folder, lanes=(3, 2), sweep=sweep, banks=banks), samples


@pytest.mark.parametrize(("name", "banks"), BANKS)
def test_the_core_equals_simulator_and_cycle_model(name, banks, tmp_path):
    bundle, samples = made(name, tmp_path, banks)
    report = hdl.verify(bundle.path, samples, thresholds=2, threads=2)
    assert report.passed, report.findings
    # The same logic with other contents: nothing is compiled again.
    for mutant in ("weight", "prune"):
        assert not hdl.verify(
            bundle.path, samples, thresholds=2, threads=2, mutate=mutant, stalls=None
        ).passed


@pytest.mark.slow
@pytest.mark.parametrize("banks", ["list", "dense"])
@pytest.mark.parametrize("name", CELLS)
def test_a_wrong_comparison_is_caught(name, banks, tmp_path):
    bundle, samples = made(name, tmp_path, banks)
    assert not hdl.verify(bundle.path, samples, mutate="compare", stalls=None).passed


def test_what_the_core_has_left_is_what_the_host_prunes(tmp_path):
    bundle, _ = made("two-phase ramp", tmp_path)
    pruned = hdl.prune_on_chip(bundle.path, [2, 3])
    expected = prune(bundle.network, threshold=[2, 3])
    assert pruned.layers == expected.layers
    assert pruned.meta["pruned_with_thresholds"] == [2, 3]
    pruned.save(tmp_path / "pruned.safetensors")
    floored = hdl.prune_on_chip(bundle.path, 8, floors=2)
    for layer, before in zip(floored.layers, bundle.network.layers, strict=True):
        fan_in, had = (
            np.bincount(lists.targets, minlength=layer.n_targets)
            for lists in (layer.connectivity, before.connectivity.to_lists())
        )
        assert np.array_equal(fan_in, np.minimum(had, 2))
    with pytest.raises(DomainError, match="thresholds is 256"):
        hdl.prune_on_chip(bundle.path, 256)
    with pytest.raises(DomainError, match="floors is -1"):
        hdl.prune_on_chip(bundle.path, 1, floors=-1)
