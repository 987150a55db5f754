"""What a loss is: on spike times, on a readout, or on everything a network did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from firstspike.losses.derivatives import Derivatives
    from firstspike.models import Tape
    from firstspike.readouts import Potentials, ReadoutSeed

__all__ = ["Loss", "ReadoutLoss", "SpikeTimeLoss", "TapeLoss"]


class SpikeTimeLoss(Protocol):
    """Anything that maps first spike times and labels to a loss and its derivative.

    A plain function will do. It may use numpy only; ``firstspike.train`` calls it between the
    forward and the backward pass.

    Examples
    --------
    >>> import numpy as np
    >>> def earlier_labels(times, labels):
    ...     rows = np.arange(len(labels))
    ...     label_times = times[rows, labels]
    ...     fired = np.isfinite(label_times)
    ...     dL_dt = np.zeros_like(times)
    ...     dL_dt[rows[fired], labels[fired]] = 1.0 / len(labels)
    ...     return float(label_times[fired].sum() / len(labels)), dL_dt
    >>> loss, dL_dt = earlier_labels(np.array([[1e-3, 4e-3]]), np.array([1]))
    >>> loss, dL_dt.tolist()
    (0.004, [[0.0, 1.0]])
    """

    def __call__(
        self, times: NDArray[np.float64], labels: NDArray[np.int64], /
    ) -> tuple[float, NDArray[np.float64]]:
        """Evaluate one batch.

        Parameters
        ----------
        times : ndarray of float64, shape (n_samples, n_out)
            First spike times in seconds, ``inf`` where an output is silent.
        labels : ndarray of int64, shape (n_samples,)
            Index of the right output of each sample.

        Returns
        -------
        loss : float
            Mean over the batch.
        dL_dt : ndarray of float64, shape (n_samples, n_out)
            Derivative of that mean per second; zero where an output is silent.
        """
        ...


class ReadoutLoss(Protocol):
    """Anything that maps the potentials of a readout and labels to a loss and its seeds.

    A plain function will do, for networks whose last layer is `firstspike.LI`. It observes what it
    needs, any number of times, and says how it depends on every observation.

    Examples
    --------
    >>> import numpy as np
    >>> import firstspike as fs
    >>> def highest_label(potentials, labels):
    ...     z = potentials.maximum()
    ...     rows, share = np.arange(len(labels)), 1.0 / len(labels)
    ...     dL_dz = np.zeros_like(z.values)
    ...     dL_dz[rows, labels] = -share
    ...     return float(-share * z.values[rows, labels].sum()), z.seed(dL_dz)
    >>> layer = fs.LI(1, 2, duration=40e-3)
    >>> spikes = fs.SpikeBatch.from_lists([[(0.0, 0)]], n_sources=1)
    >>> potentials = fs.readouts.Potentials(layer, np.array([[1.0, 2.0]]), spikes)
    >>> loss, seed = highest_label(potentials, np.array([1]))
    >>> round(loss, 3), potentials.gradients(seed).weights.round(3).tolist()
    (-0.315, [[0.0, -0.157]])
    """

    def __call__(
        self, potentials: Potentials, labels: NDArray[np.int64], /
    ) -> tuple[float, ReadoutSeed | Sequence[ReadoutSeed]]:
        """Evaluate one batch.

        Parameters
        ----------
        potentials : Potentials
            Of the readout on this batch.
        labels : ndarray of int64, shape (n_samples,)
            Index of the right output of each sample.

        Returns
        -------
        loss : float
            Mean over the batch.
        seeds : ReadoutSeed or sequence of ReadoutSeed
            From `Observation.seed`; they add up.
        """
        ...


@runtime_checkable
class TapeLoss(Protocol):
    """A loss that may look at everything a network did: any spike, silent potentials, the readout.

    `PerSpike` makes one of a plain function of spikes; `Sum` adds several losses of any kind up.
    """

    def on_tape(self, tape: Tape, labels: NDArray[np.int64], /) -> tuple[float, Derivatives]:
        """Evaluate one batch.

        Parameters
        ----------
        tape : Tape
            What the network did.
        labels : ndarray of int64, shape (n_samples,)
            Index of the right output of each sample.

        Returns
        -------
        loss : float
            Mean over the batch.
        derivatives : Derivatives
            Of that mean.
        """
        ...


#: Every loss that `firstspike.losses.evaluate` and `firstspike.train` take.
Loss = SpikeTimeLoss | ReadoutLoss | TapeLoss
