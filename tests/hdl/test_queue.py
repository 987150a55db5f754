"""The queue: nothing lost, nothing doubled, full when it is full, and as fast as the spec says."""

import pytest
from stream_tools import Pauses, put_all, simulate, take

from firstspike.hdl.cores.queue import Queue
from firstspike.hdl.cores.tokens import Kind, token


def spike(addr):
    return {"kind": Kind.SPIKE, "addr": addr}


@pytest.mark.parametrize("places", [2, 4, 32])
@pytest.mark.parametrize("shares", [(0.0, 0.0), (0.7, 0.1), (0.1, 0.7), (0.5, 0.5)])
def test_payloads_come_out_in_order(places, shares):
    dut = Queue(token(256), places)
    got = []

    async def producer(ctx):
        await put_all(ctx, dut.i, map(spike, range(200)), Pauses(1, shares[0]))

    async def consumer(ctx):
        pause = Pauses(2, shares[1])
        got.extend([(await take(ctx, dut.o, pause)).addr for _ in range(200)])

    simulate(dut, producer, consumer)
    assert got == list(range(200))


def test_it_holds_what_it_says_and_one_more():
    dut = Queue(token(256), 8)

    async def testbench(ctx):
        ctx.set(dut.i.valid, 1)
        for _ in range(9):
            assert ctx.get(dut.i.ready)
            await ctx.tick()
        assert not ctx.get(dut.i.ready)
        ctx.set(dut.o.ready, 1)
        await ctx.tick()
        assert ctx.get(dut.i.ready)

    simulate(dut, testbench)


def test_a_payload_can_be_taken_two_cycles_later():
    dut = Queue(token(256), 8)

    async def testbench(ctx):
        ctx.set(dut.i.valid, 1)
        await ctx.tick()
        ctx.set(dut.i.valid, 0)
        assert not ctx.get(dut.o.valid)
        await ctx.tick()
        assert ctx.get(dut.o.valid)

    simulate(dut, testbench)


@pytest.mark.parametrize("places", [0, 1, 3, 33])
def test_only_powers_of_two(places):
    class Unused(Queue):
        _MustUse__silence = True  # Amaranth warns of components that are never elaborated

    with pytest.raises(ValueError, match=f"not {places}"):
        Unused(token(2), places)
