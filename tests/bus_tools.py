"""Managers of register buses and ends of AXI4-Stream, with random pauses, that check the rules."""

from stream_tools import Pauses

NEVER = Pauses(0, 0.0)


async def offer(ctx, bus, channel, payload, pause):
    """Offer a payload on one channel until it is taken."""
    while pause():
        await ctx.tick()
    for name, value in payload.items():
        ctx.set(getattr(bus, f"{channel}{name}"), value)
    ctx.set(getattr(bus, f"{channel}valid"), 1)
    await ctx.tick().until(getattr(bus, f"{channel}ready"))
    ctx.set(getattr(bus, f"{channel}valid"), 0)


async def accept(ctx, bus, channel, names, pause):
    """Take a payload; while it waits it must stay as it is."""
    wires = [getattr(bus, f"{channel}{name}") for name in names]
    offered = None
    while True:
        ready = not pause()
        ctx.set(getattr(bus, f"{channel}ready"), ready)
        _, _, valid, *payload = await ctx.tick().sample(getattr(bus, f"{channel}valid"), *wires)
        if offered is not None:
            assert valid, "an offer was withdrawn"
            assert payload == offered, "an offer was changed"
        if valid and ready:
            ctx.set(getattr(bus, f"{channel}ready"), 0)
            return payload
        offered = payload if valid else None


class AxiManager:
    """Reads and writes one word at a time; address and data in a random order."""

    def __init__(self, bus, pause=NEVER):
        self.bus, self.pause = bus, pause

    async def write(self, ctx, offset, value, strobe=0xF):
        parts = [("aw", {"addr": offset}), ("w", {"data": value, "strb": strobe})]
        if self.pause():
            parts.reverse()
        for channel, payload in parts:
            await offer(ctx, self.bus, channel, payload, self.pause)
        (response,) = await accept(ctx, self.bus, "b", ["resp"], self.pause)
        return response.value == 0

    async def read(self, ctx, offset):
        await offer(ctx, self.bus, "ar", {"addr": offset}, self.pause)
        value, response = await accept(ctx, self.bus, "r", ["data", "resp"], self.pause)
        return value if response.value == 0 else None


class WishboneManager:
    """The same for Wishbone classic."""

    def __init__(self, bus, pause=NEVER):
        self.bus, self.pause = bus, pause

    async def _cycle(self, ctx, offset, value, write, sel):
        bus = self.bus
        while self.pause():
            await ctx.tick()
        for wire, given in (
            (bus.adr, offset >> 2),
            (bus.dat_w, value),
            (bus.we, write),
            (bus.sel, sel),
            (bus.cyc, 1),
            (bus.stb, 1),
        ):
            ctx.set(wire, given)
        ack, err, data = (
            await ctx.tick().sample(bus.ack, bus.err, bus.dat_r).until(bus.ack | bus.err)
        )
        assert ack + err == 1
        ctx.set(bus.stb, 0)
        ctx.set(bus.cyc, 0)
        await ctx.tick()
        assert not ctx.get(bus.ack | bus.err)
        return ack, data

    async def write(self, ctx, offset, value, strobe=0xF):
        return bool((await self._cycle(ctx, offset, value, 1, strobe))[0])

    async def read(self, ctx, offset):
        ack, data = await self._cycle(ctx, offset, 0, 0, 0xF)
        return data if ack else None


async def send(ctx, port, words, pause=NEVER):
    """Send a packet of words; the last one is marked."""
    for index, word in enumerate(words):
        payload = {"data": word, "last": index == len(words) - 1}
        await offer(ctx, port, "t", payload, pause)


async def receive(ctx, port, pause=NEVER):
    """Return the words of the next packet."""
    words = []
    while True:
        word, last, keep = await accept(ctx, port, "t", ["data", "last", "keep"], pause)
        assert keep == 0xF
        words.append(word)
        if last:
            return words
