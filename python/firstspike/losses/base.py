"""What a loss on spike times is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SpikeTimeLoss"]


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
