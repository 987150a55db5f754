"""The general engine: recurrence, delays, refractory periods, neurons that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firstspike import _core
from firstspike.models.delays import SynapseDelays
from firstspike.models.gradients import Gradients
from firstspike.models.lif import LIF

if TYPE_CHECKING:
    from firstspike.models.network import Network
    from firstspike.models.seeds import Seeds

__all__ = ["backward", "of_plain", "parts"]

TAUS = frozenset({"tau_mem", "tau_syn"})
WEIGHTS = frozenset({"weights", "recurrent_weights"})
DELAYS = frozenset({"delays", "recurrent_delays"})


def parts(network: Network) -> tuple[list[_core.CircuitSpec], list[_core.CircuitLayer]]:
    """Return the network's spiking layers as the general engine takes them."""
    specs = [
        (layer.n_in, layer.n_out, layer.spikes.limit, float(layer.refractory))
        for layer in network.spiking
        if isinstance(layer, LIF)
    ]
    return specs, [_layer(network, index) for index in range(len(specs))]


def _layer(network: Network, index: int) -> _core.CircuitLayer:
    layer = network.spiking[index]
    assert isinstance(layer, LIF)
    arrays: dict[str, Any] = {
        name: network.parameters[name][index]
        for name in ("weights", "thresholds", "resets", "leaks", "tau_mem", "tau_syn")
    }
    own = layer.recurrent
    return arrays | {
        "delays": _delays(network, "delays", index, layer.delays),
        "recurrence": own
        and (
            network.recurrent_weights[index],
            _delays(network, "recurrent_delays", index, own.delays),
        ),
    }


def _delays(network: Network, name: str, index: int, kind: object) -> Any:  # noqa: ANN401
    if kind is None:
        return None
    return isinstance(kind, SynapseDelays), network.parameters[name][index].reshape(-1)


def backward(
    network: Network,
    core: _core.CircuitTape,
    seeds: Seeds,
    names: frozenset[str],
    slope_guard: float | None,
    input_times: bool,  # noqa: FBT001
    workers: _core.Workers,
) -> Gradients:
    """Differentiate a recording, shaped as the network's parameters are."""
    wanted = (bool(names & WEIGHTS), bool(names & DELAYS), bool(names & TAUS), input_times)
    found, spike_times, inputs = core.backward(
        seeds.dL_dt, seeds.jumps, seeds.spikes, slope_guard, wanted, workers
    )
    shaped = {
        name: [
            values.astype(parameter.dtype, copy=False).reshape(parameter.shape)
            for values, parameter in zip(found[name], network.parameters[name], strict=False)
        ]
        for name in network.parameters
        if name in names
    }
    return Gradients(shaped, spike_times, inputs if input_times else None)


def of_plain(network: Network, core: _core.LifTape) -> _core.CircuitTape:
    """Return the fast engine's recording as the general one's."""
    return _core.circuit_of_lif(*parts(network), core)
