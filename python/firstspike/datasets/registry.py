"""Data sets by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from firstspike import _checks
from firstspike.datasets.digits import digits
from firstspike.datasets.event_camera import n_mnist
from firstspike.datasets.heart_beats import ecg_beats
from firstspike.datasets.heidelberg import shd, ssc
from firstspike.datasets.images import fashion_mnist, mnist
from firstspike.datasets.speech_commands import speech_commands
from firstspike.datasets.spoken_digits import fsdd
from firstspike.datasets.uci import japanese_vowels, optical_digits, pen_digits, pen_strokes
from firstspike.datasets.yin_yang import yin_yang
from firstspike.errors import DomainError

if TYPE_CHECKING:
    import os

    from firstspike.datasets.dataset import Dataset

__all__ = ["NAMES", "load"]


class Loader(Protocol):
    """Reads one part of a data set from its files."""

    def __call__(
        self, split: str = "train", *, root: str | os.PathLike[str] | None = None
    ) -> Dataset[Any]:
        """Return the part `split`."""
        ...


EMBEDDED = {"digits": digits, "yin_yang": yin_yang}
IN_FILES: dict[str, Loader] = {
    "mnist": mnist,
    "fashion_mnist": fashion_mnist,
    "optical_digits": optical_digits,
    "pen_digits": pen_digits,
    "pen_strokes": pen_strokes,
    "japanese_vowels": japanese_vowels,
    "ecg_beats": ecg_beats,
    "fsdd": fsdd,
    "speech_commands": speech_commands,
    "n_mnist": n_mnist,
    "shd": shd,
    "ssc": ssc,
}
NAMES = (*EMBEDDED, *IN_FILES)


def load(
    name: str, *, root: str | os.PathLike[str] | None = None
) -> tuple[Dataset[Any], Dataset[Any]]:
    """Return the training and test parts of a data set.

    Parameters
    ----------
    name : str
        One of `NAMES`. `digits` and `yin_yang` need no file; `mnist`, `fashion_mnist`, `shd` and
        `ssc` are found or downloaded; the others are found. Each is described by the function of
        its name.
    root : path, optional
        Folder with the files; without it, ``$FIRSTSPIKE_DATA`` is tried.

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
    _checks.known("data set", name, NAMES)
    if root is not None:
        msg = f"root is {str(root)!r}, but {name} has no files; leave root out"
        raise DomainError(msg)
    return EMBEDDED[name]("train"), EMBEDDED[name]("test")
