"""The readout's rules, with and without early exit, whatever the consumers do."""

import random

import numpy as np
import pytest
from stream_tools import Pauses, put_all, simulate, take

from firstspike.hdl.cores.decision import Decision
from firstspike.hdl.cores.tokens import Kind
from firstspike.hdl.plan import CorePlan
from firstspike.testing import random_network

TICKS, OUTPUTS = 6, 5


@pytest.fixture(scope="module")
def plan():
    network = random_network(np.random.default_rng(0), sizes=[3, OUTPUTS], ticks=TICKS)
    return CorePlan.from_network(network, lanes=2)


def draw(rng, bits):
    """Spikes per tick as (neuron, margin), and the neurons closest to firing at the end."""
    largest = 2 ** (bits - 1) - 1
    neurons = list(range(OUTPUTS))
    rng.shuffle(neurons)
    ticks = [[] for _ in range(TICKS)]
    for neuron in neurons[: rng.choice([0, 0, 1, 2, 5])]:
        ticks[rng.randrange(TICKS)].append((neuron, rng.choice([0, 1, largest])))
    best = [(lane, rng.choice([-1, -2, -largest])) for lane in rng.sample(range(OUTPUTS), 2)]
    return ticks, best


def decide(ticks, best):
    for tick, spikes in enumerate(ticks):
        if spikes:
            margin = max(m for _, m in spikes)
            return min(n for n, m in spikes if m == margin), tick, margin, len(spikes) > 1, False
    margin = max(m for _, m in best)
    return min(n for n, m in best if m == margin), TICKS - 1, margin, False, True


def tokens_of(ticks, best):
    tokens = []
    for spikes in ticks:
        tokens += [{"kind": Kind.SPIKE, "addr": n, "margin": m} for n, m in spikes]
        tokens.append({"kind": Kind.TICK, "addr": 0, "margin": 0})
    tokens += [{"kind": Kind.BEST, "addr": n, "margin": m} for n, m in best]
    return [*tokens, {"kind": Kind.END, "addr": 0, "margin": 0}]


@pytest.mark.parametrize("early_exit", [False, True])
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_rules(plan, early_exit, share):
    rng = random.Random(1)
    samples = [draw(rng, plan.layers[-1].margin_bits) for _ in range(40)]
    assert {decide(*sample)[3:] for sample in samples} == {
        (False, False),
        (True, False),
        (False, True),
    }
    dut = Decision(plan)
    verdicts, observed = [], []

    async def producer(ctx):
        ctx.set(dut.early_exit, early_exit)
        pause = Pauses(2, share)
        for ticks, best in samples:
            tokens = tokens_of(ticks, best)
            if early_exit and any(ticks):  # what the core drops is never offered
                decided = next(tick for tick, spikes in enumerate(ticks) if spikes)
                tokens = tokens_of(ticks[: decided + 1], [])[:-1]
            await put_all(ctx, dut.i, tokens, pause)

    async def consumer(ctx):
        pause = Pauses(3, share)
        verdicts.extend([await take(ctx, dut.o, pause) for _ in samples])

    async def observer(ctx):
        pause = Pauses(4, share)
        while True:
            observed.append(await take(ctx, dut.spikes, pause))

    simulate(dut, producer, consumer, background=[observer])
    expected_spikes = []
    for sample, got in zip(samples, verdicts, strict=True):
        neuron, tick, margin, tie, silent = decide(*sample)
        assert (got.neuron, got.tick, got.margin) == (neuron, tick, margin)
        assert (got.tie, got.silent, got.refused) == (tie, silent, 0)
        last = tick if early_exit else TICKS - 1
        expected_spikes += [
            (k, n, m) for k, spikes in enumerate(sample[0]) for n, m in spikes if k <= last
        ]
    assert [(s.tick, s.neuron, s.margin) for s in observed] == expected_spikes
