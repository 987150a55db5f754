"""How a loss depends on what a network did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from firstspike.models import Gradients, Tape
    from firstspike.readouts import ReadoutSeed

__all__ = ["Derivatives"]

K = TypeVar("K")


@dataclass(frozen=True, eq=False)
class Derivatives:
    """Derivatives of a loss, sorted by what they are derivatives of; what is left out is 0.

    Layers are counted from 0. ``a + b`` belongs to the sum of two losses.

    Parameters
    ----------
    dL_dt : ndarray, shape (n_samples, n_out), optional
        Of the first spikes of the last spiking layer, per second.
    dL_dspikes : mapping from layer to ndarray, shape (n_spikes,)
        Of every spike of a layer, per second, in the order of ``tape.spikes(layer).times``.
    dL_dvmax : mapping from layer to ndarray, shape (n_samples, n_out)
        Of ``tape.max_voltages(layer)``; only silent neurons may have an entry other than 0.
    dL_dreadout : tuple of ReadoutSeed
        Of the readout.
    direct : mapping from (name, layer) to ndarray
        Of parameters that the loss formula itself contains, such as the thresholds of a hinge.

    Examples
    --------
    >>> import numpy as np
    >>> from firstspike.losses import Derivatives
    >>> both = Derivatives(dL_dt=np.ones((1, 2))) + Derivatives(dL_dt=np.ones((1, 2)))
    >>> both.dL_dt.tolist()
    [[2.0, 2.0]]
    """

    dL_dt: NDArray[np.float64] | None = None
    dL_dspikes: Mapping[int, NDArray[np.float64]] = field(default_factory=dict)
    dL_dvmax: Mapping[int, NDArray[np.float64]] = field(default_factory=dict)
    dL_dreadout: tuple[ReadoutSeed, ...] = ()
    direct: Mapping[tuple[str, int], NDArray[np.float64]] = field(default_factory=dict)

    def __add__(self, other: Derivatives) -> Derivatives:
        if self.dL_dt is None or other.dL_dt is None:
            dL_dt = other.dL_dt if self.dL_dt is None else self.dL_dt
        else:
            dL_dt = self.dL_dt + other.dL_dt
        return Derivatives(
            dL_dt=dL_dt,
            dL_dspikes=_merged(self.dL_dspikes, other.dL_dspikes),
            dL_dvmax=_merged(self.dL_dvmax, other.dL_dvmax),
            dL_dreadout=self.dL_dreadout + other.dL_dreadout,
            direct=_merged(self.direct, other.direct),
        )

    def backward(self, tape: Tape, **options: Any) -> Gradients:  # noqa: ANN401
        """Differentiate with respect to everything in the network.

        Parameters
        ----------
        tape : Tape
            The one that the loss was evaluated on.
        **options
            Of `Network.backward`, such as `slope_guard` or `wrt`.
        """
        grads = tape.network.backward(
            tape,
            self.dL_dt,
            self.dL_dvmax or None,
            dL_dspikes=self.dL_dspikes or None,
            dL_dreadout=self.dL_dreadout or None,
            **options,
        )
        for (name, layer), values in self.direct.items():
            if name in grads:
                grads[name][layer][...] += values
        return grads


def _merged(
    one: Mapping[K, NDArray[np.float64]], other: Mapping[K, NDArray[np.float64]]
) -> dict[K, NDArray[np.float64]]:
    merged = dict(one)
    for key, values in other.items():
        merged[key] = merged[key] + values if key in merged else values
    return merged
