"""One lane: a queue, a synapse bank, its neurons, and an emitter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Instance, Module, ResetInserter
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import bits_for

from firstspike.hdl.banks import DenseBank, ListBank
from firstspike.hdl.cores.emitter import Emitter
from firstspike.hdl.cores.neurons import NeuronRows
from firstspike.hdl.cores.queue import Queue
from firstspike.hdl.cores.synapses import SynapseBank
from firstspike.hdl.cores.tokens import layer_token, token
from firstspike.hdl.cores.weights import WeightBank
from firstspike.hdl.cores.window_neurons import WindowNeurons

if TYPE_CHECKING:
    from firstspike.hdl.cores.bank import Bank
    from firstspike.hdl.plan import LanePlan, LayerPlan

__all__ = ["Lane", "lane_signature", "upkeep"]

_BANKS: dict[type, type[Bank]] = {ListBank: SynapseBank, DenseBank: WeightBank}


def upkeep() -> wiring.Signature:
    """Return the signature through which memories are read, written, and so pruned.

    ``part`` chooses between several synapse memories of a lane. ``read_at`` is the address whose
    words appear at ``segment`` and ``synapse`` three cycles later, while nothing else goes on;
    ``load_segment`` and ``load_synapse`` write ``word`` to ``write_at``. While ``inspecting`` is
    high, `read_at` is a row as well, ``neuron`` the number that its neuron in ``column`` has of its
    own, and ``load_neuron`` writes that.
    """
    return wiring.Signature(
        {
            "part": Out(8),
            "read_at": Out(32),
            "write_at": Out(32),
            "word": Out(32),
            "load_segment": Out(1),
            "load_synapse": Out(1),
            "load_neuron": Out(1),
            "inspecting": Out(1),
            "column": Out(8),
            "segment": In(32),
            "synapse": In(32),
            "neuron": In(32),
        }
    )


def lane_signature(layer: LayerPlan) -> wiring.Signature:
    """Return the signature of a lane; see `Lane` for its members."""
    return wiring.Signature(
        {
            "i": In(stream.Signature(token(layer.n_sources))),
            "o": Out(stream.Signature(layer_token(layer))),
            "offers": Out(1),
            "closes": Out(1),
            "index": In(8),
            "flush": In(1),
            "upkeep": In(upkeep()),
            "clearing": Out(1),
            "added": Out(bits_for(layer.adds)),
        }
    )


class Lane(wiring.Component):
    """A one-lane layer: tokens in, tokens out.

    Parameters
    ----------
    layer : LayerPlan
        What the lanes of the layer share.
    lane : LanePlan
        The lane.

    Members
    -------
    i : In(stream.Signature(token(n_sources)))
        Spikes of the layer's sources.
    o : Out(stream.Signature(layer_token(layer)))
        Spikes of the lane's neurons, by their index in the layer.
    offers, closes : Out(1)
        See `Emitter`.
    index : In(8)
        Which lane of the layer.
    flush : In(1)
        Strobe: forget everything but the synapses.
    upkeep : In(upkeep())
        Access to the synapse memories.
    clearing : Out(1)
        The lane is not ready for a sample.
    added : Out
        How many synapses have been added, cycle by cycle.
    """

    def __init__(self, layer: LayerPlan, lane: LanePlan) -> None:
        self._layer = layer
        self._lane = lane
        super().__init__(lane_signature(layer))

    @property
    def layer(self) -> LayerPlan:
        """What the lanes of the layer share."""
        return self._layer

    def elaborate(self, platform: object) -> Module | Instance:
        """Connect the four parts in a row.

        The lanes of a layer differ only in the content of their memories. A platform with a method
        ``get_lane`` may supply an instance of a module that they share.
        """
        if hasattr(platform, "get_lane"):
            return platform.get_lane(self)
        m = Module()
        queue = Queue(self.i.p.shape(), self._layer.queue_depth - 1)
        bank = _BANKS[type(self._layer.bank)](self._layer, self._lane)
        rows = WindowNeurons if self._layer.window else NeuronRows
        neurons = rows(self._layer, self._lane)
        emitter = Emitter(self._layer)
        parts = {"queue": queue, "bank": bank, "neurons": neurons, "emitter": emitter}
        for name, part in parts.items():
            m.submodules[name] = ResetInserter(self.flush)(part)
        m.d.comb += [
            neurons.arrival.eq(bank.arrival),
            neurons.op.eq(bank.op),
            bank.lively.eq(neurons.lively),
            emitter.report.eq(neurons.report),
            emitter.index.eq(self.index),
            emitter.heard.eq(bank.heard),
            self.offers.eq(emitter.offers),
            self.closes.eq(emitter.closes),
            self.clearing.eq(bank.clearing),
            self.added.eq(bank.added),
            bank.part.eq(self.upkeep.part),
            bank.read_at.eq(self.upkeep.read_at),
            bank.write_at.eq(self.upkeep.write_at),
            bank.word.eq(self.upkeep.word),
            bank.load_segment.eq(self.upkeep.load_segment),
            bank.load_synapse.eq(self.upkeep.load_synapse),
            self.upkeep.segment.eq(bank.segment),
            self.upkeep.synapse.eq(bank.synapse),
            *(
                getattr(neurons.upkeep, name).eq(getattr(self.upkeep, name))
                for name in ("inspecting", "read_at", "column", "word", "load_neuron")
            ),
            self.upkeep.neuron.eq(neurons.upkeep.neuron),
        ]
        connect(m, flipped(self.i), queue.i)
        connect(m, queue.o, bank.i)
        connect(m, emitter.o, flipped(self.o))
        return m
