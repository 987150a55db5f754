"""A training run in one file, to be resumed to the same bits."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError, safe_open

from firstspike import _checks
from firstspike._files import write_atomically
from firstspike.errors import DomainError, FormatError
from firstspike.optim import OptimizerState
from firstspike.train.history import EpochRecord, History
from firstspike.train.state import TrainState

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from firstspike.models import Network

__all__ = ["load_checkpoint", "save_checkpoint"]

FORMAT = "firstspike.checkpoint"
VERSION = 2


def save_checkpoint(
    path: str | os.PathLike[str],
    state: TrainState,
    net: Network,
    history: History,
    settings: dict[str, str],
) -> None:
    """Write the whole state of a run, or leave the old file as it was.

    Parameters
    ----------
    path : path
        A safetensors file: tensors ``learned.NAME.N`` (full precision, in the unit it is learned
        in), ``moments.N.M``, ``network.NAME.N`` (all that the network computes with), and a JSON
        header under the metadata key ``firstspike``.
    state : TrainState
        What is learned, moments, steps and epochs.
    net : Network
        The network in training.
    history : History
        Records so far.
    settings : dict of str
        What must not change between this run and the one that resumes it.
    """
    tensors = dict(_named("learned", state.learned)) | dict(_named("network", net.parameters))
    for n, moments in enumerate(state.optimizer.moments):
        tensors |= {f"moments.{n}.{m}": array for m, array in enumerate(moments)}
    header = {
        "format": FORMAT,
        "version": VERSION,
        "epoch": state.epoch,
        "step": state.optimizer.step,
        "settings": settings,
        "history": asdict(history),
    }
    metadata = {"firstspike": json.dumps(header, sort_keys=True, default=_checks.plain)}
    contiguous = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    write_atomically(path, safetensors.numpy.save(contiguous, metadata=metadata))


def load_checkpoint(
    path: str | os.PathLike[str],
    expected: TrainState,
    net: Network,
    settings: dict[str, str],
) -> tuple[TrainState, History]:
    """Read what `save_checkpoint` wrote; bring `net` up to date once everything is checked.

    Parameters
    ----------
    path : path
        The file.
    expected : TrainState
        A fresh state of the run that resumes; shapes and precision must agree.
    net : Network
        The network of the run that resumes.
    settings : dict of str
        Settings of the run that resumes; they must be those of the file.

    Raises
    ------
    FormatError
        If the file is truncated, foreign, of an unknown version or contradicts itself.
    DomainError
        If the file belongs to a run with other settings or another network.
    """
    header, tensors = _read(Path(path))
    _require_settings(path, header["settings"], settings)
    state = TrainState(
        learned=_take_all(path, tensors, "learned", expected.learned),
        optimizer=OptimizerState(
            step=header["step"],
            moments=[
                [_take(path, tensors, f"moments.{n}.{m}", a) for m, a in enumerate(moments)]
                for n, moments in enumerate(expected.optimizer.moments)
            ],
        ),
        epoch=header["epoch"],
    )
    for name, arrays in _take_all(path, tensors, "network", net.parameters).items():
        for n, array in enumerate(arrays):
            net.parameters[name][n] = array
    return state, header["history"]


def _read(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        msg = f"{path} cannot be read as a checkpoint ({error}); expected a file that train wrote"
        raise FormatError(msg) from None
    try:
        header = json.loads(metadata["firstspike"])
        kind, version = header["format"], header["version"]
        if kind != FORMAT or version != VERSION:
            msg = f"{path} is {kind} version {version}, expected {FORMAT} version {VERSION}"
            raise FormatError(msg)
        history = header["history"]
        records = [EpochRecord(**record) for record in history["epochs"]]
        fields = {
            "epoch": int(header["epoch"]),
            "step": int(header["step"]),
            "settings": dict(header["settings"]),
            "history": History(records, bool(history["interrupted"])),
        }
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        msg = f"{path} has no header of a checkpoint ({error!r}); expected a file that train wrote"
        raise FormatError(msg) from None
    return fields, tensors


def _require_settings(
    path: str | os.PathLike[str], saved: dict[str, str], asked: dict[str, str]
) -> None:
    for name in sorted(saved.keys() | asked.keys()):
        if saved.get(name) != asked.get(name):
            msg = (
                f"{name} is {asked.get(name)}, but {path} was written with {saved.get(name)}; "
                "resume with the same settings, or start with another checkpoint file"
            )
            raise DomainError(msg)


def _named(
    kind: str, groups: Mapping[str, Sequence[NDArray[Any]]]
) -> Iterator[tuple[str, NDArray[Any]]]:
    for name, arrays in groups.items():
        for n, array in enumerate(arrays):
            yield f"{kind}.{name}.{n}", array


def _take_all(
    path: str | os.PathLike[str],
    tensors: dict[str, NDArray[Any]],
    kind: str,
    like: Mapping[str, Sequence[NDArray[Any]]],
) -> dict[str, list[NDArray[Any]]]:
    return {
        name: [_take(path, tensors, f"{kind}.{name}.{n}", array) for n, array in enumerate(arrays)]
        for name, arrays in like.items()
    }


def _take(
    path: str | os.PathLike[str],
    tensors: dict[str, NDArray[Any]],
    name: str,
    like: NDArray[Any],
) -> NDArray[Any]:
    if name not in tensors:
        msg = f"{path} lacks the tensor {name}; the file is damaged or of another run"
        raise FormatError(msg)
    array = tensors[name]
    if array.shape != like.shape or array.dtype != like.dtype:
        msg = (
            f"{name} in {path} is {array.dtype} of shape {array.shape}, "
            f"expected {like.dtype} of shape {like.shape}"
        )
        raise DomainError(msg)
    return np.array(array, order="C")
