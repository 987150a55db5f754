"""Where the runs of a sweep are carried out."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from firstspike import _checks
from firstspike.errors import DomainError

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["Pool", "Processes", "Threads"]


class Pool(Protocol):
    """Makes the workers of a sweep."""

    @property
    def count(self) -> int:
        """Number of workers."""
        ...

    def open(self) -> Executor:
        """Start the workers."""
        ...

    def check(self, job: object) -> None:
        """Refuse a job that these workers cannot carry out."""
        ...


@dataclass(frozen=True)
class Processes:
    """One process per worker: best for runs that spend their time in Python.

    Every process starts afresh and imports the module of the job, so the job has to be a function
    at the top of a module, and a script that calls `sweep` must do so under ``if __name__ ==
    "__main__":``.

    Parameters
    ----------
    workers : int, optional
        Number of processes; one per core if omitted.

    Raises
    ------
    DomainError
        If the number is not at least 1.

    Examples
    --------
    >>> from firstspike.train import Processes
    >>> Processes(2)
    Processes(workers=2)
    """

    workers: int | None = None

    def __post_init__(self) -> None:
        _check(self.workers)

    @property
    def count(self) -> int:
        """Number of workers."""
        return self.workers or os.cpu_count() or 1

    def open(self) -> Executor:
        """Start the processes; spawned, because threads do not survive a fork."""
        return ProcessPoolExecutor(
            self.count,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_prepare,
        )

    def check(self, job: object) -> None:
        """Refuse a job that cannot be sent to another process."""
        try:
            pickle.dumps(job)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            msg = (
                f"job cannot be sent to another process ({error}); expected a function at the top "
                "of a module, or pool=Threads()"
            )
            raise DomainError(msg) from None


@dataclass(frozen=True)
class Threads:
    """One thread per worker: for jobs that cannot be sent to another process.

    Fused training runs in Rust and leaves the interpreter to the others, so threads fill the cores
    as well; composable training shares one interpreter and does not.

    Parameters
    ----------
    workers : int, optional
        Number of threads; one per core if omitted.

    Raises
    ------
    DomainError
        If the number is not at least 1.

    Examples
    --------
    >>> from firstspike.train import Threads
    >>> Threads(2)
    Threads(workers=2)
    """

    workers: int | None = None

    def __post_init__(self) -> None:
        _check(self.workers)

    @property
    def count(self) -> int:
        """Number of workers."""
        return self.workers or os.cpu_count() or 1

    def open(self) -> Executor:
        """Start the threads."""
        return ThreadPoolExecutor(self.count)

    def check(self, job: object) -> None:
        """Accept every job."""


def _check(workers: int | None) -> None:
    if workers is not None and _checks.count("workers", workers) < 1:
        msg = f"workers is {workers}, expected at least 1"
        raise DomainError(msg)


def _prepare() -> None:
    _let_the_first_interrupt_pass()
    threading.Thread(target=_end_with_the_sweep, daemon=True).start()


def _end_with_the_sweep() -> None:
    """Exit with the sweep: killed, it cannot stop its processes, and nobody takes their results."""
    sweep = multiprocessing.parent_process()
    if sweep is not None:
        sweep.join()
        os._exit(1)


def _let_the_first_interrupt_pass() -> None:
    """Ctrl-C reaches all processes; the first one is for the sweep, which lets runs finish."""
    seen = False

    def handle(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001
        nonlocal seen
        if seen:
            raise KeyboardInterrupt
        seen = True

    signal.signal(signal.SIGINT, handle)
