"""Heart beats of the MIT-BIH arrhythmia database, split between patients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.datasets.dataset import Dataset, unknown_split
from firstspike.datasets.files import look_for
from firstspike.datasets.npz import check_labels, read_npz
from firstspike.errors import FormatError
from firstspike.sequences import Sequences

if TYPE_CHECKING:
    import os

__all__ = ["ecg_beats"]

RATE = 360
UNITS_PER_MILLIVOLT = 200.0
CLASSES = ("other", "PVC")
# The division of de Chazal et al.; records with a pacemaker (102, 104, 107, 217) are in neither.
RECORDS = {
    "train": (
        *(101, 106, 108, 109, 112, 114, 115, 116, 118, 119, 122, 124),
        *(201, 203, 205, 207, 208, 209, 215, 220, 223, 230),
    ),
    "test": (
        *(100, 103, 105, 111, 113, 117, 121, 123),
        *(200, 202, 210, 212, 213, 214, 219, 221, 222, 228, 231, 232, 233, 234),
    ),
}
SOURCE = (
    "Cut windows around the annotated beats of https://physionet.org/content/mitdb/1.0.0/ and save "
    "them as numpy arrays x, y and record"
)


def ecg_beats(split: str = "train", *, root: str | os.PathLike[str] | None = None) -> Dataset[Any]:
    """Return windows around heart beats: premature ventricular contractions against the rest.

    No patient is in both parts: the split is that of de Chazal et al., by record. It decides over
    the figures: beats of one patient resemble each other far more than those of two.

    Parameters
    ----------
    split : {"train", "test"}
        Records of the first (DS1) or second (DS2) set.
    root : path, optional
        Folder with ``beats_pvc.npz`` (``x`` i16, shape (n_beats, n_samples), 200 units per mV;
        ``y``, 1 = PVC; ``record``), or with a folder ``ecg-mitbih`` that has it. Records that it
        lacks are lacking here. Without it, ``$FIRSTSPIKE_DATA`` is tried. Nothing is downloaded.

    Returns
    -------
    Dataset
        One channel in millivolts at 360 Hz; group ``"record"``. Licence: ODC-By 1.0.

    Raises
    ------
    DataNotFoundError
        If the file is missing.
    FormatError
        If it is damaged or foreign.

    References
    ----------
    G. B. Moody, R. G. Mark, "The impact of the MIT-BIH arrhythmia database",
    doi:10.1109/51.932724; P. de Chazal, M. O'Dwyer, R. B. Reilly, "Automatic classification of
    heartbeats using ECG morphology and heartbeat interval features", doi:10.1109/TBME.2004.827359.
    """
    if split not in RECORDS:
        raise unknown_split(split, tuple(RECORDS))
    (path,) = look_for("ecg-mitbih", [["beats_pvc.npz"]], root, SOURCE)
    arrays = read_npz(path, {"x": ("iu", 2), "y": ("iu", 1), "record": ("iu", 1)})
    check_labels(path, arrays["y"], len(arrays["x"]), len(CLASSES))
    if arrays["record"].size != len(arrays["x"]):
        msg = f"{path} names {arrays['record'].size} records, expected one per beat"
        raise FormatError(msg)
    chosen = np.isin(arrays["record"], RECORDS[split])
    beats = arrays["x"][chosen].astype(np.float32) / np.float32(UNITS_PER_MILLIVOLT)
    n_beats, length = beats.shape
    signals = Sequences(np.arange(n_beats + 1) * length, beats.reshape(-1, 1), RATE)
    labels = arrays["y"][chosen].astype(np.int64)
    groups = {"record": arrays["record"][chosen].astype(np.int64)}
    return Dataset("ecg_beats", signals, labels, CLASSES, groups)
