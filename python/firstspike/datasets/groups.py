"""What is known of samples besides their label: who spoke, which recording, which take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.errors import DomainError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["as_groups", "members_of", "values_of"]


def as_groups(groups: Mapping[str, ArrayLike], n_samples: int) -> dict[str, NDArray[Any]]:
    """Return the groups as read-only vectors with one entry per sample."""
    checked = {}
    for name, values in groups.items():
        array = np.array(values)
        if array.shape != (n_samples,):
            msg = f"group {name!r} has shape {array.shape}, expected one entry per sample: "
            raise ShapeError(msg + str(n_samples))
        array.setflags(write=False)
        checked[name] = array
    return checked


def values_of(groups: Mapping[str, NDArray[Any]], name: str) -> NDArray[Any]:
    """Return the different values of a group, in ascending order."""
    if name not in groups:
        known = ", ".join(map(repr, groups)) or "none at all"
        msg = f"group is {name!r}, but the samples have {known}"
        raise DomainError(msg)
    return np.unique(groups[name])


def members_of(
    groups: Mapping[str, NDArray[Any]], name: str, values: Sequence[object]
) -> NDArray[np.bool_]:
    """Mark the samples that have one of the values."""
    known = values_of(groups, name).tolist()
    for value in values:
        if value not in known:
            msg = f"no sample has {name} {value!r}, expected one of {_some(known)}"
            raise DomainError(msg)
    return np.isin(groups[name], np.array(values, dtype=groups[name].dtype))


def _some(values: list[object]) -> str:
    shown = ", ".join(map(repr, values[:12]))
    return shown + (", ..." if len(values) > 12 else "")
