"""Producers and consumers for Amaranth streams, with random pauses."""

import random

from amaranth.sim import Simulator


class Pauses:
    """Says in which cycles to do nothing."""

    def __init__(self, seed, share):
        self._random = random.Random(seed)
        self._share = share

    def __call__(self):
        return self._random.random() < self._share


async def put(ctx, stream, payload, pause=lambda: False):
    """Offer one payload until it is taken."""
    while pause():
        await ctx.tick()
    ctx.set(stream.payload, payload)
    ctx.set(stream.valid, 1)
    await ctx.tick().until(stream.ready)
    ctx.set(stream.valid, 0)


async def put_all(ctx, stream, payloads, pause=lambda: False):
    """Offer payloads one after the other."""
    for payload in payloads:
        await put(ctx, stream, payload, pause)


async def take(ctx, stream, pause=lambda: False):
    """Take one payload; what is offered during a pause must stay as it is."""
    offered = None
    while True:
        ready = not pause()
        ctx.set(stream.ready, ready)
        _, _, valid, payload = await ctx.tick().sample(stream.valid, stream.payload)
        if offered is not None:
            assert valid, "an offer was withdrawn"
            assert payload == offered, "an offer was changed"
        if valid and ready:
            ctx.set(stream.ready, 0)
            return payload
        offered = payload if valid else None


def simulate(dut, *testbenches, background=()):
    """Run testbenches to their end; those in the background may go on for ever."""
    sim = Simulator(dut)
    sim.add_clock(1e-8)
    for testbench in testbenches:
        sim.add_testbench(testbench)
    for testbench in background:
        sim.add_testbench(testbench, background=True)
    sim.run()
