"""A stack of integer layers: what everything that runs, prunes, proves or ships starts from."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from firstspike import _checks, _core
from firstspike.errors import DomainError
from firstspike.integer_network import store as file
from firstspike.integer_network._frozen import rebuild, store
from firstspike.integer_network.layer import IntegerLayer
from firstspike.integer_network.readout import FirstSpike, Potential, Readout
from firstspike.integer_network.run import IntegerRun
from firstspike.integer_network.schedule import Causal
from firstspike.integer_network.threshold import NoThreshold
from firstspike.integer_network.ticks import TickBatch
from firstspike.integer_network.widths import LayerWidths, Reach

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from firstspike.events import SpikeBatch

__all__ = ["IntegerNetwork"]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class IntegerNetwork:
    """Layers in which every neuron fires at most once per sample, in integers throughout.

    Its meaning is fixed by ``docs/spec/integer-network.md``. Making one proves that no register
    needs more than 32 bits.

    Parameters
    ----------
    layers : sequence of IntegerLayer
        First to last; the targets of one are the sources of the next.
    ticks : int
        Number ``T`` of ticks of a sample, 1 to 65536; of each window if layers are two-phase.
    tick_seconds : float
        Duration of a tick in seconds (metadata).
    readout : FirstSpike or Potential, default FirstSpike
        How the last layer becomes a decision.
    meta : mapping of str to JSON values
        Free notes, saved with the network; they take no part in its meaning or digest.

    Raises
    ------
    ShapeError
        If there is no layer, or neighbouring layers disagree in size.
    DomainError
        If `ticks` or `tick_seconds` is out of range, layers differ in their schedule, a threshold
        does not fit the ticks or the readout, or `meta` is not JSON.
    WidthError
        If a register would need more than 32 bits.

    Examples
    --------
    >>> import firstspike as fs
    >>> layer = fs.IntegerLayer(
    ...     connectivity=fs.Dense([[3, -3], [1, 2]]),
    ...     program=fs.LifProgram(7, 6, 8, shift=3, guard=0),
    ...     threshold=fs.ConstThreshold([2, 2]),
    ...     weight_bits=3,
    ... )
    >>> network = fs.IntegerNetwork(layers=[layer], ticks=16, tick_seconds=1e-3)
    >>> network
    IntegerNetwork(2-2, ticks=16, n_synapses=4)
    >>> network.widths()[0].membrane_bits
    6
    """

    layers: tuple[IntegerLayer, ...]
    ticks: int
    tick_seconds: float
    readout: Readout = field(default_factory=FirstSpike)
    meta: Mapping[str, Any] = field(default_factory=dict)
    _core: _core.IntegerNetwork = field(init=False)

    def __post_init__(self) -> None:
        layers = tuple(self.layers)
        for index, layer in enumerate(layers):
            if not isinstance(layer, IntegerLayer):
                msg = f"layers[{index}] is {layer!r}, expected an IntegerLayer"
                raise DomainError(msg)
        if not isinstance(self.readout, FirstSpike | Potential):
            msg = f"readout is {self.readout!r}, expected FirstSpike() or Potential()"
            raise DomainError(msg)
        tick_seconds = _checks.positive("tick_seconds", self.tick_seconds, "s")
        ticks = _checks.count("ticks", self.ticks)
        cores = [layer._core for layer in layers]
        handle = _core.IntegerNetwork(cores, ticks, self.readout._core)
        store(self, layers=layers, ticks=ticks, tick_seconds=tick_seconds, _core=handle)
        store(self, meta=_plain_json(self.meta))

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
        """Number of synapses in all layers, those of weight zero included."""
        return sum(layer.n_synapses for layer in self.layers)

    def starts(self, layer: int) -> int:
        """Return the tick since the start of a sample in which a layer's tick 0 falls.

        Zero in causal networks. A two-phase layer fires in the window after the one it listens in;
        the last layer of a network with the readout `Potential` decides as its window closes.

        Examples
        --------
        >>> import numpy as np
        >>> import firstspike as fs
        >>> from firstspike.testing import random_network
        >>> network = random_network(
        ...     np.random.default_rng(0), program=fs.RampProgram, schedule=fs.TwoPhase,
        ...     readout=fs.Potential, sizes=[3, 3, 2], ticks=10,
        ... )
        >>> network.starts(0), network.starts(1)
        (10, 10)
        """
        index = range(len(self.layers))[layer]
        if isinstance(self.layers[index].schedule, Causal):
            return 0
        fires = not isinstance(self.layers[index].threshold, NoThreshold)
        return (index + fires) * self.ticks

    def widths(self) -> tuple[LayerWidths, ...]:
        """Return the proved bounds and widths of the state registers, layer by layer."""
        return tuple(
            LayerWidths(Reach(*current), Reach(*membrane))
            for current, membrane in self._core.bounds()
        )

    def to_ticks(self, spikes: SpikeBatch) -> TickBatch:
        """Put spikes on this network's tick grid; see `TickBatch.from_spikes`."""
        return TickBatch.from_spikes(spikes, ticks=self.ticks, tick_seconds=self.tick_seconds)

    def simulate(
        self,
        spikes: SpikeBatch | TickBatch,
        *,
        early_exit: bool = True,
        record: bool = False,
        threads: int | None = None,
    ) -> IntegerRun:
        """Run samples through the network, event by event, exactly as the hardware does.

        Parameters
        ----------
        spikes : SpikeBatch or TickBatch
            Input spikes in seconds (rounded by `to_ticks`) or in ticks.
        early_exit : bool, default True
            Stop a sample at the close of the tick that decides it. The decision is the same
            either way; without it, all output spikes are seen.
        record : bool, default False
            Keep every spike of every layer.
        threads : int, optional
            Number of threads, all cores by default. Results do not depend on it.

        Returns
        -------
        IntegerRun
            Decisions, ticks, margins, ties, silence, counters and, if asked for, spikes.

        Raises
        ------
        ShapeError
            If the batch has another number of sources than the network.
        DomainError
            If a tick lies beyond the last, or a source spikes more than once in a sample.

        Examples
        --------
        >>> import firstspike as fs
        >>> layer = fs.IntegerLayer(
        ...     connectivity=fs.Dense([[3, -3], [1, 2]]),
        ...     program=fs.LifProgram(7, 6, 8, shift=3, guard=0),
        ...     threshold=fs.ConstThreshold([4, 4]),
        ... )
        >>> network = fs.IntegerNetwork(layers=[layer], ticks=16, tick_seconds=1e-3)
        >>> run = network.simulate(fs.SpikeBatch.from_dense([[0.0, 2e-3], [9e-3, 0.0]]))
        >>> run.decisions.tolist(), run.ticks.tolist(), run.margins.tolist()
        ([0, 1], [1, 1], [1, 0])
        """
        batch = spikes if isinstance(spikes, TickBatch) else self.to_ticks(spikes)
        workers = _core.Workers(threads)
        run = self._core.simulate(batch._core, bool(early_exit), bool(record), workers)
        return IntegerRun.from_core(run, tuple(x.n_targets for x in self.layers), batch.dropped)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything but `meta`, in hexadecimal; names the network in hardware."""
        return file.digest(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to one safetensors file; equal networks give equal bytes.

        The file appears complete or not at all.
        """
        file.save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a network that `save` wrote.

        Raises
        ------
        FormatError
            If the file is truncated, foreign, of a newer version, or contradicts itself.
        OSError
            If it cannot be read at all.
        """
        return file.load(path, cls)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IntegerNetwork):
            return NotImplemented
        return self.digest == other.digest and self.meta == other.meta

    def __hash__(self) -> int:
        return hash(self.digest)

    __reduce__ = rebuild

    def __repr__(self) -> str:
        sizes = "-".join(str(n) for n in (self.n_sources, *(x.n_targets for x in self.layers)))
        return f"IntegerNetwork({sizes}, ticks={self.ticks}, n_synapses={self.n_synapses})"


def _plain_json(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return a deep copy that is what a reader of the file will get."""
    try:
        plain = json.loads(json.dumps(dict(meta), allow_nan=False, default=_checks.plain))
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"meta cannot be written as JSON ({error}), expected strings mapped to JSON values"
        raise DomainError(msg) from None
    if not isinstance(plain, dict) or any(not isinstance(key, str) for key in meta):
        msg = "meta has keys that are not strings, expected strings mapped to JSON values"
        raise DomainError(msg)
    return plain
