"""Data sets by name."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from firstspike.datasets.digits import digits
from firstspike.datasets.images import fashion_mnist, mnist
from firstspike.datasets.yin_yang import yin_yang
from firstspike.errors import DomainError

if TYPE_CHECKING:
    import os

    from firstspike.datasets.dataset import Dataset

__all__ = ["NAMES", "load"]

EMBEDDED = {"digits": digits, "yin_yang": yin_yang}
IN_FILES = {"mnist": mnist, "fashion_mnist": fashion_mnist}
NAMES = (*EMBEDDED, *IN_FILES)


def load(name: str, *, root: str | os.PathLike[str] | None = None) -> tuple[Dataset, Dataset]:
    """Return the training and test parts of a data set.

    Parameters
    ----------
    name : {"digits", "yin_yang", "mnist", "fashion_mnist"}
        `digits` and `yin_yang` need no file; the others are found or downloaded.
    root : path, optional
        Folder with the files; see `mnist`.

    Raises
    ------
    DomainError
        If there is no such data set, or `root` is given for one that has no files.
    DataNotFoundError
        If a file is missing.
    FormatError
        If a file is truncated or foreign.

    Examples
    --------
    >>> import firstspike as fs
    >>> train, test = fs.datasets.load("digits")
    >>> len(train), len(test), train.inputs.shape[1], train.classes[:3]
    (1352, 445, 64, ('0', '1', '2'))
    """
    if name in IN_FILES:
        return IN_FILES[name]("train", root=root), IN_FILES[name]("test", root=root)
    if name not in EMBEDDED:
        near = difflib.get_close_matches(name, NAMES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        msg = f"data set is {name!r}, expected one of {', '.join(NAMES)}{hint}"
        raise DomainError(msg)
    if root is not None:
        msg = f"root is {str(root)!r}, but {name} has no files; leave root out"
        raise DomainError(msg)
    return EMBEDDED[name]("train"), EMBEDDED[name]("test")
