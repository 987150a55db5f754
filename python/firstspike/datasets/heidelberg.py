"""The Heidelberg spiking data sets: spoken words as spikes of a model of the inner ear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.datasets.dataset import Dataset, unknown_split
from firstspike.datasets.files import Archives
from firstspike.datasets.hdf5 import SpikeFile, read_header
from firstspike.datasets.stored import Stored

if TYPE_CHECKING:
    import os

__all__ = ["shd", "ssc"]

URL = "https://zenkelab.org/datasets/"
N_UNITS = 700
SHD = Archives(
    "shd",
    URL,
    {
        "shd_train.h5": "f3252aeb598ac776c1b526422d90eecb",
        "shd_test.h5": "1503a5064faa34311c398fb0a1ed0a6f",
    },
)
SSC = Archives(
    "ssc",
    URL,
    {
        "ssc_train.h5": "d102be95e7144fcc0553d1f45ba94170",
        "ssc_valid.h5": "b4eee3516a4a90dd0c71a6ac23a8ae43",
        "ssc_test.h5": "a35ff1e9cffdd02a20eb850c17c37748",
    },
)


def shd(split: str = "train", *, root: str | os.PathLike[str] | None = None) -> Dataset[Any]:
    """Return the Spiking Heidelberg Digits: German and English digits, 700 channels.

    Two of the twelve speakers are in the test part only; to choose settings without it, leave
    out speakers of the training part (`Dataset.folds` over ``"speaker"``).

    Parameters
    ----------
    split : {"train", "test"}
        Which part, as published.
    root : path, optional
        Folder with ``shd_train.h5`` and ``shd_test.h5``, or with a folder ``shd`` that has them.
        Without it, ``$FIRSTSPIKE_DATA`` is tried, then the files are downloaded once and checked.

    Returns
    -------
    Dataset
        Spikes in seconds, left in their file until they are encoded; ``load()`` brings them into
        memory. Group ``"speaker"``. Licence of the data: CC BY 4.0.

    Raises
    ------
    DataNotFoundError
        If a file is missing; the message says where it was looked for and how to get it.
    FormatError
        If a file is damaged or foreign.
    ToolError
        If h5py is not installed.

    References
    ----------
    B. Cramer, Y. Stradmann, J. Schemmel, F. Zenke, "The Heidelberg spiking data sets for the
    systematic evaluation of spiking neural networks", doi:10.1109/TNNLS.2020.3044364.
    """
    return _heidelberg("shd", SHD, {"train": "train", "test": "test"}, split, root)


def ssc(split: str = "train", *, root: str | os.PathLike[str] | None = None) -> Dataset[Any]:
    """Return the Spiking Speech Commands: 35 English words, 700 channels.

    Parameters
    ----------
    split : {"train", "validation", "test"}
        Which part, as published.
    root : path, optional
        Folder with ``ssc_train.h5``, ``ssc_valid.h5`` and ``ssc_test.h5``, or with a folder
        ``ssc`` that has them. Without it, ``$FIRSTSPIKE_DATA`` is tried, then the files are
        downloaded once and checked.

    Returns
    -------
    Dataset
        Spikes in seconds, left in their file until they are encoded; group ``"speaker"`` if the
        file tells the speakers. Licence of the data: CC BY 4.0.

    Raises
    ------
    DataNotFoundError
        If a file is missing; the message says where it was looked for and how to get it.
    FormatError
        If a file is damaged or foreign.
    ToolError
        If h5py is not installed.

    References
    ----------
    B. Cramer, Y. Stradmann, J. Schemmel, F. Zenke, "The Heidelberg spiking data sets for the
    systematic evaluation of spiking neural networks", doi:10.1109/TNNLS.2020.3044364.
    """
    parts = {"train": "train", "validation": "valid", "test": "test"}
    return _heidelberg("ssc", SSC, parts, split, root)


def _heidelberg(
    name: str,
    archives: Archives,
    parts: dict[str, str],
    split: str,
    root: str | os.PathLike[str] | None,
) -> Dataset[Any]:
    if split not in parts:
        raise unknown_split(split, tuple(parts))
    path = archives.locate(f"{name}_{parts[split]}.h5", root)
    header = read_header(path)
    groups = {} if header.speakers is None else {"speaker": header.speakers}
    spikes = Stored(SpikeFile(path, N_UNITS), np.arange(header.labels.size))
    return Dataset(name, spikes, header.labels, header.classes, groups)
