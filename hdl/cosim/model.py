"""A core compiled to machine code: samples in, verdicts and spikes out."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from firstspike.errors import DomainError, ToolError
from firstspike.hdl.cores.decision import output_spike, verdict
from firstspike.hdl.cores.steward import COLUMN_AT, Command, command
from firstspike.hdl.cosim.records import unpack
from firstspike.hdl.cycles import pruning_cycles

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from firstspike import TickBatch
    from firstspike.hdl.build.images import Image
    from firstspike.hdl.plan import CorePlan

__all__ = ["CompiledCore", "CoreRun", "Stalls"]

_STATUS = {
    1: "a sample or command does not end",
    2: "more output spikes than a core of this size can give",
    3: "no memory of this name and size",
}


@dataclass(frozen=True)
class Stalls:
    """Random pauses of producer and consumers, of 1 to 16 cycles.

    Parameters
    ----------
    percent : int, default 30
        How often each of them begins a pause, in per cent of the cycles, 0 to 90.
    seed : int, default 0
        Seed of the pauses.
    """

    percent: int = 30
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.percent <= 90:
            msg = f"percent is {self.percent}, expected 0 to 90"
            raise DomainError(msg)


@dataclass(frozen=True, eq=False)
class CoreRun:
    """What a core did with a batch.

    Parameters
    ----------
    verdicts : dict of ndarray of int64, shape (n_samples,)
        Fields of the verdicts: neuron, tick, margin, tie, silent, refused.
    spikes : dict of ndarray of int64, shape (n_spikes,)
        Fields of the output spikes: neuron, tick, margin, and sample.
    starts : ndarray of int64, shape (n_samples,)
        Clock cycle in which the first token was accepted, seen from outside.
    cycles : ndarray of int64, shape (n_samples,)
        Cycles from then on to the verdict.
    counters : ndarray of int64, shape (n_samples, 4)
        The core's own counters after each sample: cycles, added, skipped, inferences.
    total_cycles : int
        Clock cycles of the whole batch.
    """

    verdicts: dict[str, NDArray[np.int64]]
    spikes: dict[str, NDArray[np.int64]]
    starts: NDArray[np.int64]
    cycles: NDArray[np.int64]
    counters: NDArray[np.int64]
    total_cycles: int

    def part(self, first: int, last: int) -> CoreRun:
        """Return what it did with samples `first` to ``last - 1``, counted from zero again."""
        mine = (self.spikes["sample"] >= first) & (self.spikes["sample"] < last)
        spikes = {name: values[mine] for name, values in self.spikes.items()}
        return CoreRun(
            {name: values[first:last] for name, values in self.verdicts.items()},
            spikes | {"sample": spikes["sample"] - first},
            self.starts[first:last],
            self.cycles[first:last],
            self.counters[first:last],
            int(self.cycles[first:last].sum()),
        )


class _Batch(ctypes.Structure):
    _fields_ = (
        ("offsets", ctypes.c_void_p),
        ("ticks", ctypes.c_void_p),
        ("sources", ctypes.c_void_p),
        ("shares", ctypes.c_void_p),
        ("n_ticks", ctypes.c_int32),
        ("early_exit", ctypes.c_int32),
        ("stop_at_verdict", ctypes.c_int32),
        ("streamed", ctypes.c_int32),
        ("stall_percent", ctypes.c_uint32),
        ("stall_seed", ctypes.c_uint64),
        ("cycle_limit", ctypes.c_int64),
        ("verdicts", ctypes.c_void_p),
        ("start_times", ctypes.c_void_p),
        ("verdict_times", ctypes.c_void_p),
        ("counters", ctypes.c_void_p),
        ("spikes", ctypes.c_void_p),
        ("spike_capacity", ctypes.c_int64),
        ("spike_counts", ctypes.c_void_p),
        ("total_cycles", ctypes.c_int64),
    )


class CompiledCore:
    """One core in memory, or several copies of it; not for several threads at a time.

    Parameters
    ----------
    library : Path
        What `library.compile_core` returned.
    plan : CorePlan
        The plan of the core.
    images : iterable of Image
        What its memories hold.
    """

    def __init__(self, library: Path, plan: CorePlan, images: Iterable[Image]) -> None:
        self._plan = plan
        self._library = ctypes.CDLL(str(library))
        self._library.core_new.restype = ctypes.c_void_p
        self._library.core_free.argtypes = [ctypes.c_void_p]
        self._library.core_copies.restype = ctypes.c_size_t
        self._copies = int(self._library.core_copies())
        self._core = ctypes.c_void_p(self._library.core_new())
        self.fill(images)

    @property
    def copies(self) -> int:
        """How many copies of the core run side by side."""
        return self._copies

    def fill(self, images: Iterable[Image], copy: int | None = None) -> None:
        """Set what memories hold, past the hardware's ports, in one copy or in all."""
        copies = range(self._copies) if copy is None else [copy]
        for image in images:
            words = np.array(image.words, np.uint32)
            for one in copies:
                status = self._library.core_load(
                    self._core,
                    ctypes.c_size_t(one),
                    image.name.encode(),
                    _pointer(words),
                    ctypes.c_size_t(words.size),
                )
                self._check(status, f"loading {image.name}")

    @property
    def plan(self) -> CorePlan:
        """The plan of the core."""
        return self._plan

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the core."""
        if self._core:
            self._library.core_free(self._core)
            self._core = ctypes.c_void_p(None)

    def reset(self) -> None:
        """Reset the core for one cycle; memories keep their content."""
        self._library.core_reset(self._core)

    def run(
        self,
        batch: TickBatch,
        *,
        early_exit: bool = True,
        stalls: Stalls | None = None,
        stop_at_verdict: bool = True,
        streamed: bool = False,
        shares: Sequence[int] | None = None,
    ) -> CoreRun:
        """Run a batch.

        Parameters
        ----------
        batch : TickBatch
            The samples.
        early_exit : bool, default True
            Stop at the deciding tick.
        stalls : Stalls, optional
            Random pauses; none by default.
        stop_at_verdict : bool, default True
            The producer ends a sample when it sees the verdict, rather than telling all of it.
        streamed : bool, default False
            The producer offers samples one behind the other, rather than each to a core at rest.
        shares : sequence of int, length copies + 1, optional
            Copy `c` runs samples ``shares[c]`` to ``shares[c + 1] - 1``; equal shares by default.

        Raises
        ------
        ToolError
            If the core hangs.
        """
        plan, stalls = self._plan, stalls or Stalls(percent=0)
        n = batch.n_samples
        offsets = np.ascontiguousarray(batch.offsets, np.int64)
        ticks = np.ascontiguousarray(batch.ticks, np.int32)
        sources = np.ascontiguousarray(batch.sources, np.uint32)
        verdicts = np.zeros((n, 4), np.uint32)
        starts, ends = np.zeros(n, np.int64), np.zeros(n, np.int64)
        counters = np.zeros((n, 4), np.uint32)
        capacity = plan.n_outputs
        spikes, counts = np.zeros((n, capacity, 4), np.uint32), np.zeros(n, np.int64)
        edges = np.array(self.shares(n) if shares is None else shares, np.int64)
        job = _Batch(
            offsets=_pointer(offsets),
            ticks=_pointer(ticks),
            sources=_pointer(sources),
            shares=_pointer(edges),
            n_ticks=plan.ticks,
            early_exit=early_exit,
            stop_at_verdict=stop_at_verdict,
            streamed=streamed,
            stall_percent=stalls.percent,
            stall_seed=stalls.seed,
            cycle_limit=self._cycle_limit(),
            verdicts=_pointer(verdicts),
            start_times=_pointer(starts),
            verdict_times=_pointer(ends),
            counters=_pointer(counters),
            spikes=_pointer(spikes),
            spike_capacity=capacity,
            spike_counts=_pointer(counts),
        )
        self._check(self._library.core_run(self._core, ctypes.byref(job)), "running a batch")
        told = unpack(spikes[np.arange(capacity) < counts[:, None]], output_spike(plan))
        told["sample"] = np.repeat(np.arange(n), counts)
        return CoreRun(
            unpack(verdicts, verdict(plan)),
            told,
            starts,
            ends - starts,
            counters.astype(np.int64),
            job.total_cycles,
        )

    def shares(self, n_samples: int) -> list[int]:
        """Return the first sample of every copy, and their number, in shares as equal as can be."""
        edges: list[int] = np.linspace(0, n_samples, self._copies + 1).round().astype(int).tolist()
        return edges

    def prune(self, layer: int, threshold: int, floor: int = 0) -> int:
        """Drop the synapses of a layer with ``|w| < threshold``; return how many there were.

        Every neuron keeps `floor` synapses, or all it had.
        """
        return self.prune_copies(layer, threshold, floor)[0]

    def prune_copies(self, layer: int, threshold: int, floor: int = 0) -> list[int]:
        """Prune every copy; return what each of them dropped."""
        return self._commands(Command.PRUNE, layer, 0, threshold | floor << 16)

    def memory(self, name: str, words: int, copy: int = 0) -> NDArray[np.uint32]:
        """Return what a memory holds, past the hardware's ports; `name` is that of its image."""
        content = np.zeros(words, np.uint32)
        status = self._library.core_dump(
            self._core,
            ctypes.c_size_t(copy),
            name.encode(),
            _pointer(content),
            ctypes.c_size_t(words),
        )
        self._check(status, f"reading {name}")
        return content

    def segments(self, layer: int, lane: int) -> list[int]:
        """Read the segment memory of a lane, word by word."""
        count = self._plan.layers[layer].n_sources
        return [self._command(Command.READ_SEGMENT, layer, lane, word) for word in range(count)]

    def synapses(self, layer: int, lane: int) -> list[int]:
        """Read a synapse memory of a lane, word by word; in a dense layer `lane` is the part."""
        count = self._plan.layers[layer].capacity
        return [self._command(Command.READ_SYNAPSE, layer, lane, word) for word in range(count)]

    def load(self, image: Image) -> None:
        """Write a memory of a lane through the command port, word by word.

        The core refuses samples until its next `prune`, perhaps with a threshold of zero.
        """
        layer = self._plan.layers[image.layer]
        op, lane, count = Command.READ_SYNAPSE, image.lane, layer.capacity
        if image.memory == "segments":
            op, count = Command.READ_SEGMENT, layer.n_sources
        elif image.memory.startswith("weights"):
            lane = int(image.memory.removeprefix("weights"))
        first = 0
        if image.memory.startswith(("thresholds", "biases")):
            op, count = Command.READ_NEURON, layer.rows
            first = int(image.memory.lstrip("thresoldbia")) << COLUMN_AT
        self._command(op, image.layer, lane, first)
        for word in image.words[:count]:
            self._command(Command.LOAD, image.layer, lane, word)

    def status(self, copy: int = 0) -> dict[str, int]:
        """Return the counters that outlast a sample, and the flags."""
        values = (ctypes.c_uint32 * 7)()
        self._library.core_status(self._core, ctypes.c_size_t(copy), values)
        names = ("inferences", "live", "pruned", "image_valid", "stray", "denied", "locked")
        return dict(zip(names, values, strict=True))

    def _command(self, op: Any, layer: int, lane: int, value: int) -> int:  # noqa: ANN401
        return self._commands(op, layer, lane, value)[0]

    def _commands(self, op: Any, layer: int, lane: int, value: int) -> list[int]:  # noqa: ANN401
        fields = {"op": op.value, "layer": layer, "lane": lane, "value": value}
        word = sum(given << command[name].offset for name, given in fields.items())
        responses = (ctypes.c_uint32 * self._copies)()
        limit = 100 + max(
            pruning_cycles(plan, floored=True, n_synapses=len(plan.lanes) * plan.capacity)
            for plan in self._plan.layers
        )
        status = self._library.core_command(
            self._core,
            ctypes.c_uint64(word),
            ctypes.c_int64(limit),
            responses,
        )
        self._check(status, f"command {op.name}")
        return list(responses)

    def _cycle_limit(self) -> int:
        """Return more cycles than any sample can take, however often it is held up."""
        work = 1000
        for layer in self._plan.layers:
            synapses = layer.capacity + layer.n_sources
            work += synapses + self._plan.ticks * (layer.rows + layer.n_targets + 20)
        return work * 20

    def _check(self, status: int, action: str) -> None:
        if status:
            msg = f"{action}: {_STATUS.get(status, status)}"
            raise ToolError(msg)


def _pointer(array: NDArray[np.generic]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
