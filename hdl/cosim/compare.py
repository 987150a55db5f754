"""What a core must do with a batch, and where it does something else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.hdl.cycles import planned_cycles, planned_stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firstspike.hdl.cosim.model import CoreRun
    from firstspike.hdl.cycles import StreamCycles
    from firstspike.hdl.plan import CorePlan
    from firstspike.integer_network import IntegerNetwork, IntegerRun, TickBatch

__all__ = ["Expectation", "Mismatch"]

_VERDICT = {
    "neuron": "decisions",
    "tick": "ticks",
    "margin": "margins",
    "tie": "ties",
    "silent": "silent",
}


@dataclass(frozen=True)
class Mismatch:
    """One thing in which a core differs from the simulator.

    Parameters
    ----------
    sample : int
        Which sample of the batch.
    what : str
        Which quantity.
    got, expected : str
        What the core gave, and what the simulator did.
    """

    sample: int
    what: str
    got: str
    expected: str

    def __str__(self) -> str:
        return f"sample {self.sample}: {self.what} is {self.got}, expected {self.expected}"


@dataclass(frozen=True, eq=False)
class Expectation:
    """What the simulator and the cycle model say about a batch.

    Parameters
    ----------
    run : IntegerRun
        Verdicts and all spikes.
    cycles : ndarray of int64, shape (n_samples,)
        Cycles of each sample when it has the core for itself and nobody pauses.
    early_exit : bool
        Whether samples end at the deciding tick.
    network : IntegerNetwork
        What was simulated.
    plan : CorePlan
        How the core is laid out.
    """

    run: IntegerRun
    cycles: NDArray[np.int64]
    early_exit: bool
    network: IntegerNetwork
    plan: CorePlan

    @classmethod
    def of(
        cls,
        network: IntegerNetwork,
        plan: CorePlan,
        batch: TickBatch,
        *,
        early_exit: bool,
        threads: int | None = None,
    ) -> Expectation:
        """Simulate a batch and predict its cycles on a core laid out like `plan`."""
        cycles = planned_cycles(network, plan, batch, early_exit=early_exit, threads=threads)
        stored = plan.stored(network)
        run = stored.simulate(batch, early_exit=early_exit, record=True, threads=threads)
        return cls(run, cycles, early_exit, network, plan)

    def stream(self, batch: TickBatch, edges: Sequence[int] | None = None) -> StreamCycles:
        """Predict streams of such samples; see `planned_stream`."""
        return planned_stream(
            self.network, self.plan, batch, early_exit=self.early_exit, edges=edges, threads=1
        )

    def compare(
        self,
        got: CoreRun,
        samples: slice | None = None,
        *,
        timed: bool = True,
        stream: StreamCycles | None = None,
    ) -> list[Mismatch]:
        """Return every difference, sample by sample.

        Parameters
        ----------
        got : CoreRun
            What the core did.
        samples : slice, optional
            Which of the expected samples it ran, without a step; all by default.
        timed : bool, default True
            Compare cycles; they are only defined without stalls.
        stream : StreamCycles, optional
            When these samples start, and how long they take, if they followed each other.
        """
        first, last, _ = (samples or slice(None)).indices(self.run.n_samples)
        part = slice(first, last)
        found = []
        for field, name in _VERDICT.items():
            expected = getattr(self.run, name)[part].astype(np.int64)
            found += _differences(name, got.verdicts[field], expected, first)
        found += _differences("refused", got.verdicts["refused"], np.zeros(last - first), first)
        found += self._compare_spikes(got, first, last)
        counted = got.counters[:, 0]
        if stream is not None:
            firsts = np.array(stream.edges[:-1], np.int64)
            counts = np.diff(stream.edges)
            begun = np.repeat(got.starts[firsts[counts > 0]], counts[counts > 0])
            found += _differences("the start", got.starts - begun, stream.starts, first)
            found += _differences("cycles", got.cycles, stream.cycles, first)
        elif timed:
            found += _differences("cycles", got.cycles, self.cycles[part], first)
        found += _differences("the core's cycle counter", counted, got.cycles, first)
        if not self.early_exit:  # until it is stopped, a layer works ahead of the next one
            added = self.run.counters.synaptic_adds[part].sum(axis=1)
            found += _differences("synapses added", got.counters[:, 1], added, first)
        return sorted(found, key=lambda mismatch: mismatch.sample)

    def _compare_spikes(self, got: CoreRun, first: int, last: int) -> list[Mismatch]:
        recorded = self.run.spikes(-1)
        offsets = recorded.batch.offsets
        spikes = slice(int(offsets[first]), int(offsets[last]))
        order = np.lexsort((got.spikes["neuron"], got.spikes["tick"], got.spikes["sample"]))
        counts = np.bincount(got.spikes["sample"], minlength=last - first)
        wrong = _differences("output spikes", counts, np.diff(offsets[first : last + 1]), first)
        if wrong:
            return wrong
        samples = got.spikes["sample"][order]
        expected: dict[str, NDArray[Any]] = {
            "neuron": recorded.batch.sources[spikes],
            "tick": recorded.batch.ticks[spikes],
            "margin": recorded.margins[spikes],
        }
        found = []
        for field, values in expected.items():
            seen = got.spikes[field][order]
            found += [
                Mismatch(first + int(samples[at]), f"an output spike's {field}", *map(str, pair))
                for at in np.flatnonzero(seen != values)
                for pair in [(seen[at], values[at])]
            ]
        return found


def _differences(
    what: str, got: NDArray[Any], expected: NDArray[Any], first: int
) -> list[Mismatch]:
    return [
        Mismatch(first + int(at), what, str(int(got[at])), str(int(expected[at])))
        for at in np.flatnonzero(np.asarray(got) != np.asarray(expected))
    ]
