"""Many runs in one call."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from firstspike import _checks
from firstspike.errors import DomainError
from firstspike.train.interrupt import GracefulInterrupt
from firstspike.train.progress import CountDisplay
from firstspike.train.sweep.pools import Processes
from firstspike.train.sweep.table import SweepRow, SweepTable, read_rows, run_key

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence

    from firstspike.train.sweep.pools import Pool

__all__ = ["sweep"]

Job: TypeAlias = "Callable[..., Mapping[str, float]]"
Run: TypeAlias = tuple[int, dict[str, Any]]

#: Seconds between two looks at Ctrl-C.
PATIENCE = 0.1


def sweep(
    job: Job,
    *,
    seeds: Iterable[int],
    grid: Mapping[str, Sequence[Any]] | None = None,
    pool: Pool | None = None,
    path: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
) -> SweepTable:
    """Run a job for every seed at every point of a grid, on all cores.

    Runs do not depend on one another: a run that fails becomes a row with its error, and the others
    go on. The table does not depend on the number of workers or on which run ends first.

    Parameters
    ----------
    job : callable
        ``job(seed=..., threads=1, **point) -> figures``: trains something on `threads` threads and
        returns numbers by name.
    seeds : iterable of int
        Seeds of every point.
    grid : mapping of str to sequence, optional
        Settings to combine, the last one varying fastest; without it there is one point.
    pool : Processes or Threads, optional
        The workers, each with one thread; `Processes()` if omitted.
    path : path, optional
        JSON file that holds every finished run. Runs found there are not repeated, failed ones are,
        and runs of other seeds and points are kept. After an interruption, the same call goes on.
    progress : bool, optional
        Whether to show a progress bar; if omitted, when standard error is a terminal.

    Returns
    -------
    SweepTable
        One row per run. After Ctrl-C, runs that had begun are finished first, the others are
        missing, and `interrupted` is true; a second Ctrl-C gives up at once.

    Raises
    ------
    DomainError
        If there is no seed, a point has no value or is named like an argument that every job gets,
        the job does not suit the pool, or `path` belongs to another job or to no folder.
    FormatError
        If `path` cannot be read.

    Examples
    --------
    >>> import firstspike as fs
    >>> from firstspike.train import Threads, evaluate
    >>> data, test = fs.datasets.load("digits")
    >>> encoder = fs.encoders.Latency(t_max=20e-3)
    >>> def job(*, seed, threads, lr):
    ...     net = fs.Network([fs.LIF(64, 20), fs.LIF(20, 10)], seed=seed)
    ...     optimizer = fs.optim.Adam(lr=lr)
    ...     fs.train(net, data[:100], encoder=encoder, optimizer=optimizer, epochs=1, seed=seed,
    ...              threads=threads)
    ...     right = evaluate(net, encoder(test.inputs), test.labels, threads=threads)
    ...     return {"accuracy": right.accuracy}
    >>> table = fs.sweep(job, seeds=range(2), grid={"lr": (1e-3, 5e-3)}, pool=Threads(2))
    >>> [(row.seed, row.point["lr"]) for row in table.rows]
    [(0, 0.001), (1, 0.001), (0, 0.005), (1, 0.005)]
    """
    pool = pool or Processes()
    pool.check(job)
    runs = _runs(seeds, grid or {})
    name = f"{getattr(job, '__module__', '')}.{getattr(job, '__qualname__', repr(job))}"
    kept = _kept(path, name)
    wanted = {run_key(seed, point) for seed, point in runs}
    rows = {key: row for key, row in kept.items() if key in wanted and row.error is None}
    others = [row for key, row in kept.items() if key not in wanted]
    left = [run for run in runs if run_key(*run) not in rows]

    def table() -> SweepTable:
        ordered = [rows[key] for run in runs if (key := run_key(*run)) in rows]
        return SweepTable(ordered, interrupted=len(ordered) < len(runs))

    with CountDisplay("runs", len(runs), shown=progress) as display, GracefulInterrupt() as stop:
        display.advance(len(rows))
        for row in _carry_out(job, left, pool, stop):
            rows[row.key] = row
            display.advance(len(rows))
            if path is not None:
                SweepTable([*others, *table().rows]).save(path, job=name)
    return table()


def _runs(seeds: Iterable[int], grid: Mapping[str, Sequence[Any]]) -> list[Run]:
    if not isinstance(seeds, Iterable):
        msg = f"seeds is {seeds!r}, expected several, such as range({seeds!r})"
        raise DomainError(msg)
    chosen = [_checks.count("seed", seed) for seed in seeds]
    if not chosen or len(set(chosen)) < len(chosen):
        msg = f"seeds is {chosen}, expected at least one, each once"
        raise DomainError(msg)
    for name, values in grid.items():
        if name in ("seed", "threads") or isinstance(values, str) or not len(values):
            msg = (
                f"grid[{name!r}] is {values!r}, expected a setting other than seed and threads, "
                "with a sequence of at least one value"
            )
            raise DomainError(msg)
    points = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    return [(seed, point) for point in points for seed in chosen]


def _kept(path: str | os.PathLike[str] | None, name: str) -> dict[str, SweepRow]:
    if path is not None and not Path(path).absolute().parent.is_dir():
        msg = f"path is {path}, expected a file in a folder that exists"
        raise DomainError(msg)
    if path is None or not Path(path).exists():
        return {}
    job, rows = read_rows(path)
    if job != name:
        msg = f"job is {name}, but {path} was written by {job}; give every job a file of its own"
        raise DomainError(msg)
    return {row.key: row for row in rows}


def _carry_out(
    job: Job, runs: list[Run], pool: Pool, stop: GracefulInterrupt
) -> Iterator[SweepRow]:
    """Yield rows as they are done; no run begins once `stop` is requested."""
    waiting, executor = iter(runs), pool.open()
    running: dict[Future[SweepRow], Run] = {}
    try:
        while True:
            free = 0 if stop.requested else pool.count - len(running)
            for run in itertools.islice(waiting, free):
                running[executor.submit(_one, job, *run)] = run
            if not running:
                return
            done, _ = wait(running, timeout=PATIENCE, return_when=FIRST_COMPLETED)
            if any(isinstance(future.exception(), BrokenExecutor) for future in done):
                done = wait(running).done  # they share the fate of their pool
                executor = pool.open()
            for future in done:
                yield _row(future, running.pop(future))
    finally:
        executor.shutdown(wait=not running, cancel_futures=True)


def _row(future: Future[SweepRow], run: Run) -> SweepRow:
    try:
        return future.result()
    except BrokenExecutor as error:
        return SweepRow(*run, None, f"a worker process died ({error}), maybe for lack of memory")


def _one(job: Job, seed: int, point: dict[str, Any]) -> SweepRow:
    """Carry out one run; whatever it raises is its own affair."""
    began = time.perf_counter()
    try:
        figures = job(seed=seed, threads=1, **point)
        if not isinstance(figures, Mapping):
            msg = f"job returned a {type(figures).__name__}, expected numbers by name"
            raise DomainError(msg)
        found = {str(name): float(value) for name, value in figures.items()}
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        return SweepRow(seed, point, None, text, time.perf_counter() - began)
    return SweepRow(seed, point, found, None, time.perf_counter() - began)
