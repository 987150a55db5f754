"""Real weights as integers times a scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike import _checks, _core

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["lattice_scale", "least_error_scale", "round_weights"]


def round_weights(weights: ArrayLike, scale: float, bits: int) -> NDArray[np.int8]:
    r"""Round to the nearest integer multiple of a scale, halves to even, and clip.

    .. math::

        q = \mathrm{clip}\left(\mathrm{round}(w / s), -(2^{b-1}-1), 2^{b-1}-1\right)

    This is the rule of quantisation-aware training, so its weights come out unchanged.

    Parameters
    ----------
    weights : array_like, shape (n_in, n_out)
        Real weights.
    scale : float
        Real value :math:`s` of the integer 1.
    bits : int
        Width :math:`b`, 2 to 8.

    Returns
    -------
    ndarray of int8, shape (n_in, n_out)

    Raises
    ------
    DomainError
        If `scale` or `bits` is out of range.

    Examples
    --------
    >>> from firstspike.quant import round_weights
    >>> round_weights([[0.25, -0.75, 9.0]], scale=0.5, bits=4).tolist()
    [[0, -2, 7]]
    """
    limit = _core.largest_weight(_checks.count("bits", bits))
    array = _checks.real_matrix("weights", weights, "(n_in, n_out)")
    rounded = np.rint(array / _checks.positive("scale", scale))
    return np.clip(rounded, -limit, limit).astype(np.int8)


def least_error_scale(weights: ArrayLike, bits: int) -> float:
    """Return the scale with the least squared rounding error among 64 candidates.

    Parameters
    ----------
    weights : array_like, shape (n_in, n_out)
        Real weights.
    bits : int
        Width of the integers, 2 to 8.

    Examples
    --------
    >>> from firstspike.quant import least_error_scale
    >>> least_error_scale([[0.5, -1.5, 3.5]], bits=4)
    0.5
    """
    limit = _core.largest_weight(_checks.count("bits", bits))
    array = _checks.real_matrix("weights", weights, "(n_in, n_out)")
    return _core.best_weight_scale(array.reshape(-1), limit)


def lattice_scale(weights: ArrayLike, bits: int) -> float | None:
    """Return the scale of which all weights are whole multiples already, or None.

    Quantisation-aware training leaves such weights behind, and they must survive exactly.

    Parameters
    ----------
    weights : array_like, shape (n_in, n_out)
        Real weights.
    bits : int
        Width of the integers, 2 to 8.

    Examples
    --------
    >>> from firstspike.quant import lattice_scale
    >>> lattice_scale([[0.5, -1.5, 2.0]], bits=4)
    0.5
    >>> lattice_scale([[0.5, -1.5, 2.1]], bits=4) is None
    True
    """
    limit = _core.largest_weight(_checks.count("bits", bits))
    array = np.abs(_checks.real_matrix("weights", weights, "(n_in, n_out)"))
    largest = float(array.max(initial=0.0))
    if largest == 0.0:
        return None
    for multiple in range(1, int(limit) + 1):
        scale = largest / multiple
        if _is_whole(array / scale):
            return scale
    return None


def _is_whole(values: NDArray[Any]) -> bool:
    # A product of two float32 numbers is off by 2^-24 of itself, of at most 127 here.
    return bool((np.abs(values - np.rint(values)) < 1e-4).all())
