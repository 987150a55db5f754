"""One forward and one backward pass with given parameters, as other frameworks ask for them."""

from __future__ import annotations

import copy
import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.errors import DomainError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from numpy.typing import NDArray

    from firstspike.events import SpikeBatch
    from firstspike.models import Gradients, Network, Tape

__all__ = ["Calls", "require"]


def require(name: str) -> ModuleType:
    """Import an optional package.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        msg = (
            f"{name} cannot be imported ({error}); install it with: pip install firstspike[{name}]"
        )
        raise MissingExtraError(msg) from error


@dataclass(frozen=True, eq=False)
class Calls:
    """A private copy of a network, run with whatever parameters a framework holds.

    Parameters
    ----------
    net : Network
        Where everything starts; it is not changed.
    wrt : sequence of str
        Names of the parameters that the framework holds.
    slope_guard : float, optional
        See `Network.backward`.
    until : float, optional
        See `Network.forward`.
    threads : int, optional
        See `Network.forward`.
    """

    net: Network
    wrt: tuple[str, ...]
    slope_guard: float | None
    until: float | None
    threads: int | None

    @classmethod
    def of(
        cls,
        net: Network,
        wrt: Sequence[str],
        *,
        slope_guard: float | None,
        until: float | None,
        threads: int | None,
    ) -> Calls:
        """Copy `net`.

        Raises
        ------
        DomainError
            If `wrt` names what the network has not.
        """
        names = (wrt,) if isinstance(wrt, str) else tuple(wrt)
        if not names or not set(names) <= set(net.parameters):
            msg = f"wrt is {list(names)}, expected some of {list(net.parameters)}"
            raise DomainError(msg)
        return cls(copy.deepcopy(net), names, slope_guard, until, threads)

    @property
    def slots(self) -> list[tuple[str, int]]:
        """Name and layer of every array that the framework holds, in order."""
        return [
            (name, layer)
            for name in self.wrt
            for layer, array in enumerate(self.net.parameters[name])
            if array.size
        ]

    def forward(
        self, arrays: Sequence[NDArray[Any]], spikes: SpikeBatch
    ) -> tuple[NDArray[np.float64], Tape]:
        """Return scores of the readout, or first spike times of the last layer; and the tape."""
        for (name, layer), array in zip(self.slots, arrays, strict=True):
            self.net.parameters[name][layer] = array
        tape = self.net.forward(spikes, until=self.until, threads=self.threads)
        reading = tape.readout
        return (tape.first_spike_times() if reading is None else reading.scores()), tape

    def backward(self, tape: Tape, outputs: NDArray[np.float64]) -> Gradients:
        """Differentiate, given the derivative with respect to what `forward` returned."""
        if tape.readout is None:
            options: dict[str, Any] = {"dL_dt": outputs}
        else:
            options = {"dL_dreadout": tape.readout.seed(outputs)}
        return self.net.backward(
            tape, **options, wrt=self.wrt, slope_guard=self.slope_guard, threads=self.threads
        )

    @staticmethod
    def dense_input_gradient(
        times: NDArray[np.float64], gradient: NDArray[Any]
    ) -> NDArray[np.float64]:
        """Bring derivatives by the spikes of ``SpikeBatch.from_dense(times)`` into its shape."""
        order = np.argsort(times, axis=1, kind="stable")
        spiked = np.isfinite(np.take_along_axis(times, order, axis=1))
        ordered = np.zeros(times.shape)
        ordered[spiked] = gradient
        result = np.zeros(times.shape)
        np.put_along_axis(result, order, ordered, axis=1)
        return result
