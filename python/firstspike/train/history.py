"""What happened during training, epoch by epoch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Self

from firstspike import _checks
from firstspike._files import write_atomically
from firstspike.errors import FormatError

if TYPE_CHECKING:
    import os

__all__ = ["EpochRecord", "History"]


@dataclass(frozen=True)
class EpochRecord:
    """Figures of one epoch.

    Parameters
    ----------
    epoch : int
        Index, counted from 0.
    lr : float
        Learning rate of the last step.
    loss : float
        Mean over the samples, measured while training.
    accuracy : float
        Share of training samples decided rightly, measured while training.
    silent_rate : float
        Share of training samples whose label output did not spike.
    spikes_per_neuron : float
        Mean number of spikes of a neuron in one sample, all layers together.
    sparsity : float
        Share of weights that are exactly zero after the epoch.
    validation_accuracy : float or None
        Share of validation samples decided rightly after the epoch.
    seconds : float
        Wall-clock time, validation included.
    """

    epoch: int
    lr: float
    loss: float
    accuracy: float
    silent_rate: float
    spikes_per_neuron: float
    sparsity: float
    validation_accuracy: float | None
    seconds: float

    @property
    def score(self) -> float:
        """Validation accuracy, or training accuracy if there is none."""
        validation = self.validation_accuracy
        return self.accuracy if validation is None else validation


@dataclass
class History:
    """Records of all epochs of a run, in order.

    Parameters
    ----------
    epochs : list of EpochRecord
        One per finished epoch, those before a resumed checkpoint included.
    interrupted : bool
        Whether the run was stopped by Ctrl-C.

    Examples
    --------
    >>> from firstspike.train import EpochRecord, History
    >>> history = History([EpochRecord(0, 1e-3, 0.7, 0.5, 0.0, 0.2, 0.0, 0.4, 1.0)])
    >>> history.last.accuracy, history.best_epoch
    (0.5, 0)
    """

    epochs: list[EpochRecord] = field(default_factory=list)
    interrupted: bool = False

    @property
    def last(self) -> EpochRecord:
        """Record of the last finished epoch."""
        return self.epochs[-1]

    @property
    def best_epoch(self) -> int:
        """Epoch with the highest validation accuracy, or training accuracy if there is none."""
        return max(self.epochs, key=lambda record: record.score).epoch

    def __len__(self) -> int:
        return len(self.epochs)

    def to_json(self) -> str:
        """Return the history as a JSON object."""
        return json.dumps(asdict(self), indent=1, default=_checks.plain)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises
        ------
        FormatError
            If the text is not such a history.
        """
        try:
            data = json.loads(text)
            names = {item.name for item in fields(EpochRecord)}
            records = [EpochRecord(**{k: entry[k] for k in names}) for entry in data["epochs"]]
            return cls(records, bool(data["interrupted"]))
        except (ValueError, KeyError, TypeError) as error:
            msg = f"the training history cannot be read ({error!r}); expected History.save's JSON"
            raise FormatError(msg) from None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the history to a JSON file, all of it or nothing."""
        write_atomically(path, self.to_json().encode())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a file that `save` wrote."""
        return cls.from_json(Path(path).read_text())
