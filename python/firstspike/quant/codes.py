"""How a rectified activation becomes a tick, and a tick a number again."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firstspike import _checks
from firstspike.encoders import Latency
from firstspike.errors import DomainError
from firstspike.integer_network import RampProgram, RampThreshold, TableProgram, TableThreshold

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Kernel", "falling", "first_ticks", "level_encoder", "tick_values"]

_MOST_TICKS = 2**16

#: A program that a two-phase layer can listen with.
Kernel: TypeAlias = RampProgram | TableProgram


def level_encoder(ticks: int, tick_seconds: float) -> Latency:
    """Return the encoder that gives a two-phase `RampProgram` the nearest of ``ticks + 1`` levels.

    The value ``x`` spikes at tick ``k = T - v`` with ``v`` the whole number nearest to ``x T``, and
    not at all for ``v = 0``.

    Parameters
    ----------
    ticks : int
        Ticks ``T`` of a window.
    tick_seconds : float
        Duration of a tick in seconds.

    Raises
    ------
    DomainError
        If `ticks` or `tick_seconds` is out of range.

    Examples
    --------
    >>> import firstspike as fs
    >>> from firstspike.quant import level_encoder
    >>> spikes = level_encoder(4, 1e-3)([[0.0, 0.1, 0.3, 0.7, 1.0]])
    >>> batch = fs.TickBatch.from_spikes(spikes, ticks=4, tick_seconds=1e-3)
    >>> batch.ticks.tolist(), batch.sources.tolist()
    ([0, 1, 3], [4, 3, 2])
    """
    ticks = _checks.count("ticks", ticks)
    if not 1 <= ticks <= _MOST_TICKS:
        msg = f"ticks is {ticks}, expected 1 to {_MOST_TICKS}"
        raise DomainError(msg)
    tick = _checks.positive("tick_seconds", tick_seconds, "s")
    return Latency(t_max=(ticks + 0.5) * tick, t_min=0.5 * tick, threshold=0.5 / ticks)


def tick_values(program: Kernel, ticks: int) -> NDArray[np.int64]:
    """Return what each tick is worth, and at the end the 0 of no spike, shape (ticks + 1,)."""
    return np.array([*(program.value(tick, ticks) for tick in range(ticks)), 0], np.int64)


def falling(
    values: NDArray[np.int64], reach: float, *, ramp: bool
) -> tuple[RampThreshold | TableThreshold, int, float]:
    """Return thresholds that round a membrane to the nearest value of the next layer.

    Parameters
    ----------
    values : ndarray of int64, shape (ticks + 1,)
        See `tick_values`, of the next layer.
    reach : float
        Membrane that stands for the largest value.
    ramp : bool
        Whether the values fall evenly: then one step will do.

    Returns
    -------
    threshold : RampThreshold or TableThreshold
        With mid-points between neighbouring values.
    offset : int
        What has to be added to the biases for it.
    reach : float
        As it has become by rounding.
    """
    ticks = values.size - 1
    if ramp:
        step = max(1, round(reach / ticks))
        return RampThreshold(step), step >> 1, float(step * ticks)
    middles = (values[:-1] + values[1:]) / 2.0 * (reach / values[0])
    return TableThreshold(np.maximum(1, np.rint(middles)).astype(np.int64)), 0, reach


def first_ticks(
    threshold: RampThreshold | TableThreshold, membranes: NDArray[np.int64], ticks: int
) -> NDArray[np.int64]:
    """Return the tick at which each membrane fires, `ticks` for never."""
    ascending = np.array([threshold.at(tick, ticks) for tick in range(ticks)])[::-1]
    return ticks - np.searchsorted(ascending, membranes, side="right")
