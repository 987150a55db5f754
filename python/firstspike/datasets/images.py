"""MNIST and Fashion-MNIST: 28 x 28 grey images in idx files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firstspike.datasets.dataset import Dataset, unknown_split
from firstspike.datasets.files import Publication
from firstspike.datasets.idx import read_idx
from firstspike.errors import FormatError

if TYPE_CHECKING:
    import os

__all__ = ["fashion_mnist", "mnist"]

PREFIXES = {"train": "train", "test": "t10k"}
GREY_LEVELS = 255

MNIST = Publication(
    "mnist",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    {
        "train-images-idx3-ubyte.gz": (
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
        ),
        "train-labels-idx1-ubyte.gz": (
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
        ),
        "t10k-images-idx3-ubyte.gz": (
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
        ),
        "t10k-labels-idx1-ubyte.gz": (
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
        ),
    },
)
FASHION_MNIST = Publication(
    "fashion-mnist",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    {
        "train-images-idx3-ubyte.gz": (
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
        ),
        "train-labels-idx1-ubyte.gz": (
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
        ),
        "t10k-images-idx3-ubyte.gz": (
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
        ),
        "t10k-labels-idx1-ubyte.gz": (
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
        ),
    },
)
GARMENTS = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)


def mnist(split: str = "train", *, root: str | os.PathLike[str] | None = None) -> Dataset:
    """Return the 60000 training or 10000 test images of handwritten digits.

    Parameters
    ----------
    split : {"train", "test"}
        Which part, as published.
    root : path, optional
        Folder with the four ``.gz`` files, or with a folder ``mnist`` that has them. Without it,
        ``$FIRSTSPIKE_DATA`` is tried, then the files are downloaded once and checked.

    Returns
    -------
    Dataset
        784 features, row by row from the top left, ``grey / 255``.

    Raises
    ------
    DataNotFoundError
        If a file is missing; the message says where it was looked for and how to get it.
    FormatError
        If a file is truncated or foreign.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
    recognition", doi:10.1109/5.726791.
    """
    return _images("mnist", MNIST, tuple("0123456789"), split, root)


def fashion_mnist(split: str = "train", *, root: str | os.PathLike[str] | None = None) -> Dataset:
    """Return the 60000 training or 10000 test images of garments.

    Parameters
    ----------
    split : {"train", "test"}
        Which part, as published.
    root : path, optional
        Folder with the four ``.gz`` files, or with a folder ``fashion-mnist`` that has them.
        Without it, ``$FIRSTSPIKE_DATA`` is tried, then the files are downloaded once and checked.

    Returns
    -------
    Dataset
        784 features, row by row from the top left, ``grey / 255``.

    Raises
    ------
    DataNotFoundError
        If a file is missing; the message says where it was looked for and how to get it.
    FormatError
        If a file is truncated or foreign.

    References
    ----------
    H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST", arXiv:1708.07747.
    """
    return _images("fashion_mnist", FASHION_MNIST, GARMENTS, split, root)


def _images(
    name: str,
    publication: Publication,
    classes: tuple[str, ...],
    split: str,
    root: str | os.PathLike[str] | None,
) -> Dataset:
    if split not in PREFIXES:
        raise unknown_split(split, tuple(PREFIXES))
    names = [f"{PREFIXES[split]}-{part}-ubyte.gz" for part in ("images-idx3", "labels-idx1")]
    images_path, labels_path = publication.locate(names, root)
    images, labels = read_idx(images_path, 3), read_idx(labels_path, 1)
    if images.shape[1:] != (28, 28) or len(images) != len(labels):
        msg = (
            f"{images_path} has shape {images.shape} and {labels_path} {len(labels)} labels, "
            "expected 28 x 28 pixels and one label per image"
        )
        raise FormatError(msg)
    if (labels >= len(classes)).any():
        msg = f"{labels_path} holds the label {labels.max()}, expected 0 to {len(classes) - 1}"
        raise FormatError(msg)
    inputs = images.reshape(len(images), -1) / GREY_LEVELS
    return Dataset(name, inputs, labels.astype(np.int64), classes)
