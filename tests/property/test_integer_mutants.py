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

from firstspike.testing import CELLS, random_network, random_samples

SOURCE = Path(reference.__file__).read_text()

STEP, RAMP, LIF, RAMP2, TABLE2 = CELLS

MUTANTS = {
    "compare with > instead of >=": (
        "U[index][j] >= layer.thresholds[j]:",
        "U[index][j] > layer.thresholds[j]:",
        CELLS[:3],
    ),
    "round the membrane down": (
        "layer.c * I[index][j] + half)",
        "layer.c * I[index][j])",
        [LIF],
    ),
    "round the current down": (
        "(layer.es * I[index][j] + half)",
        "(layer.es * I[index][j])",
        [LIF],
    ),
    "forget the guard bits": ("+= w << layer.G", "+= w", [LIF]),
    "let neurons fire again": ("if fired[index][j]:", "if False:", CELLS[:3]),
    "swap the decays": ("= p.decay_mem, p.decay_syn", "= p.decay_syn, p.decay_mem", [LIF]),
    "delay spikes by a tick": (
        "            arriving = spiking",
        "            old = vars(layer).pop('held', [])\n"
        "            arriving = spiking if layer is layers[-1] else old\n"
        "            layer.held = spiking",
        CELLS[:3],
    ),
    "advance a ramp before its arrivals": (
        "U[index][j] += I[index][j]",
        "U[index][j] += vars(layer).get(j, 0); vars(layer)[j] = I[index][j]",
        [RAMP],
    ),
    "let a step arrive twice": ("U[index][target] += w\n", "U[index][target] += 2 * w\n", [STEP]),
    "let a ramp arrive at the membrane": (
        "                        I[index][target] += w\n",
        "                        U[index][target] += w\n",
        [RAMP],
    ),
    "break ties by the higher index": ("min(j for", "max(j for", CELLS),
    "break ties without the margin": ("if margin == best)", "if True)", CELLS),
    "call single winners ties": ("len(now) > 1", "len(now) > 0", CELLS),
    "decide silence by the membrane alone": ("[u - t for", "[u for", CELLS[:3]),
    "stop one tick late": (
        "        if decided and early_exit:\n            break\n    if not",
        "        if decided and k > result.tick:\n            break\n    if not",
        CELLS[:3],
    ),
    "skip weights of zero": (
        "result.synaptic_adds[index] += 1\n                    if",
        "result.synaptic_adds[index] += w != 0\n                    if",
        CELLS[:3],
    ),
    "count a two-phase ramp from the next tick": ("return T - k\n", "return T - k - 1\n", [RAMP2]),
    "lose the last octave of a table": ("Q = (T - 1) // m", "Q = T // m", [TABLE2]),
    "take the next mantissa": ("layer.mantissas[k % m]", "layer.mantissas[(k + 1) % m]", [TABLE2]),
    "let a falling threshold fall early": (
        "(T - k) * layer.step",
        "(T - k - 1) * layer.step",
        [RAMP2, TABLE2],
    ),
    "read a threshold table a tick late": (
        "else layer.thresholds[k]",
        "else layer.thresholds[max(k - 1, 0)]",
        [RAMP2, TABLE2],
    ),
    "forget the bias": ("U = list(layer.bias)", "U = [0] * layer.n", [RAMP2, TABLE2]),
    "compare a window with >": ("U[j] >= theta(", "U[j] > theta(", [RAMP2, TABLE2]),
    "fire again within a window": ("if not fired[j] and", "if", [RAMP2, TABLE2]),
    "run past a two-phase decision": (
        "                if decided and early_exit:\n                    break",
        "                if decided and k > result.tick:\n                    break",
        [RAMP2, TABLE2],
    ),
    "lose a window": ("result.ticks_run += T\n", "result.ticks_run = T\n", [RAMP2, TABLE2]),
    "take the last of equal potentials": (
        "U.index(max(U)), max(U)",
        "len(U) - 1 - U[::-1].index(max(U)), max(U)",
        [RAMP2, TABLE2],
    ),
    "overlook equal potentials": ("U.count(max(U)) > 1", "U.count(max(U)) > 2", [RAMP2, TABLE2]),
    "call a potential silent when it is low": (
        "result.silent = len(arriving) == 0",
        "result.silent = max(U) <= 0",
        [RAMP2, TABLE2],
    ),
}


def mutant(old, new):
    assert SOURCE.count(old) == 1, f"{old!r} must name one place"
    module = ModuleType("mutant")
    sys.modules["mutant"] = module  # dataclasses look their module up
    exec(compile(SOURCE.replace(old, new), "mutant", "exec"), module.__dict__)
    return module


def differs(module, cell, seed, early_exit):
    """Whether one random network behaves differently under a (mutated) reference."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 9, rng.integers(2, 4)).tolist()
    program, schedule = cell
    network = random_network(rng, program=program, schedule=schedule, sizes=sizes, ticks=12)
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
    *change, cells = MUTANTS[name]
    module = mutant(*change)
    for cell in cells:
        assert any(differs(module, cell, seed, early_exit=True) for seed in range(300)), cell


@pytest.mark.parametrize("cell", CELLS)
def test_the_unchanged_reference_is_not_a_mutant(cell):
    module = mutant("# 1. arrivals", "# unchanged")
    assert not any(differs(module, cell, seed, early_exit=True) for seed in range(100))
