"""The float network, in values and in spike times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError, ShapeError
from firstspike.integer_network import TickBatch
from firstspike.models.parameters import Parameters
from firstspike.two_phase.codes import LinearCode, TimeCode
from firstspike.two_phase.passes import Rounding, forward

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike, NDArray

    from firstspike.events import SpikeBatch

__all__ = ["TwoPhaseNetwork"]


class TwoPhaseNetwork:
    r"""Layers that listen for a whole window and fire in the next one: a rectified network in time.

    A spike at time :math:`t` of its window of :math:`T_w` seconds is worth
    :math:`x = 1 - t / T_w`. A neuron sums :math:`z = b + \sum_j w_j x_j` while it listens, and
    fires in the next window when a threshold that falls from 1 to 0 meets its potential, at
    :math:`t = (1 - \min(z, 1))\,T_w`, or not at all if :math:`z \le 0`. So every layer computes

    .. math::

        x_l = \min(\max(x_{l-1} W_l + b_l, 0), 1)

    exactly, the derivative of a spike time with respect to another is a weight, and the network
    trains as an ordinary rectified one does. The last layer never fires: its potentials are the
    scores. On a clock of `ticks` ticks per window, values are rounded to those of a `TimeCode`.

    Parameters
    ----------
    sizes : sequence of int
        Number of inputs, of neurons in each hidden layer, of outputs.
    ticks : int, default 15
        Ticks per window of the clock, at least 2.
    window : float, default 20e-3
        Duration of a window in seconds.
    code : TimeCode, optional
        Of hidden layers on the clock, `LinearCode` by default. Inputs are coded linearly always.
    seed : int
        Seed of the initial weights, normal with variance ``2 / n_in``; biases start at zero.
    dtype : dtype, default float32
        Precision, float32 or float64.

    Attributes
    ----------
    weights, biases : Parameters
        Per layer, shapes (n_in, n_out) and (n_out,); readable and settable.
    scales : list of float or None
        Per layer, what one unit of an integer weight is worth where training has rounded weights.

    Raises
    ------
    ShapeError
        If there are fewer than two sizes.
    DomainError
        If a size is 0, `ticks` below 2, `window` not positive, or `dtype` another one.

    References
    ----------
    Stanojevic et al., Nat. Commun. 15 (2024), arXiv:2306.08744.

    Examples
    --------
    >>> import firstspike as fs
    >>> net = fs.two_phase.TwoPhaseNetwork([2, 3, 2], seed=0)
    >>> spikes = fs.SpikeBatch.from_dense([[0.0, 5e-3]])
    >>> net.scores(spikes).shape
    (1, 2)
    >>> [times.shape for times in net.spike_times(spikes)]
    [(1, 3)]
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        ticks: int = 15,
        window: float = 20e-3,
        code: TimeCode | None = None,
        seed: int = 0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if len(sizes) < 2:
            msg = f"sizes is {list(sizes)}, expected at least the numbers of inputs and of outputs"
            raise ShapeError(msg)
        self.sizes = tuple(_checks.count(f"sizes[{i}]", n) for i, n in enumerate(sizes))
        if 0 in self.sizes:
            msg = f"sizes is {list(sizes)}, expected at least 1 everywhere"
            raise DomainError(msg)
        self.ticks = _checks.count("ticks", ticks)
        if self.ticks < 2:
            msg = f"ticks is {ticks}, expected at least 2"
            raise DomainError(msg)
        self.window = _checks.positive("window", window, "s")
        self.code: TimeCode = code or LinearCode()
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
            msg = f"dtype is {self.dtype}, expected float32 or float64"
            raise DomainError(msg)
        seed = _checks.count("seed", seed)
        shapes = list(zip(self.sizes[:-1], self.sizes[1:], strict=True))
        draws = [
            np.random.default_rng([seed, layer]).normal(0.0, np.sqrt(2.0 / shape[0]), shape)
            for layer, shape in enumerate(shapes)
        ]
        self._weights = Parameters("weights", [draw.astype(self.dtype) for draw in draws])
        self._biases = Parameters("biases", [np.zeros(n, self.dtype) for n in self.sizes[1:]])
        self.scales: list[float | None] = [None] * len(shapes)

    @property
    def weights(self) -> Parameters:
        """Weights of each layer, shape (n_in, n_out)."""
        return self._weights

    @property
    def biases(self) -> Parameters:
        """Biases of each layer, shape (n_out,)."""
        return self._biases

    @property
    def tick(self) -> float:
        """Seconds per tick of the clock."""
        return self.window / self.ticks

    @property
    def rounding(self) -> Rounding:
        """What the clock does to the potentials of a hidden layer."""
        return Rounding(self.code.values(self.ticks), self.code.levels(self.ticks))

    def inputs(self, spikes: SpikeBatch, *, rounded: bool = False) -> NDArray[Any]:
        """Return what the spikes of each sample are worth, shape (n_samples, n_in).

        Parameters
        ----------
        spikes : SpikeBatch
            At most one spike per source and sample; those after the window are worth nothing.
        rounded : bool
            Whether times are rounded down to the clock.

        Raises
        ------
        ShapeError
            If the batch has another number of sources.
        DomainError
            If a source spikes more than once.
        """
        if spikes.n_sources != self.sizes[0]:
            msg = f"spikes has {spikes.n_sources} sources, expected {self.sizes[0]}"
            raise ShapeError(msg)
        batch = TickBatch.from_spikes(spikes, ticks=self.ticks, tick_seconds=self.tick)
        worth = np.zeros((spikes.n_samples, self.sizes[0]), self.dtype)
        parts = batch if rounded else spikes
        samples = np.repeat(np.arange(spikes.n_samples), np.diff(parts.offsets))
        if rounded:
            values = LinearCode().values(self.ticks)[batch.ticks]
        else:
            values = np.maximum(1.0 - spikes.times / self.window, 0.0)
        worth[samples, parts.sources] = values
        return worth

    def scores(self, spikes: SpikeBatch, *, rounded: bool = False) -> NDArray[Any]:
        """Return the potentials of the last layer, shape (n_samples, n_out).

        Parameters
        ----------
        spikes : SpikeBatch
            Input spikes.
        rounded : bool
            Whether all spike times are those of the clock.
        """
        return self._run(spikes, rounded=rounded)[-1]

    def spike_times(self, spikes: SpikeBatch) -> list[NDArray[np.float64]]:
        """Return the times of all hidden spikes in continuous time, ``inf`` for none.

        Returns
        -------
        list of ndarray of float64, shape (n_samples, n_out)
            Of every hidden layer ``l``, in seconds since the start of the sample: within
            ``(l + 1) window`` and ``(l + 2) window``.
        """
        hidden = self._run(spikes, rounded=False)[:-1]
        return [
            np.where(x > 0.0, (layer + 2.0 - x.astype(np.float64)) * self.window, np.inf)
            for layer, x in enumerate(hidden)
        ]

    def accuracy(
        self, spikes: SpikeBatch, labels: NDArray[np.int64], *, rounded: bool = False
    ) -> float:
        """Return the share of samples whose label has the largest score."""
        return float(np.mean(self.scores(spikes, rounded=rounded).argmax(axis=1) == labels))

    def _run(self, spikes: SpikeBatch, *, rounded: bool) -> list[NDArray[Any]]:
        hidden = len(self.weights) - 1
        roundings = [self.rounding if rounded else None] * hidden
        trace = forward(
            self.inputs(spikes, rounded=rounded),
            self.weights,
            self.biases,
            roundings,
            [None] * hidden,
        )
        return [*trace.inputs[1:], trace.scores]

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.sizes))
        return f"<TwoPhaseNetwork {sizes}, {self.ticks} ticks, {self.dtype}>"
