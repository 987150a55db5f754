"""Errors that fall with a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

__all__ = ["convergence"]


def convergence(
    steps: ArrayLike, errors: Mapping[str, ArrayLike], *, unit: str = "ms", ax: Axes | None = None
) -> Axes:
    """Plot errors against a step on logarithmic axes, with a line of first order to compare.

    Parameters
    ----------
    steps : array_like, shape (n,)
        Steps, above 0.
    errors : mapping from name to array_like, shape (n,)
        Errors at each step, above 0.
    unit : str
        Unit of `steps`, for the label.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Raises
    ------
    ShapeError
        If there is not one error per step.
    DomainError
        If there is nothing to draw, or a number is not finite and above 0.

    Examples
    --------
    >>> import firstspike as fs
    >>> ax = fs.plots.convergence([1.0, 0.1], {"spike times": [0.5, 0.05]})
    >>> ax.get_xlabel()
    'step (ms)'
    """
    x = _positive("steps", steps)
    if not x.size or not errors:
        msg = f"steps has {x.size} entries and errors {len(errors)}, expected at least 1 of each"
        raise DomainError(msg)
    if ax is None:
        from matplotlib.figure import Figure

        ax = Figure(figsize=(5.0, 4.0), layout="constrained").subplots()
    largest = 0.0
    for name, values in errors.items():
        y = _positive(f"errors[{name!r}]", values)
        if y.size != x.size:
            msg = f"errors[{name!r}] has {y.size} entries, expected one per step: {x.size}"
            raise ShapeError(msg)
        ax.loglog(x, y, marker="o", label=name)
        largest = max(largest, float(y[np.argmax(x)]))
    ax.loglog(x, largest * x / x.max(), color="grey", linestyle=":", label="first order")
    ax.set_xlabel(f"step ({unit})")
    ax.set_ylabel("error")
    ax.legend()
    return ax


def _positive(name: str, values: ArrayLike) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    vector = _checks.real_vector(name, values)
    if not (np.isfinite(vector) & (vector > 0)).all():
        msg = f"{name} is {vector.tolist()}, expected finite numbers above 0"
        raise DomainError(msg)
    return vector
