"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from firstspike import datasets
from firstspike.errors import DomainError

if TYPE_CHECKING:
    from firstspike.datasets import Dataset
    from firstspike.integer_network import IntegerNetwork
    from firstspike.models import Network

__all__ = ["FOLDER", "IN_FILE", "OUT_FILE", "data_options", "dataset_of", "threads_option"]

Command = TypeVar("Command", bound=Callable[..., Any])

IN_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
OUT_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


def data_options(command: Command) -> Command:
    """Add ``--data``, ``--root`` and ``--encoder``."""
    options = (
        click.option(
            "--data",
            "data",
            type=click.Choice(datasets.NAMES),
            help="Data set; by default the one noted in the network's file.",
        ),
        click.option(
            "--root",
            type=FOLDER,
            help="Folder with the data set's files; by default $FIRSTSPIKE_DATA, then a download.",
        ),
        click.option(
            "--encoder",
            metavar="JSON",
            help="How inputs become spikes; by default as noted in the network's file.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def threads_option(command: Command) -> Command:
    """Add ``--threads``."""
    text = "Number of threads; all cores by default. Results do not depend on it."
    return click.option("--threads", type=click.IntRange(min=1), help=text)(command)


def dataset_of(
    network: Network | IntegerNetwork, name: str | None, root: Path | None
) -> tuple[Dataset, Dataset]:
    """Return train and test parts of the named data set, else of the one noted in the file.

    Raises
    ------
    DomainError
        If neither names a data set.
    DataNotFoundError
        If its files are missing.
    """
    noted = network.meta.get("dataset")
    if name is None and not isinstance(noted, str):
        msg = f"the file does not name a data set; name one: --data {' | '.join(datasets.NAMES)}"
        raise DomainError(msg)
    return datasets.load(name or str(noted), root=root)
