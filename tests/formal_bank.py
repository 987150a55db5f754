"""A synapse bank with an arbitrary image, and what its surroundings may do to it."""

from amaranth.hdl import Cat, Mux, ResetInserter, Signal, signed
from amaranth.lib import data
from formal_memories import Memories, lying
from formal_tools import Bench

from firstspike import ConstThreshold, Dense, IntegerLayer, IntegerNetwork, StepProgram
from firstspike.hdl.cores import synapses, weights
from firstspike.hdl.cores.compactor import Compactor
from firstspike.hdl.cores.eraser import Eraser
from firstspike.hdl.cores.operation import Action
from firstspike.hdl.cores.pruning import LATENCY
from firstspike.hdl.cores.tokens import Kind
from firstspike.hdl.plan import CorePlan


def small_core(matrix, banks="list"):
    """Return the plan of a core of one layer and lane; only the size of `matrix` counts."""
    layer = IntegerLayer(
        connectivity=Dense(matrix),
        program=StepProgram(),
        threshold=ConstThreshold([3] * len(matrix[0])),
        weight_bits=3,
    )
    network = IntegerNetwork(layers=[layer], ticks=3, tick_seconds=1e-3)
    return CorePlan.from_network(network, lanes=1, sweep=1, banks=banks)


class Image:
    """The words of a bank as they are in this cycle."""

    def __init__(self, layer, memories):
        self.layer = layer
        word, segment = synapses.synapse(layer), synapses.segment(layer)
        (words,) = memories.expect("synapses", word.size, layer.capacity)
        (segments,) = memories.expect("segments", segment.size, layer.n_sources)
        self.words = [data.View(word, each) for each in words]
        self.segments = [data.View(segment, each) for each in segments[: layer.n_sources]]

    def inside(self, segment, address):
        """Whether a segment has a synapse at an address."""
        return (segment.base <= address) & (address < segment.base + segment.length)

    def is_at(self, word, place):
        """Whether a synapse is onto the neuron at `place`, (column, row)."""
        return (word.column == place.column) & (word.row == place.row)

    def found(self, source, place):
        """Return whether `source` has a synapse onto the neuron at `place`, and its weight."""
        alive, weight = 0, 0
        for address, word in enumerate(self.words):
            here = self.inside(self.segments[source], address) & self.is_at(word, place)
            alive, weight = alive | here, Mux(here, word.weight, weight)
        return alive, weight

    def length(self):
        """Return the number of synapses."""
        return sum(segment.length for segment in self.segments)

    def well_formed(self):
        """Segments lie apart from each other, and have at most one synapse onto each neuron."""
        yield from (
            (segment.length <= self.layer.neurons)
            & (segment.base + segment.length <= len(self.words))
            for segment in self.segments
        )
        for number, one in enumerate(self.segments):
            for other in self.segments[:number]:
                yield (
                    (one.length == 0)
                    | (other.length == 0)
                    | (one.base + one.length <= other.base)
                    | (other.base + other.length <= one.base)
                )
            for high, word in enumerate(self.words):
                for low in range(high):
                    twins = Cat(self.inside(one, low), self.inside(one, high)).all()
                    yield ~(twins & self.is_at(self.words[low], word))
        for word in self.words:
            yield (word.row < self.layer.rows) & (word.column < self.layer.columns)


class Surroundings(Bench):
    """A bank between samples, in samples, and while a walk prunes it, in any order.

    The surroundings keep to what a lane and the steward promise: no token comes while the bank
    clears or is pruned, nothing after END, pruning starts before the first token, no source spikes
    twice in a sample, and a flush ends the sample. Between bank and walk are the registers of the
    steward and of the layer.

    Lies: `told` replaces the threshold that the walk hears of, `token` the token; with `again` a
    source may spike twice.
    """

    def __init__(self, layer, dut, walk, *, told=None, token=None, again=False):
        super().__init__()
        self.layer, self.dut, self.walk = layer, dut, walk
        self.flush, self.prune = self.any("flush"), self.any("prune")
        self.submodules.dut = ResetInserter(self.flush)(dut)
        self.submodules.walk = walk
        self.threshold = self._since(self.prune, self.any("threshold", 8))
        self.floor = self._since(self.prune, self.any("floor", len(walk.floor)))
        #: Until the last word has been written.
        self.pruning = Signal()
        valid = self.any("valid")
        self.token = Signal(dut.i.payload.shape())
        self.moves, self.fresh = Signal(), Signal(init=1)
        self.d.comb += [
            dut.i.valid.eq(valid),
            self.token.eq(self.any("token", len(self.token.as_value()))),
            dut.i.payload.eq(token(self.token) if token else self.token),
            walk.start.eq(self.prune),
            walk.threshold.eq(told(self.threshold) if told else self.threshold),
            walk.floor.eq(self.floor),
            self.pruning.eq(walk.busy | self.past(walk.busy)),
            dut.part.eq(0),
            self.moves.eq(dut.i.valid & dut.i.ready),
        ]
        found = Signal(len(dut.segment) + len(dut.synapse))
        self.d.sync += [
            dut.read_at.eq(Mux(walk.busy, walk.read_at, self.any("inspect", 8))),
            dut.write_at.eq(walk.write_at),
            dut.word.eq(walk.word),
            dut.load_segment.eq(walk.store_segment),
            dut.load_synapse.eq(walk.store_synapse),
            found.eq(Cat(dut.segment, dut.synapse)),
            Cat(walk.segment, walk.synapse).eq(found),
        ]
        self.is_spike = self.moves & (self.token.kind == Kind.SPIKE)
        self.is_tick = self.moves & (self.token.kind == Kind.TICK)
        self._promises(valid, again)

    def _since(self, strobe, chosen):
        """Return what was chosen at the last strobe."""
        value, kept = Signal.like(chosen), Signal.like(chosen)
        self.d.sync += kept.eq(value)
        self.d.comb += value.eq(Mux(strobe, chosen, kept))
        return value

    def _promises(self, valid, again):
        dut, flush, prune, token = self.dut, self.flush, self.prune, self.token
        ended, spiked = Signal(), Signal(self.layer.n_sources)
        repeats = spiked.bit_select(token.addr, 1)
        with self.module.If(valid):
            self.d.sync += self.fresh.eq(0)
        with self.module.If(self.is_spike):
            self.d.sync += repeats.eq(1)
        with self.module.If(self.moves & (token.kind == Kind.END)):
            self.d.sync += ended.eq(1)
        with self.module.If(flush):
            self.d.sync += [self.fresh.eq(1), ended.eq(0), spiked.eq(0)]
        self.given(~valid | ~(dut.clearing | self.pruning | prune | ended | flush))
        self.given(~prune | (self.fresh & ~dut.clearing & ~self.pruning))
        self.given(~flush | ~(self.pruning | prune))
        self.given(token.kind != Kind.BEST)
        spikes = valid & (token.kind == Kind.SPIKE)
        self.given(~spikes | ((token.addr < self.layer.n_sources) & (again | ~repeats)))
        self.keeps_offers(valid, dut.i.ready | flush, token.as_value(), assume=True)

    @property
    def ends_tick(self):
        """Whether the neurons are told of the end of a tick in this cycle."""
        op = self.dut.op
        return (op.action == Action.SKIP) | ((op.action == Action.SWEEP) & op.last)

    def first(self, value):
        """Return what a value was in the first cycle."""
        kept, at_first = Signal.like(value), Signal.like(value)
        self.d.sync += kept.eq(at_first)
        self.d.comb += at_first.eq(Mux(self._started, kept, value))
        return at_first


class ListBench(Surroundings):
    """A bank of segments; `compactor` replaces outputs of the compactor by lies."""

    def __init__(self, core, monkeypatch, *, compactor=None, **lies):
        (layer,) = core.layers
        memories = Memories()
        self.image = Image(layer, memories)
        monkeypatch.setattr(synapses, "stored", memories)
        walk = lying(Compactor, **compactor) if compactor else Compactor
        super().__init__(layer, synapses.SynapseBank(layer, layer.lanes[0]), walk(core), **lies)
        for promise in self.image.well_formed():
            self.given(self._started | promise)


class DenseBench(Surroundings):
    """A bank of weights; `eraser` replaces outputs of the eraser by lies."""

    def __init__(self, core, monkeypatch, *, eraser=None, **lies):
        (layer,) = core.layers
        memories = Memories()
        row = data.ArrayLayout(signed(layer.weight_bits), layer.columns)
        (words,) = memories.expect("weights0", row.size, layer.capacity)
        self.words = [data.View(row, word) for word in words[: layer.capacity]]
        monkeypatch.setattr(weights, "stored", memories)
        walk = lying(Eraser, **eraser) if eraser else Eraser
        super().__init__(layer, weights.WeightBank(layer, layer.lanes[0]), walk(core), **lies)


def was_read_at(m, walk):
    """Return where the synapse stood that has just come in from the bank."""
    address = walk.read_at
    for _ in range(LATENCY + 1):
        before, address = address, Signal.like(address)
        m.d.sync += address.eq(before)
    return address
