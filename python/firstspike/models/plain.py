"""The fast engine: feed-forward layers of equal neurons without delays."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    if _has_none(network):
        return ()
    found = []
    for index, layer in enumerate(network.spiking):
        if not isinstance(layer, LIF):
            found.append(f"ramp neurons in layer {index}")
            continue
        tau_mem, tau_syn = network.tau_mem[index], network.tau_syn[index]
        checks = {
            "time constants that differ between neurons": bool(
                (tau_mem != tau_mem[0]).any() or (tau_syn != tau_syn[0]).any()
            ),
            "reset potentials": bool(network.resets[index].any()),
            "leak potentials": bool(network.leaks[index].any()),
            "a refractory period": _is_refractory(layer),
            "delays": layer.delays is not None,
            "recurrence": layer.recurrent is not None,
        }
        found += [f"{what} in layer {index}" for what, holds in checks.items() if holds]
    return tuple(found)


def _has_none(network: Network) -> bool:
    """Tell at once that a network has no extras, as every call asks; False may be wrong.

    Equal numbers have equal bytes but for -0: comparing those takes a tenth of the time.
    """
    own = network.parameters
    if "resets" not in own:
        return False
    arrays = zip(own["tau_mem"], own["tau_syn"], own["resets"], own["leaks"], strict=True)
    for layer, (*taus, resets, leaks) in zip(network.spiking, arrays, strict=False):
        if not isinstance(layer, LIF) or _is_refractory(layer):
            return False
        if layer.delays is not None or layer.recurrent is not None:
            return False
        for tau in taus:
            whole = tau.tobytes()
            if whole != whole[: tau.itemsize] * tau.size:
                return False
        if resets.tobytes() != bytes(resets.nbytes) or leaks.tobytes() != bytes(leaks.nbytes):
            return False
    return True


def _is_refractory(layer: LIF) -> bool:
    return layer.refractory > 0 and isinstance(layer.spikes, Many)


def parts(
    network: Network, what: str, extras: tuple[str, ...] | None = None
) -> tuple[list[_core.LifSpec], list[tuple[NDArray[Any], NDArray[Any]]]]:
    """Return the network as the fast engine takes it; `extras` are those of the network, if known.

    Raises
    ------
    DomainError
        If the network has more than that; `what` is who asked.
    """
    if extras is None:
        extras = network.extras
    if extras:
        msg = (
            f"the network has {extras[0]}, {what} expects feed-forward layers of equal "
            "neurons without delays, refractory period, reset or leak potentials"
        )
        raise DomainError(msg)
    own = network.parameters
    specs = [
        (layer.n_in, layer.n_out, tau_mem.item(0), tau_syn.item(0), layer.spikes.limit)
        for layer, tau_mem, tau_syn in zip(
            network.spiking, own["tau_mem"], own["tau_syn"], strict=False
        )
    ]
    return specs, list(zip(own["weights"], own["thresholds"], strict=True))[: len(specs)]


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
