"""How an integer network is laid out over lanes, rows and columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from amaranth.utils import bits_for

from firstspike.errors import DomainError
from firstspike.hdl.banks import LISTS, Bank, BankName, DenseBank, chosen_banks
from firstspike.hdl.choices import per_layer
from firstspike.hdl.cores.programs import stages_of
from firstspike.hdl.lanes import LanePlan, dealt
from firstspike.hdl.layout import MOST_TOGETHER, can_skip, laid_out, skipping_pays
from firstspike.hdl.widths import arrival_bits, one_lower, signed_bits
from firstspike.hdl.window import Window
from firstspike.integer_network import ConstThreshold, StepProgram
from firstspike.integer_network.core_shape import CoreShape, LayerShape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firstspike import IntegerLayer, IntegerNetwork
    from firstspike.integer_network import LayerWidths
    from firstspike.integer_network.program import Program

__all__ = ["CorePlan", "LanePlan", "LayerPlan"]

#: Cycles from a row that is issued to the list that names it, apart from the registers in the
#: neurons' arithmetic.
SETTLES = 7
#: What a field of a command can name.
MOST_LAYERS = 64
#: Width of a memory word that a response can carry.
WORD_BITS = 32
#: Tokens that fit into the queue in front of a lane: a power of two, and one in a register. A
#: longer queue lets lanes drift further apart.
QUEUE_DEPTH = 33


@dataclass(frozen=True, eq=False)
class LayerPlan:
    """One layer: its lanes and everything they have in common.

    Parameters
    ----------
    index : int
        Which layer.
    n_sources, n_targets : int
        Size of the layer.
    columns : int
        Neurons advanced per cycle and lane.
    weight_bits : int
        Width of a weight.
    program : Program
        The neuron.
    widths : LayerWidths
        Proved widths of current and membrane.
    last : bool
        Whether the layer's spikes decide.
    ticks : int
        Ticks of a sample.
    lanes : tuple of LanePlan
        The lanes.
    capacity : int
        Words of a lane's synapse memory.
    common_threshold : int or None
        The threshold of every place, if there is only one and it needs no memory.
    threshold_bits : int
        Width of a threshold, without a sign.
    margin_bits : int
        Width of ``U - theta``.
    arrival_bits : int
        Width of the sum of all weights onto a neuron.
    window : Window or None
        How the layer listens and fires if it is two-phase.
    common_bias : int or None
        The bias of every place, if there is only one and it needs no memory.
    queue_depth : int
        Tokens that fit into the queue in front of a lane.
    bank : Bank
        How the layer keeps its synapses.
    skips : bool
        Whether a two-phase layer leaves out the rows in which no neuron will fire, once it knows
        them.
    """

    index: int
    n_sources: int
    n_targets: int
    columns: int
    weight_bits: int
    program: Program
    widths: LayerWidths
    last: bool
    ticks: int
    lanes: tuple[LanePlan, ...]
    capacity: int
    common_threshold: int | None
    threshold_bits: int
    margin_bits: int
    arrival_bits: int
    window: Window | None = None
    common_bias: int | None = 0
    queue_depth: int = QUEUE_DEPTH
    bank: Bank = LISTS
    skips: bool = False

    @property
    def adds(self) -> int:
        """Synapses that a lane adds per cycle."""
        return self.bank.adds(self.columns)

    @property
    def width(self) -> int:
        """Synapses that the layer adds per cycle; what its `lanes` were chosen as."""
        return len(self.lanes) * self.adds

    @property
    def ranks(self) -> bool:
        """Whether the layer decides by its membranes and never fires."""
        return self.window is not None and not self.window.thresholds

    @property
    def may_skip(self) -> bool:
        """Whether a tick before the first arrival needs no sweep; margins are ranked in each."""
        return self.window is not None or not self.last

    @property
    def stages(self) -> int:
        """Registers in the neurons' arithmetic."""
        return stages_of(self)

    @property
    def momentary(self) -> bool:
        """Whether a tick without arrivals is one without spikes, whatever came before."""
        return isinstance(self.program, StepProgram)

    @property
    def period(self) -> int:
        """Cycles from the start of a sweep to the start of the next."""
        return max(self.rows, self.stages + 2)

    @property
    def settling(self) -> int:
        """Cycles that the second comparison of a firing layer waits for what the first one finds.

        A row that is issued is known to be lively so many cycles later.
        """
        return SETTLES + self.stages if self.skips else 0

    @property
    def neurons(self) -> int:
        """Number of neurons of the fullest lane."""
        return -(-self.n_targets // len(self.lanes))

    @property
    def rows(self) -> int:
        """Number of rows of a lane."""
        return -(-self.neurons // self.columns)

    @property
    def groups(self) -> int:
        """Groups that the columns of a lane are divided into; more than one makes a wide layer."""
        return -(-self.columns // MOST_TOGETHER)

    @property
    def group_columns(self) -> int:
        """Columns of a group; the last one may have fewer."""
        return -(-self.columns // self.groups)

    @property
    def most_reports(self) -> int:
        """Rows that a lane reports in a sample, at most.

        A neuron fires once, a tick and the sample end once, and a tick has so many rows.
        """
        return min(self.neurons, (self.rows - 1) * self.ticks) + self.ticks + 1

    @property
    def n_synapses(self) -> int:
        """Number of synapses."""
        return sum(lane.n_synapses for lane in self.lanes)

    @classmethod
    def from_layer(
        cls,
        index: int,
        layer: IntegerLayer,
        widths: LayerWidths,
        *,
        lanes: int,
        columns: int | None,
        last: bool,
        ticks: int,
        banks: BankName = "list",
    ) -> LayerPlan:
        """Lay out one layer; see `CorePlan.from_network`."""
        lists = layer.connectivity.to_lists()
        window = Window.of(layer, ticks)
        skips = can_skip(window, last=last)
        bank, lanes, columns = laid_out(
            index, lists, layer.weight_bits, lanes, columns, banks, skips=skips
        )
        neurons = -(-layer.n_targets // lanes)
        rows = -(-neurons // columns)
        places = rows * columns * lanes

        padded, biases = np.zeros(places, np.int64), np.zeros(places, np.int64)
        if isinstance(layer.threshold, ConstThreshold):
            thresholds = layer.threshold.values.astype(np.int64)
            # A place without a neuron stays at U = 0. It never fires, but where margins are ranked
            # it must also come after every neuron, however far below zero that one may be.
            padded[:] = int(thresholds.max()) - (widths.membrane.low - 1 if last else 0)
            padded[: layer.n_targets] = thresholds
        elif window is not None and layer.bias is not None:
            if places > layer.n_targets:
                widths = replace(widths, membrane=one_lower(widths.membrane))
            biases[:] = widths.membrane.low
            biases[: layer.n_targets] = layer.bias
            padded[:] = max(window.thresholds, default=0)

        plans = dealt(index, lists, lanes, bank, padded, biases)
        capacity = max([1, *(plan.n_synapses for plan in plans)])
        if isinstance(bank, DenseBank):
            capacity = layer.n_sources * rows
        else:
            _check_segment(index, neurons, capacity, lanes)
        lowest = int(padded.min()) if window is None else min(window.thresholds, default=0)
        return cls(
            index=index,
            n_sources=layer.n_sources,
            n_targets=layer.n_targets,
            columns=columns,
            weight_bits=layer.weight_bits,
            program=layer.program,
            widths=widths,
            last=last,
            ticks=ticks,
            lanes=plans,
            capacity=capacity,
            common_threshold=int(padded[0]) if (padded == padded[0]).all() else None,
            threshold_bits=max(1, int(padded.max()).bit_length()),
            margin_bits=signed_bits(
                widths.membrane.low - int(padded.max()), widths.membrane.high - lowest
            ),
            arrival_bits=arrival_bits(lists),
            window=window,
            common_bias=int(biases[0]) if (biases == biases[0]).all() else None,
            bank=bank,
            skips=skips and skipping_pays(rows, columns),
        )


@dataclass(frozen=True, eq=False)
class CorePlan:
    """A whole core.

    Parameters
    ----------
    ticks : int
        Ticks of a sample.
    layers : tuple of LayerPlan
        The layers, first to last.
    digest : str
        Digest of the integer network.
    loadable : bool
        Whether there is room for any network of this shape.
    prunes : bool
        Whether the core can prune itself; without it, what that takes can be measured.
    """

    ticks: int
    layers: tuple[LayerPlan, ...]
    digest: str
    loadable: bool = False
    prunes: bool = True

    @property
    def n_sources(self) -> int:
        """Number of input channels."""
        return self.layers[0].n_sources

    @property
    def n_outputs(self) -> int:
        """Number of output neurons."""
        return self.layers[-1].n_targets

    @property
    def n_synapses(self) -> int:
        """Number of synapses of all layers."""
        return sum(layer.n_synapses for layer in self.layers)

    @property
    def shape(self) -> CoreShape:
        """What describes the core to the cycle model."""
        layers = (
            LayerShape(len(own.lanes), own.columns, own.stages, own.bank.name, own.skips)
            for own in self.layers
        )
        return CoreShape(tuple(layers), self.layers[0].queue_depth)

    def stored(self, network: IntegerNetwork) -> IntegerNetwork:
        """Return `network` as a core with these banks knows it: a dense one has no zero synapses.

        It computes the same, but adds, drops and keeps as many synapses as the core counts.
        """
        layers = tuple(
            replace(layer, connectivity=layer.connectivity.to_lists(min_magnitude=1))
            if isinstance(planned.bank, DenseBank)
            else layer
            for layer, planned in zip(network.layers, self.layers, strict=True)
        )
        return replace(network, layers=layers)

    @classmethod
    def from_network(
        cls,
        network: IntegerNetwork,
        *,
        lanes: int | Sequence[int] = 8,
        sweep: int | Sequence[int] | None = None,
        banks: BankName | Sequence[BankName] = "list",
    ) -> CorePlan:
        """Lay out a network.

        Parameters
        ----------
        network : IntegerNetwork
            The network.
        lanes : int or sequence of int, default 8
            Synapses added per cycle, in every layer or in each; never more than a layer has
            neurons.
        sweep : int or sequence of int, optional
            Neurons that a lane advances per cycle; by default as few, up to 8, as make at most 8
            rows, or 32 in a two-phase layer in front of others. A layer with a dense bank is one
            lane and advances `lanes` of them.
        banks : str or sequence of str, default "list"
            How every layer, or each, keeps its synapses: ``list``, ``dense``, or ``smallest`` for
            the one of them with fewer bits.

        Raises
        ------
        DomainError
            If `lanes` or `sweep` is below 1, or `banks` no such name; if their number is not that
            of the layers; if there are more than 64 layers, 256 lanes, or synapses than a segment
            word can address; or if a dense layer is given another `sweep` than its `lanes`.
        """
        count = len(network.layers)
        choices = zip(
            network.layers,
            network.widths(),
            per_layer("lanes", lanes, count),
            [None] * count if sweep is None else per_layer("sweep", sweep, count),
            chosen_banks(banks, count),
            strict=True,
        )
        if count > MOST_LAYERS:
            msg = f"the network has {count} layers, expected at most {MOST_LAYERS}: a command"
            raise DomainError(f"{msg} names the layer in 6 bits")
        layers = tuple(
            LayerPlan.from_layer(
                index,
                layer,
                widths,
                lanes=own_lanes,
                columns=own_sweep,
                last=index == count - 1,
                ticks=network.ticks,
                banks=own_banks,
            )
            for index, (layer, widths, own_lanes, own_sweep, own_banks) in enumerate(choices)
        )
        return cls(ticks=network.ticks, layers=layers, digest=network.digest)


def _check_segment(index: int, neurons: int, capacity: int, lanes: int) -> None:
    """Refuse a layer whose segment words no response could carry."""
    segment_bits = bits_for(neurons) + bits_for(capacity)
    if segment_bits > WORD_BITS:
        msg = f"layer {index} has {capacity} synapses onto {neurons} neurons in one of {lanes}"
        raise DomainError(
            f"{msg} lanes: a segment word needs {segment_bits} bits, expected at most "
            f"{WORD_BITS}; use more lanes"
        )
