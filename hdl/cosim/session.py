"""All passes of a verification on the compiled core, spread over threads."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from firstspike.hdl.cosim.compare import Expectation, Mismatch
from firstspike.hdl.cosim.model import CompiledCore, CoreRun, Stalls
from firstspike.hdl.cosim.pruning import dropped, pruned_images

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from firstspike.hdl.build.images import Image
    from firstspike.hdl.plan import CorePlan
    from firstspike.integer_network import IntegerNetwork, TickBatch

__all__ = ["Session"]


@dataclass
class Session:
    """Several cores, each with its share of the samples.

    Parameters
    ----------
    library : Path
        The compiled core.
    plan : CorePlan
        Its plan.
    images : iterable of Image
        What its memories hold.
    batch : TickBatch
        The samples.
    threads : int
        Number of threads.
    """

    library: Path
    plan: CorePlan
    images: Iterable[Image]
    batch: TickBatch
    threads: int
    passes: list[str] = field(default_factory=list)
    mismatches: list[str] = field(default_factory=list)
    clock_cycles: int = 0

    def __enter__(self) -> Self:
        images = list(self.images)
        count = max(1, min(self.threads, self.batch.n_samples))
        with ExitStack() as stack:
            self._cores = [
                stack.enter_context(CompiledCore(self.library, self.plan, images))
                for _ in range(count)
            ]
            self._pool = stack.enter_context(ThreadPoolExecutor(count))
            self._open = stack.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._open.close()

    def check(
        self,
        name: str,
        expected: Expectation,
        *,
        stalls: Stalls | None = None,
        streamed: bool = False,
        first: int | None = None,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Run all samples, or the first ones, and compare; return decisions and cycles.

        Each of them finds a core at rest, or, `streamed`, follows the one before at once.
        """
        count = min(self.batch.n_samples, self.batch.n_samples if first is None else first)
        edges = np.linspace(0, count, len(self._cores) + 1).round().astype(int).tolist()
        parts = [slice(*pair) for pair in itertools.pairwise(edges)]

        def run(core: CompiledCore, part: slice) -> tuple[CoreRun, list[Mismatch]]:
            batch = _cut(self.batch, part)
            shares = core.shares(batch.n_samples)
            got = core.run(
                batch,
                early_exit=expected.early_exit,
                stalls=stalls,
                # In a stream, the core has to swallow what comes after its verdict.
                stop_at_verdict=not streamed,
                streamed=streamed,
                shares=shares,
            )
            timed = stalls is None
            stream = expected.stream(batch, shares) if streamed and timed else None
            return got, expected.compare(got, part, timed=timed, stream=stream)

        results = list(self._pool.map(run, self._cores, parts))
        self.passes.append(name if count == self.batch.n_samples else f"{name}, {count} samples")
        self.mismatches += [f"{name}: {found}" for _, part in results for found in part]
        self.clock_cycles += sum(got.total_cycles for got, _ in results)
        decisions = np.concatenate([got.verdicts["neuron"] for got, _ in results])
        return decisions, np.concatenate([got.cycles for got, _ in results])

    def prune(self, commanded: Sequence[int], meant: Sequence[int]) -> int:
        """Prune all layers on chip and compare the memories; return the number of live synapses.

        Parameters
        ----------
        commanded : sequence of int
            Thresholds that the core is given.
        meant : sequence of int
            Thresholds that it is compared with; the same, unless the check itself is checked.
        """
        expected = dropped(self.plan, meant)
        images = pruned_images(self.plan, meant)

        def run(core: CompiledCore) -> tuple[list[str], int]:
            found = []
            for layer, threshold in enumerate(commanded):
                found += [
                    f"layer {layer} dropped {count}, expected {expected[layer]}"
                    for count in core.prune_copies(layer, threshold)
                    if count != expected[layer]
                ]
            for image, copy in itertools.product(images, range(core.copies)):
                words = core.memory(image.name, len(image.words), copy)
                found += [
                    f"word {at} of {image.name} is {words[at]:#x}, expected {image.words[at]:#x}"
                    for at in np.flatnonzero(words != np.array(image.words, np.uint32))[:1]
                ]
            states = [core.status(copy) for copy in range(core.copies)]
            live = self.plan.n_synapses - sum(expected)
            wanted = {"live": live, "pruned": sum(expected), "image_valid": 1, "stray": 0}
            found += [
                f"{name} is {status[name]}, expected {value}"
                for status in states
                for name, value in wanted.items()
                if status[name] != value
            ]
            return found, states[0]["live"]

        results = list(self._pool.map(run, self._cores))
        self.passes.append("prune")
        self.mismatches += [f"prune: {text}" for found, _ in results for text in found]
        return results[0][1]


def expectations(
    network: IntegerNetwork, plan: CorePlan, batch: TickBatch, threads: int
) -> tuple[Expectation, Expectation]:
    """Return what is expected with early exit, and without."""
    early, whole = (
        Expectation.of(network, plan, batch, early_exit=early, threads=threads)
        for early in (True, False)
    )
    return early, whole


def _cut(batch: TickBatch, part: slice) -> TickBatch:
    first, last = part.start, part.stop
    spikes = slice(int(batch.offsets[first]), int(batch.offsets[last]))
    return type(batch)(
        batch.offsets[first : last + 1] - batch.offsets[first],
        batch.ticks[spikes],
        batch.sources[spikes],
        batch.n_sources,
    )
