"""Batch normalisation, folded into the layer in front of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError, ShapeError
from firstspike.integer_network._frozen import store

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BatchNorm"]


@dataclass(frozen=True, eq=False)
class BatchNorm:
    r"""What batch normalisation does to the outputs of one layer at inference.

    .. math::

        y = \gamma \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta

    It stands between a layer's sum and its rectifier.

    Parameters
    ----------
    gamma, beta, mean, var : array_like, shape (n_targets,)
        Scale, shift, running mean and running variance.
    eps : float, default 1e-5
        Added to the variance.

    Raises
    ------
    ShapeError
        If the vectors differ in length.
    DomainError
        If a number is not finite, or ``var + eps`` not above zero.

    Examples
    --------
    >>> from firstspike.quant import BatchNorm
    >>> norm = BatchNorm(gamma=[2.0], beta=[1.0], mean=[3.0], var=[4.0], eps=0.0)
    >>> weights, bias = norm.fold([[0.5]], [5.0])
    >>> weights.tolist(), bias.tolist()
    ([[0.5]], [3.0])
    """

    gamma: NDArray[np.float64]
    beta: NDArray[np.float64]
    mean: NDArray[np.float64]
    var: NDArray[np.float64]
    eps: float = 1e-5

    def __post_init__(self) -> None:
        names = ("gamma", "beta", "mean", "var")
        vectors = {name: _checks.real_vector(name, getattr(self, name)) for name in names}
        sizes = {name: vector.size for name, vector in vectors.items()}
        if len(set(sizes.values())) != 1:
            msg = f"the vectors have {sizes} entries, expected one per neuron in each"
            raise ShapeError(msg)
        for name, vector in vectors.items():
            if not np.isfinite(vector).all():
                msg = f"{name} holds numbers that are not finite, expected a trained network"
                raise DomainError(msg)
        if not (vectors["var"] + self.eps > 0).all():
            msg = f"var + eps is {(vectors['var'] + self.eps).min()}, expected more than 0"
            raise DomainError(msg)
        store(self, **vectors, eps=float(self.eps))

    def fold(
        self, weights: NDArray[np.float64], bias: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return weights (n_sources, n_targets) and bias of the layer with the same outputs.

        Raises
        ------
        ShapeError
            If the layer has another number of neurons.
        """
        weights = _checks.real_matrix("weights", weights, "(n_sources, n_targets)")
        if weights.shape[1] != self.gamma.size:
            msg = (
                f"the layer has {weights.shape[1]} neurons, the batch normalisation "
                f"{self.gamma.size}; expected the same"
            )
            raise ShapeError(msg)
        factor = self.gamma / np.sqrt(self.var + self.eps)
        return weights * factor, (np.asarray(bias) - self.mean) * factor + self.beta
