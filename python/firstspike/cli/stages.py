"""Stages of a long command: named, timed, and told to whoever waits."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from firstspike.cli.output import console

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Stages"]


class Stages:
    """Wall-clock seconds of each stage, in order.

    Parameters
    ----------
    quiet : bool
        Whether to keep silent; otherwise each stage is told on stderr as it ends.

    Examples
    --------
    >>> from firstspike.cli.stages import Stages
    >>> stages = Stages(quiet=True)
    >>> with stages.stage("train"):
    ...     pass
    >>> list(stages.seconds)
    ['train']
    """

    def __init__(self, *, quiet: bool) -> None:
        self.seconds: dict[str, float] = {}
        self._console = None if quiet else console(stderr=True)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside; an error passes through and leaves no time."""
        began = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - began
        if self._console is not None:
            self._console.print(f"  {name:<12}{self.seconds[name]:6.1f} s")
