"""Memories whose content is arbitrary at first, and in sight of assertions all the time."""

from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib import memory
from amaranth.lib.wiring import In, connect, flipped


class Watched(memory.Memory):
    """A memory whose words can be seen at any time."""

    def __init__(self, words, width):
        super().__init__(shape=unsigned(width), depth=len(words), init=[])
        self._words = words
        self._views = [self.read_port(domain="comb") for _ in words]

    def elaborate(self, platform):
        m = Module()
        m.submodules.cells = super().elaborate(platform)
        for address, (view, word) in enumerate(zip(self._views, self._words, strict=True)):
            m.d.comb += [view.addr.eq(address), word.eq(view.data)]
        return m


class Memories:
    """Stands in for `stored`: keeps the words of all memories, by the name of the image."""

    def __init__(self):
        self.words = {}

    def expect(self, image, width, depth, copies=1):
        """Return the words of the memories called `image`, in the order in which they are made."""
        made = [
            [Signal(width, name=f"{image}{copy}_{address}") for address in range(max(2, depth))]
            for copy in range(copies)
        ]
        self.words[image] = list(made)
        return made

    def __call__(self, words, width, image):
        return Watched(self.words[image].pop(0), width)


def lying(component, **lies):
    """Return `component` with some of its outputs replaced.

    A lie is a function of the module and the honest component.
    """

    class Liar(component):
        def __init__(self, *args):
            super().__init__(*args)
            self._args = args

        def elaborate(self, platform):
            m = Module()
            m.submodules.honest = honest = component(*self._args)
            for name, member in self.signature.members.items():
                inner, outer = getattr(honest, name), getattr(self, name)
                if member.is_signature:
                    connect(m, inner, flipped(outer))
                    continue
                if member.dimensions:
                    pairs = list(zip(inner, outer, strict=True))
                else:
                    pairs = [(lies[name](m, honest) if name in lies else inner, outer)]
                for one, other in pairs:
                    m.d.comb += one.eq(other) if member.flow == In else other.eq(one)
            return m

    return Liar


def watched(component, ports):
    """Return `component` with some of its ports copied to the signals in `ports`, by name."""

    class Spied(component):
        def elaborate(self, platform):
            m = Module()
            m.submodules.inner = super().elaborate(platform)
            m.d.comb += [signal.eq(getattr(self, name)) for name, signal in ports.items()]
            return m

    return Spied
