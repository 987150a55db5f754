"""Networks as PyTorch modules (extra ``firstspike[torch]``).

A module holds the network's parameters under their names and gives exact gradients to whatever
comes before and after it. Nothing is discretised on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstspike.interop._calls import Calls, require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firstspike.interop._torch_module import NetworkModule
    from firstspike.models import Network

__all__ = ["to_module"]


def to_module(
    net: Network,
    *,
    wrt: Sequence[str] = ("weights",),
    slope_guard: float | None = None,
    until: float | None = None,
    threads: int | None = None,
) -> NetworkModule:
    """Make a `torch.nn.Module` of a network.

    Calling it with a `SpikeBatch`, or with a tensor of shape (n_samples, n_in) that holds one time
    in seconds per channel and ``inf`` for "no spike", gives a float64 tensor of shape
    (n_samples, n_out): what the readout reads, or the first spike times of the last layer, ``inf``
    where an output is silent. Gradients reach the parameters and a tensor of times. Entries of
    silent outputs get no gradient, whatever the loss says about infinity; mask them before you
    average.

    Parameters
    ----------
    net : Network
        Copied; ``module.network()`` gives it back with trained parameters.
    wrt : sequence of str
        Parameters to hold, of ``net.parameters``. In the module they are called
        ``weights_0``, ``weights_1``, ...
    slope_guard : float, optional
        See `Network.backward`.
    until : float, optional
        See `Network.forward`.
    threads : int, optional
        Number of threads, all cores by default.

    Raises
    ------
    MissingExtraError
        If torch is not installed.
    DomainError
        If `wrt` names what the network has not.
    """
    require("torch")
    from firstspike.interop._torch_module import NetworkModule

    return NetworkModule(Calls.of(net, wrt, slope_guard=slope_guard, until=until, threads=threads))
