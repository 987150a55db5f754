"""Progress of a training run on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress, TaskID

    from firstspike.train.history import EpochRecord

__all__ = ["CountDisplay", "ProgressDisplay"]


class CountDisplay:
    """A bar over a number of equal things; silent when not `shown`.

    Parameters
    ----------
    name : str
        What is counted.
    total : int
        How many there are.
    shown : bool, optional
        None shows it when standard error is a terminal.
    """

    def __init__(self, name: str, total: int, *, shown: bool | None) -> None:
        self._name, self._total = name, total
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._shown = sys.stderr.isatty() if shown is None else shown

    def __enter__(self) -> Self:
        if self._shown:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.percentage:>3.0f} %"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self._bar.start()
            self._task = self._bar.add_task(self._name, total=self._total)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, done: int) -> None:
        """Show that `done` of them are done."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done)

    def describe(self, text: str) -> None:
        """Show another text beside the bar."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=text)


class ProgressDisplay(CountDisplay):
    """A bar over all batches with the figures of the last epoch; silent when not `shown`.

    Parameters
    ----------
    epochs, batches_per_epoch : int
        Size of the run.
    shown : bool, optional
        None shows it when standard error is a terminal.
    """

    def __init__(self, epochs: int, batches_per_epoch: int, *, shown: bool | None) -> None:
        super().__init__("training", epochs * batches_per_epoch, shown=shown)
        self._batches_per_epoch = batches_per_epoch

    def batch_done(self, epoch: int, batch: int) -> None:
        """Show that `batch` batches of `epoch` are done."""
        self.advance(epoch * self._batches_per_epoch + batch)

    def epoch_done(self, record: EpochRecord) -> None:
        """Show the figures of a finished epoch."""
        text = f"epoch {record.epoch + 1}  loss {record.loss:.4f}  train {record.accuracy:.1%}"
        if record.validation_accuracy is not None:
            text += f"  validation {record.validation_accuracy:.1%}"
        self.describe(text)
