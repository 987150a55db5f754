"""Cores behind buses: the same results as the bare core, whoever pauses and whoever misbehaves."""

from types import SimpleNamespace

import numpy as np
import pytest
import reference_integer
from bus_tools import AxiManager, WishboneManager, receive, send
from stream_tools import Pauses, simulate

from firstspike import prune
from firstspike.errors import DomainError
from firstspike.hdl import predict_cycles
from firstspike.hdl.bus import Access, AxiCore, WishboneCore
from firstspike.hdl.bus.core_map import IDENTITY, core_registers
from firstspike.hdl.bus.sender import check_sizes
from firstspike.hdl.cores.synapses import segment_words
from firstspike.hdl.plan import CorePlan
from firstspike.testing import random_network, random_samples

NOTHING, SPIKE, TICK, RESULT = range(4)
BUSES = {
    "axi": (AxiCore, AxiManager, "s_axi"),
    "wishbone": (WishboneCore, WishboneManager, "wb"),
}
both_buses = pytest.mark.parametrize("bus", BUSES)
#: What lies behind the registers does not depend on the bus.
axi_only = pytest.mark.parametrize("bus", ["axi"])


@pytest.fixture(scope="module")
def network():
    return random_network(np.random.default_rng(5), sizes=[5, 6, 3], ticks=7, weight_bits=4)


@pytest.fixture(scope="module")
def plan(network):
    return CorePlan.from_network(network, lanes=2)


@pytest.fixture(scope="module")
def batch(network):
    return random_samples(np.random.default_rng(6), network, 6)


def shell(plan, bus, share=0.0):
    """A core behind a bus, its manager, and its registers by name."""
    kind, manager, port = BUSES[bus]
    dut = kind(plan)
    host = manager(getattr(dut, port), Pauses(9, share))
    at = {register.name: register.offset for register in core_registers(plan).registers}
    return dut, host, SimpleNamespace(**at)


def words(network, sample, ticks=None):
    """Return the words of a sample; it ends in the word of its last tick."""
    at, sources = sample
    told = []
    for tick in range(network.ticks if ticks is None else ticks):
        told += [SPIKE | int(source) << 3 for source in sources[at == tick]]
        told.append(TICK)
    return told


def wanted(network, sample, early_exit=True):
    """Return what the reference says as spikes and the two words of a result."""
    layers = reference_integer.read(network)
    inputs = [list(map(int, pair)) for pair in zip(*sample, strict=True)]
    said = reference_integer.run(layers, network.ticks, inputs, early_exit=early_exit)
    spikes = [SPIKE | neuron << 3 | tick << 16 for tick, neuron, _ in said.spikes[-1]]
    margin = said.tie | said.silent << 1 | (said.margin & (1 << 29) - 1) << 3
    return sorted(spikes), [RESULT | said.decision << 3 | said.tick << 16, margin]


async def field(ctx, host, at, name, bit):
    """Read one flag of a register."""
    return await host.read(ctx, getattr(at, name)) >> bit & 1


@both_buses
@pytest.mark.parametrize(("early_exit", "spikes", "share"), [(1, 0, 0.0), (0, 1, 0.4), (1, 1, 0.3)])
def test_packets_give_the_results_of_the_reference(
    network, plan, batch, bus, early_exit, spikes, share
):
    dut, host, at = shell(plan, bus, share)
    got = []

    async def control(ctx):
        assert await host.write(ctx, at.control, early_exit | spikes << 1)
        pause = Pauses(1, share)
        for index in range(batch.n_samples):
            await send(ctx, dut.s_axis, words(network, batch.sample(index)), pause)

    async def consumer(ctx):
        pause = Pauses(2, share)
        while len(got) < batch.n_samples:
            got.append(await receive(ctx, dut.m_axis, pause))

    simulate(dut, control, consumer)
    for index, packet in enumerate(got):
        seen, result = wanted(network, batch.sample(index), early_exit)
        assert packet[-2:] == result
        assert sorted(packet[:-2]) == (seen if spikes else [])


@axi_only
def test_registers_show_the_latest_result_and_the_counters(network, plan, batch, bus):
    dut, host, at = shell(plan, bus, 0.2)
    cycles = predict_cycles(network, batch, lanes=2, early_exit=False)
    added = network.simulate(batch, early_exit=False).counters.synaptic_adds.sum(axis=1)

    async def control(ctx):
        assert await host.write(ctx, at.control, 0)
        for index in range(3):
            await send(ctx, dut.s_axis, words(network, batch.sample(index)))
            packet = await receive(ctx, dut.m_axis)
            assert [await host.read(ctx, at.result), await host.read(ctx, at.margin)] == packet
            assert await field(ctx, host, at, "status", 8)
            assert await host.read(ctx, at.cycles) == cycles[index]
            assert await host.read(ctx, at.inferences) == index + 1
            assert await host.read(ctx, at.added) == added[index]
            assert await host.write(ctx, at.status, 1 << 8)
            assert not await field(ctx, host, at, "status", 8)
        assert await host.read(ctx, at.live) == network.n_synapses
        assert await host.read(ctx, at.pruned) == 0

    simulate(dut, control)


@both_buses
def test_every_register_reads_as_it_is_described(plan, bus):
    dut, host, _ = shell(plan, bus, 0.2)
    everything = core_registers(plan)
    constant = {Access.CONSTANT, Access.READ_WRITE, Access.TRIGGER}

    async def control(ctx):
        known = set()
        for register in everything.registers:
            for word in register.words:
                known.add(4 * word)
                value = await host.read(ctx, 4 * word)
                assert value is not None, register.name
                for entry in register.fields:
                    shown = (value & entry.mask) >> entry.low
                    if entry.access in constant:
                        assert shown == entry.reset, (register.name, entry.name)
                    if entry.access is Access.READ_WRITE:
                        assert await host.write(ctx, 4 * word, entry.mask)
                        assert await host.read(ctx, 4 * word) == entry.mask
                        assert await host.write(ctx, 4 * word, entry.reset << entry.low)
                    elif entry.access is Access.CONSTANT:
                        assert await host.write(ctx, 4 * word, 0)
                        assert await host.read(ctx, 4 * word) & entry.mask == value & entry.mask
        assert {0x01C, 0x06C, 0xFFC}.isdisjoint(known)
        for missing in (0x01C, 0x06C, 0x100 + 4 * len(plan.layers), 0xFFC):
            assert await host.read(ctx, missing) is None
            assert not await host.write(ctx, missing, 1)

    simulate(dut, control)
    assert everything["id"].fields[0].reset == IDENTITY
    digits = "".join(f"{everything[f'network{i}'].fields[0].reset:08x}" for i in range(8))
    assert digits == plan.digest


@both_buses
def test_part_of_a_word_is_not_written(plan, bus):
    dut, host, at = shell(plan, bus)

    async def control(ctx):
        assert await host.write(ctx, at.value, 0x12345678)
        assert not await host.write(ctx, at.value, 0xFFFFFFFF, strobe=0b0111)
        assert await host.read(ctx, at.value) == 0x12345678

    simulate(dut, control)


@both_buses
def test_pruning_by_register_equals_pruning_on_the_host(network, plan, batch, bus):
    dut, host, at = shell(plan, bus, 0.2)
    smaller = prune(network, threshold=[3, 2], floor=[4, 0])
    lost = [
        old.n_synapses - new.n_synapses
        for old, new in zip(network.layers, smaller.layers, strict=True)
    ]
    assert min(lost) > 0

    async def control(ctx):
        for layer, threshold in enumerate((3, 2)):
            floor = (4, 0)[layer]
            assert await host.write(ctx, at.threshold + 4 * layer, threshold | floor << 16)
            assert await host.write(ctx, at.prune, layer)
            while not await field(ctx, host, at, "status", 9):
                pass
            assert await host.read(ctx, at.response) == lost[layer]
            assert await host.write(ctx, at.status, 1 << 9)
        assert await host.read(ctx, at.live) == smaller.n_synapses
        assert await host.read(ctx, at.pruned) == sum(lost)
        for index in range(batch.n_samples):
            await send(ctx, dut.s_axis, words(network, batch.sample(index)))
            assert await receive(ctx, dut.m_axis) == wanted(smaller, batch.sample(index))[1]

    simulate(dut, control)


@axi_only
def test_commands_read_memories_and_a_second_one_is_dropped(network, plan, bus):
    dut, host, at = shell(plan, bus)
    words = segment_words(plan.layers[1], plan.layers[1].lanes[1])

    async def control(ctx):
        assert await host.write(ctx, at.value, 3)
        assert await host.write(ctx, at.prune, 0)
        assert await field(ctx, host, at, "status", 3)
        assert not await field(ctx, host, at, "status", 19)
        assert await host.write(ctx, at.command, 1)
        assert await field(ctx, host, at, "status", 19)
        assert not await field(ctx, host, at, "status", 9)
        await ctx.tick().repeat(100)
        assert await field(ctx, host, at, "status", 9)
        assert await host.read(ctx, at.response) == 0
        assert await host.write(ctx, at.command, 1 | 1 << 8 | 1 << 16)
        await ctx.tick().repeat(10)
        assert not await field(ctx, host, at, "status", 3)
        assert await host.read(ctx, at.response) == words[3]
        assert await host.read(ctx, at.live) == network.n_synapses

    simulate(dut, control)


@axi_only
def test_samples_and_results_by_registers_alone(network, plan, batch, bus):
    dut, host, at = shell(plan, bus)

    async def control(ctx):
        assert await host.write(ctx, at.control, 0b101)
        for index in range(3):
            told = words(network, batch.sample(index))
            for number, word in enumerate(told):
                while not await field(ctx, host, at, "status", 2):
                    pass
                assert await host.write(ctx, at.token, word | (number == len(told) - 1) << 31)
            while not await field(ctx, host, at, "status", 8):
                pass
            result = [await host.read(ctx, at.result), await host.read(ctx, at.margin)]
            assert result == wanted(network, batch.sample(index))[1]
            assert not ctx.get(dut.m_axis.tvalid)
            assert await host.write(ctx, at.status, 1 << 8)
        # Back to the streams.
        assert await host.write(ctx, at.control, 0b001)
        await send(ctx, dut.s_axis, words(network, batch.sample(4)))
        assert await receive(ctx, dut.m_axis) == wanted(network, batch.sample(4))[1]

    simulate(dut, control)


def test_a_result_does_not_wait_for_the_consumer(network, plan, batch):
    dut, _, _ = shell(plan, "axi")

    async def control(ctx):
        await send(ctx, dut.s_axis, words(network, batch.sample(0)))
        ctx.set(dut.m_axis.tready, 0)
        await ctx.tick().until(dut.m_axis.tvalid)
        first = ctx.get(dut.m_axis.tdata)
        for _ in range(30):
            await ctx.tick()
            assert ctx.get(dut.m_axis.tvalid)
            assert ctx.get(dut.m_axis.tdata) == first
        assert await receive(ctx, dut.m_axis) == wanted(network, batch.sample(0))[1]

    simulate(dut, control)


def test_ready_does_not_wait_for_valid(plan):
    dut, host, _ = shell(plan, "axi")

    async def control(ctx):
        await ctx.tick().repeat(20)
        for wire in (dut.s_axis.tready, host.bus.awready, host.bus.wready, host.bus.arready):
            assert ctx.get(wire)

    simulate(dut, control)


@axi_only
def test_words_that_mean_nothing_are_dropped_and_flagged(network, plan, batch, bus):
    dut, host, at = shell(plan, bus)
    sample = batch.sample(1)
    told = words(network, sample)
    # One source too many, one that its lowest bits would take for source 0, kinds of no meaning.
    odd = [SPIKE | 5 << 3, SPIKE | 8 << 3, NOTHING, RESULT, 7]

    async def control(ctx):
        await send(ctx, dut.s_axis, [*odd, *told, SPIKE | 1 << 20])
        assert await receive(ctx, dut.m_axis) == wanted(network, sample)[1]
        assert await field(ctx, host, at, "status", 16)
        assert await field(ctx, host, at, "status", 17)
        assert not await field(ctx, host, at, "status", 18)
        assert await host.write(ctx, at.status, 0b11 << 16)
        assert (await host.read(ctx, at.status)) >> 16 == 0
        await send(ctx, dut.s_axis, told)
        assert await receive(ctx, dut.m_axis) == wanted(network, sample)[1]
        assert (await host.read(ctx, at.status)) >> 16 == 0

    simulate(dut, control)


@axi_only
def test_a_missing_mark_costs_one_sample_and_is_flagged(network, plan, batch, bus):
    dut, host, at = shell(plan, bus)
    first, second, third = (words(network, batch.sample(index)) for index in range(3))

    async def control(ctx):
        await send(ctx, dut.s_axis, [*first, *second])
        assert await receive(ctx, dut.m_axis) == wanted(network, batch.sample(0))[1]
        assert await field(ctx, host, at, "status", 18)
        assert await host.read(ctx, at.skipped) >= len(second)
        await send(ctx, dut.s_axis, third)
        assert await receive(ctx, dut.m_axis) == wanted(network, batch.sample(2))[1]

    simulate(dut, control)


@pytest.mark.parametrize("told", [[NOTHING], [TICK], [SPIKE]])
def test_short_samples_are_decided_by_what_they_have(network, plan, told):
    dut, _, _ = shell(plan, "axi")

    async def control(ctx):
        await send(ctx, dut.s_axis, told)
        first, second = await receive(ctx, dut.m_axis)
        assert first & 7 == RESULT
        assert second & 0b010  # silent

    simulate(dut, control)


@axi_only
@pytest.mark.parametrize("after", [9, 26, 33])
def test_a_reset_forgets_the_sample_but_never_cuts_a_packet(network, plan, batch, bus, after):
    dut, host, at = shell(plan, bus)
    told = words(network, batch.sample(2))
    right = wanted(network, batch.sample(2), early_exit=False)[1]
    packets = []

    async def consumer(ctx):
        pause = Pauses(3, 0.5)
        while True:
            packets.append(await receive(ctx, dut.m_axis, pause))

    async def control(ctx):
        assert await host.write(ctx, at.control, 0b010)
        assert await host.write(ctx, at.threshold, 3)
        await send(ctx, dut.s_axis, told)
        for _ in range(after):
            await ctx.tick()
        assert await host.write(ctx, at.reset, 1)
        await ctx.tick().repeat(60)
        before = len(packets)
        assert before <= 1
        if packets:
            assert (
                packets[0][-1] & 0b100 or packets[0][-2:] == wanted(network, batch.sample(2), 0)[1]
            )
        assert await host.read(ctx, at.threshold) == 3
        assert await host.read(ctx, at.inferences) == 0
        await send(ctx, dut.s_axis, told)
        await ctx.tick().repeat(200)
        assert len(packets) == before + 1
        assert packets[-1][-2:] == right

    simulate(dut, control, background=[consumer])


def test_sizes_that_do_not_fit_a_word_are_refused(plan):
    wide = SimpleNamespace(n_outputs=8193, ticks=10)
    with pytest.raises(DomainError, match="8193 outputs"):
        check_sizes(wide)
    with pytest.raises(DomainError, match="65537 ticks"):
        check_sizes(SimpleNamespace(n_outputs=2, ticks=65537))
    check_sizes(SimpleNamespace(n_outputs=8192, ticks=65536))
