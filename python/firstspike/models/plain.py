"""The fast engine: feed-forward layers of equal neurons without delays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firstspike.errors import DomainError
from firstspike.models.firing import Many
from firstspike.models.gradients import Gradients
from firstspike.models.lif import LIF

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from firstspike import _core
    from firstspike.models.network import Network
    from firstspike.models.seeds import Seeds

__all__ = ["backward", "extras", "parts"]

# What the fast engine's adjoint gives; the general one gives everything, from either's tape.
GRADIENTS = frozenset({"weights", "thresholds"})


def extras(network: Network) -> tuple[str, ...]:
    """Return what the spiking layers have beyond plain feed-forward LIF, in words."""
    found = []  # asked for at every call: `count_nonzero` takes a tenth of the time of `any`
    for index, layer in enumerate(network.spiking):
        if not isinstance(layer, LIF):
            found.append(f"ramp neurons in layer {index}")
            continue
        tau_mem, tau_syn = network.tau_mem[index], network.tau_syn[index]
        checks = {
            "time constants that differ between neurons": bool(
                np.count_nonzero(tau_mem != tau_mem[0]) or np.count_nonzero(tau_syn != tau_syn[0])
            ),
            "reset potentials": bool(np.count_nonzero(network.resets[index])),
            "leak potentials": bool(np.count_nonzero(network.leaks[index])),
            "a refractory period": layer.refractory > 0 and isinstance(layer.spikes, Many),
            "delays": layer.delays is not None,
            "recurrence": layer.recurrent is not None,
        }
        found += [f"{what} in layer {index}" for what, holds in checks.items() if holds]
    return tuple(found)


def parts(
    network: Network, what: str
) -> tuple[list[_core.LifSpec], list[tuple[NDArray[Any], NDArray[Any]]]]:
    """Return the network as the fast engine takes it.

    Raises
    ------
    DomainError
        If the network has more than that; `what` is who asked.
    """
    if network.extras:
        msg = (
            f"the network has {network.extras[0]}, {what} expects feed-forward layers of equal "
            "neurons without delays, refractory period, reset or leak potentials"
        )
        raise DomainError(msg)
    specs = [
        (
            layer.n_in,
            layer.n_out,
            float(network.tau_mem[index][0]),
            float(network.tau_syn[index][0]),
            layer.spikes.limit,
        )
        for index, layer in enumerate(network.spiking)
    ]
    return specs, list(zip(network.weights, network.thresholds, strict=False))[: len(specs)]


def backward(
    network: Network,  # noqa: ARG001  # as in the general engine
    core: _core.LifTape | _core.RampTape,
    seeds: Seeds,
    names: frozenset[str],  # noqa: ARG001
    slope_guard: float | None,
    input_times: bool,  # noqa: FBT001
    workers: _core.Workers,
) -> Gradients:
    """Differentiate a recording; weights and thresholds always come together."""
    weights, thresholds, spike_times, inputs = core.backward(
        seeds.dL_dt, seeds.jumps, slope_guard, input_times, workers, seeds.spikes
    )
    return Gradients({"weights": weights, "thresholds": thresholds}, spike_times, inputs)
