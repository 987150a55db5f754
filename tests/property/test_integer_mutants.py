"""The comparison of simulator and reference notices every rule of the specification.

Each mutant changes one rule in the text of the reference; some random network must then tell the
two apart. A comparison that cannot fail would prove nothing.
"""

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import reference_integer as reference

from firstspike.testing import random_network, random_samples

SOURCE = Path(reference.__file__).read_text()

MUTANTS = {
    "compare with > instead of >=": (">= layer.thresholds[j]:", "> layer.thresholds[j]:"),
    "round the membrane down": ("layer.c * I[index][j] + half)", "layer.c * I[index][j])"),
    "round the current down": ("(layer.es * I[index][j] + half)", "(layer.es * I[index][j])"),
    "forget the guard bits": ("+= w << layer.G", "+= w"),
    "let neurons fire again": ("if fired[index][j]:", "if False:"),
    "swap the decays": ("p.decay_mem, p.decay_syn", "p.decay_syn, p.decay_mem"),
    "delay spikes by a tick": (
        "arriving = spiking",
        "arriving = spiking if layer is layers[-1] else layer.__dict__.pop('held', [])\n"
        "            layer.held = spiking",
    ),
    "break ties by the higher index": ("min(j for", "max(j for"),
    "break ties without the margin": ("if margin == best)", "if True)"),
    "call single winners ties": ("len(now) > 1", "len(now) > 0"),
    "decide silence by the membrane alone": ("margins = [u - theta for", "margins = [u for"),
    "stop one tick late": (
        "if decided and early_exit:",
        "if decided and k > result.tick:",
    ),
    "skip weights of zero": (
        "result.synaptic_adds[index] += 1",
        "result.synaptic_adds[index] += w != 0",
    ),
}


def mutant(old, new):
    assert SOURCE.count(old) == 1, f"{old!r} must name one place"
    module = ModuleType("mutant")
    sys.modules["mutant"] = module  # dataclasses look their module up
    exec(compile(SOURCE.replace(old, new), "mutant", "exec"), module.__dict__)
    return module


def differs(module, seed, early_exit):
    """Whether one random network behaves differently under a (mutated) reference."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, sizes=rng.integers(1, 9, rng.integers(2, 4)).tolist(), ticks=12)
    batch = random_samples(rng, network, 6)
    run = network.simulate(batch, early_exit=early_exit, threads=1)
    layers = module.read(network)
    for s in range(batch.n_samples):
        inputs = list(zip(*(part.tolist() for part in batch.sample(s)), strict=True))
        expected = module.run(layers, network.ticks, inputs, early_exit)
        found = (
            int(run.decisions[s]),
            int(run.ticks[s]),
            int(run.margins[s]),
            bool(run.ties[s]),
            bool(run.silent[s]),
            int(run.counters.ticks_run[s]),
            run.counters.synaptic_adds[s].tolist(),
            run.counters.spikes[s].tolist(),
        )
        if found != (
            expected.decision,
            expected.tick,
            expected.margin,
            expected.tie,
            expected.silent,
            expected.ticks_run,
            expected.synaptic_adds,
            [len(spikes) for spikes in expected.spikes],
        ):
            return True
    return False


@pytest.mark.parametrize("name", MUTANTS)
def test_mutants_are_noticed(name):
    module = mutant(*MUTANTS[name])
    assert any(differs(module, seed, early_exit=True) for seed in range(300))


def test_the_unchanged_reference_is_not_a_mutant():
    module = mutant("# 1. arrivals", "# unchanged")
    assert not any(differs(module, seed, early_exit=True) for seed in range(300))
