"""What came out of a sweep."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from firstspike._files import write_atomically
from firstspike.errors import FormatError

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

__all__ = ["SweepRow", "SweepTable"]

FORMAT = "firstspike.sweep"
VERSION = 1


@dataclass(frozen=True)
class SweepRow:
    """One run.

    Parameters
    ----------
    seed : int
        Its seed.
    point : dict
        Its settings out of the grid.
    figures : dict of str to float, optional
        What the job returned; None if it failed.
    error : str, optional
        Type and text of the exception, if it failed.
    seconds : float
        Duration; not part of equality.
    """

    seed: int
    point: Mapping[str, Any]
    figures: Mapping[str, float] | None
    error: str | None = None
    seconds: float = field(default=0.0, compare=False)

    @property
    def key(self) -> str:
        """Name of the run in files."""
        return run_key(self.seed, self.point)


def run_key(seed: int, point: Mapping[str, Any]) -> str:
    """Return the same text for the same seed and settings, whatever their types."""
    return json.dumps([seed, dict(point)], sort_keys=True, default=repr)


@dataclass
class SweepTable:
    """Rows of a sweep, in the order of the grid and, within a point, of the seeds.

    Parameters
    ----------
    rows : list of SweepRow
        Finished runs, failed ones included.
    interrupted : bool
        Whether Ctrl-C kept some runs from being started.

    Examples
    --------
    >>> from firstspike.train import SweepRow, SweepTable
    >>> rows = [SweepRow(s, {"lr": 0.1}, {"accuracy": a}) for s, a in ((0, 0.9), (1, 0.7))]
    >>> [{k: round(v, 2) for k, v in line.items()} for line in SweepTable(rows).summary()]
    [{'lr': 0.1, 'runs': 2, 'failed': 0, 'accuracy': 0.8, 'accuracy_std': 0.14}]
    """

    rows: list[SweepRow] = field(default_factory=list)
    interrupted: bool = False

    def summary(self) -> list[dict[str, Any]]:
        """Return one dict per point: settings, number of runs, mean and spread of every figure.

        The spread is the sample standard deviation, 0 for a single run.
        """
        points: dict[str, list[SweepRow]] = {}
        for row in self.rows:
            points.setdefault(run_key(0, row.point), []).append(row)
        return [_summary(rows) for rows in points.values()]

    def __str__(self) -> str:
        """Return the summary as a table of text."""
        lines = [{name: _text(value) for name, value in row.items()} for row in self.summary()]
        heads = list(dict.fromkeys(name for line in lines for name in line))
        widths = [max(len(head), *(len(line.get(head, "")) for line in lines)) for head in heads]
        table = [dict(zip(heads, heads, strict=True)), *lines]
        return "\n".join(
            "  ".join(line.get(head, "").rjust(w) for head, w in zip(heads, widths, strict=True))
            for line in table
        )

    def save(self, path: str | os.PathLike[str], *, job: str = "") -> None:
        """Write all rows to a JSON file, all of it or nothing."""
        header = {"format": FORMAT, "version": VERSION, "job": job}
        content = header | {"rows": [asdict(row) for row in self.rows]}
        write_atomically(path, json.dumps(content, indent=1, default=repr).encode())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a file that `save` wrote.

        Raises
        ------
        FormatError
            If the file is not such a table.
        """
        return cls(read_rows(path)[1])


def read_rows(path: str | os.PathLike[str]) -> tuple[str, list[SweepRow]]:
    """Return the name of the job and the rows of a file."""
    try:
        content = json.loads(Path(path).read_text())
        if (content["format"], content["version"]) != (FORMAT, VERSION):
            kind = f"{content['format']} version {content['version']}"
            msg = f"{path} is {kind}, expected {FORMAT} version {VERSION}"
            raise FormatError(msg)
        return str(content["job"]), [SweepRow(**row) for row in content["rows"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, FormatError):
            raise
        msg = f"{path} cannot be read as a sweep ({error!r}); expected a file that sweep wrote"
        raise FormatError(msg) from None


def _summary(rows: list[SweepRow]) -> dict[str, Any]:
    done = [row.figures for row in rows if row.figures is not None]
    line: dict[str, Any] = dict(rows[0].point)
    line |= {"runs": len(done), "failed": len(rows) - len(done)}
    for name in dict.fromkeys(name for figures in done for name in figures):
        values = np.array([figures[name] for figures in done if name in figures])
        line[name] = float(values.mean())
        line[f"{name}_std"] = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return line


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
