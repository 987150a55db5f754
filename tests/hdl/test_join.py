"""The join: nothing lost, nothing doubled, ends together."""

import itertools
import random

import pytest
from amaranth.hdl import Module
from stream_tools import Pauses, put_all, simulate, take

from firstspike.hdl.cores.join import Join
from firstspike.hdl.cores.tokens import Kind, token

TICK, END = {"kind": Kind.TICK, "addr": 0}, {"kind": Kind.END, "addr": 0}


def spike(addr):
    return {"kind": Kind.SPIKE, "addr": addr}


def joined(layout, lanes):
    """Return a join and a module around it that says what is offered, as emitters do."""
    m = Module()
    m.submodules.join = join = Join(layout, lanes)
    for lane, i in enumerate(join.i):
        closes = (i.p.kind == Kind.TICK) | (i.p.kind == Kind.END)
        m.d.comb += [
            join.offers[lane].eq(i.valid & ~closes),
            join.closes[lane].eq(i.valid & closes),
        ]
    return join, m


@pytest.mark.parametrize("share", [0.0, 0.5])
@pytest.mark.parametrize("lanes", [1, 2, 5])
def test_spikes_of_a_tick_come_before_its_end(lanes, share):
    rng = random.Random(lanes)
    ticks = [[rng.sample(range(50), rng.randrange(4)) for _ in range(lanes)] for _ in range(12)]
    dut, around = joined(token(50), lanes)
    got = []

    def producer(lane):
        tokens = [t for tick in ticks for t in [*map(spike, tick[lane]), TICK]] + [END]

        async def testbench(ctx):
            await put_all(ctx, dut.i[lane], tokens, Pauses(lane, share))

        return testbench

    async def consumer(ctx):
        pause = Pauses(99, share)
        for tick in ticks:
            spikes = []
            while (payload := await take(ctx, dut.o, pause)).kind == Kind.SPIKE:
                spikes.append(payload.addr)
            assert payload.kind == Kind.TICK
            assert sorted(spikes) == sorted(itertools.chain(*tick))
            got.append(spikes)
        assert (await take(ctx, dut.o, pause)).kind == Kind.END

    simulate(around, consumer, *(producer(lane) for lane in range(lanes)))
    assert len(got) == len(ticks)


def test_the_lowest_lane_goes_first():
    dut, around = joined(token(8), 3)
    got = []

    def producer(lane):
        async def testbench(ctx):
            await put_all(ctx, dut.i[lane], [spike(2 * lane), spike(2 * lane + 1), TICK])

        return testbench

    async def consumer(ctx):
        await ctx.tick().repeat(3)
        got.extend([(await take(ctx, dut.o)).addr for _ in range(6)])

    simulate(around, consumer, background=[producer(lane) for lane in range(3)])
    assert got == [0, 1, 2, 3, 4, 5]


def test_bad_number_of_lanes():
    class Unused(Join):
        _MustUse__silence = True  # Amaranth warns of components that are never elaborated

    with pytest.raises(ValueError, match="not 0"):
        Unused(token(8), 0)
