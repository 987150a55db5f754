"""A core on a board: everything through two pins."""

from types import SimpleNamespace

import numpy as np
import pytest
from stream_tools import simulate

from firstspike.errors import DomainError
from firstspike.hdl.boards import BOARDS, DEVICES, Harness
from firstspike.hdl.boards.boards import find_board
from firstspike.hdl.boards.devices import find_device
from firstspike.hdl.boards.harness import divisor_of
from firstspike.hdl.bus.core_map import IDENTITY, core_registers
from firstspike.hdl.plan import CorePlan
from firstspike.testing import random_network, random_samples

BIT = 4


@pytest.fixture(scope="module")
def network():
    return random_network(np.random.default_rng(5), sizes=[3, 4, 2], ticks=4, weight_bits=4)


class Line:
    """The computer's end of the serial line."""

    def __init__(self, dut):
        self.dut = dut

    async def send(self, ctx, *content):
        for byte in content:
            for level in (0, *(byte >> bit & 1 for bit in range(8)), 1):
                ctx.set(self.dut.rx, level)
                await ctx.tick().repeat(BIT)

    async def receive(self, ctx):
        await ctx.tick().until(~self.dut.tx)
        await ctx.tick().repeat(BIT // 2 - 1)
        byte = 0
        for bit in range(8):
            await ctx.tick().repeat(BIT)
            byte |= ctx.get(self.dut.tx) << bit
        await ctx.tick().repeat(BIT)
        assert ctx.get(self.dut.tx) == 1
        return byte

    async def write(self, ctx, offset, *words):
        await self.send(ctx, 1, len(words), *(offset >> 2).to_bytes(4, "big"))
        for word in words:
            await self.send(ctx, *word.to_bytes(4, "big"))

    async def read(self, ctx, offset, count=1):
        await self.send(ctx, 2, count, *(offset >> 2).to_bytes(4, "big"))
        words = []
        for _ in range(count):
            word = 0
            for _ in range(4):
                word = word << 8 | await self.receive(ctx)
            words.append(word)
        return words


def harness(network):
    plan = CorePlan.from_network(network, lanes=2)
    dut = Harness(plan, BIT)
    at = {register.name: register.offset for register in core_registers(plan).registers}
    return dut, Line(dut), SimpleNamespace(**at)


def test_registers_over_the_serial_line(network):
    dut, line, at = harness(network)

    async def computer(ctx):
        await ctx.tick().repeat(20)
        # What is no command is skipped.
        await line.send(ctx, 0, 7)
        assert await line.read(ctx, at.id) == [IDENTITY]
        await line.write(ctx, at.command + 4, 0x12345678)
        assert await line.read(ctx, at.value) == [0x12345678]
        assert await line.read(ctx, at.layers, 4) == [2, 3, 2, 4]

    simulate(dut, computer)


def test_a_sample_over_the_serial_line(network):
    dut, line, at = harness(network)
    batch = random_samples(np.random.default_rng(2), network, 1)
    ticks, sources = batch.sample(0)
    words = []
    for tick in range(network.ticks):
        words += [1 | int(source) << 3 for source in sources[ticks == tick]]
        words.append(2)
    words[-1] |= 1 << 31
    run = network.simulate(batch)

    async def computer(ctx):
        await line.write(ctx, at.control, 0b101)
        for word in words:
            await line.write(ctx, at.token, word)
        while not (await line.read(ctx, at.status))[0] >> 8 & 1:
            pass
        first, second = await line.read(ctx, at.result, 2)
        assert first == 3 | int(run.decisions[0]) << 3 | int(run.ticks[0]) << 16
        assert second & 7 == run.ties[0] | run.silent[0] << 1
        assert second >> 3 == int(run.margins[0]) & (1 << 29) - 1

    simulate(dut, computer)


def test_a_clock_that_is_too_slow_is_refused():
    with pytest.raises(DomainError, match=r"0\.1 MHz is too slow for 115200 baud"):
        divisor_of(0.1)
    assert divisor_of(25.0) == 217


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_every_board_has_its_pins_and_a_device(board):
    text = board.constraints()
    assert all(pin in text for pin in (board.clk, board.rx, board.tx))
    assert board.device in DEVICES.values()
    assert set(board.place) >= {"--package"}


def test_unknown_names_are_refused():
    with pytest.raises(DomainError, match="device is 'ecp6', expected one of ecp5-25k"):
        find_device("ecp6")
    with pytest.raises(DomainError, match="board is 'arty', expected one of ulx3s"):
        find_board("arty")
