"""Cores that other networks of the same shape can be loaded into."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.errors import DomainError, WidthError
from firstspike.hdl.build.images import Image, core_images
from firstspike.hdl.plan import CorePlan
from firstspike.integer_network import Dense, LayerWidths, Reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firstspike.hdl.plan import LayerPlan
    from firstspike.integer_network import IntegerNetwork

__all__ = ["loadable_images", "widened", "with_room"]

#: Sizes of a layer that depend on its numbers.
SIZES = ("capacity", "threshold_bits", "margin_bits", "arrival_bits")


def extremes(network: IntegerNetwork) -> list[IntegerNetwork]:
    """Return the networks with all weights as large, and as small, as their width allows.

    Raises
    ------
    WidthError
        If their membranes do not fit 32 bits.
    """
    found = []
    for sign in (1, -1):
        layers = [
            replace(
                layer,
                connectivity=Dense(
                    np.full(
                        (layer.n_sources, layer.n_targets),
                        sign * (2 ** (layer.weight_bits - 1) - 1),
                        np.int8,
                    )
                ),
            )
            for layer in network.layers
        ]
        try:
            found.append(replace(network, layers=tuple(layers)))
        except WidthError as error:
            msg = (
                f"a core for any network of this shape is too wide: {error}; use fewer weight_bits"
            )
            raise WidthError(msg) from None
    return found


def widened(plan: CorePlan, others: Sequence[CorePlan]) -> CorePlan:
    """Return `plan` with every memory and every width that any of the plans needs.

    The plans are of the same layout; every neuron gets a threshold, or bias, of its own.
    """
    layers = []
    for index, layer in enumerate(plan.layers):
        all_of = [layer, *(other.layers[index] for other in others)]
        widths = LayerWidths(
            **{
                name: Reach(
                    min(getattr(one.widths, name).low for one in all_of),
                    max(getattr(one.widths, name).high for one in all_of),
                    max(getattr(one.widths, name).bits for one in all_of),
                )
                for name in ("current", "membrane")
            }
        )
        sizes: dict[str, Any] = {name: max(getattr(one, name) for one in all_of) for name in SIZES}
        apart = replace(layer, widths=widths, common_threshold=None, common_bias=None)
        layers.append(replace(apart, **sizes))
    return replace(plan, layers=tuple(layers))


def with_room(network: IntegerNetwork, plan: CorePlan) -> CorePlan:
    """Return the plan of a core of the same layout that can take any network of this shape.

    Parameters
    ----------
    network : IntegerNetwork
        What the core computes at first.
    plan : CorePlan
        Its plan.

    Raises
    ------
    WidthError
        If the membranes of some network of this shape do not fit 32 bits.
    """
    plan = widened(plan, [_same_layout(plan, other) for other in extremes(network)])
    layers = []
    for layer in plan.layers:
        reach = layer.widths.membrane
        if layer.window is None:
            # A higher threshold is never reached; places without a neuron need a higher one.
            bits = max(layer.threshold_bits, (2 * (reach.high - reach.low) + 2).bit_length())
            margin = max(layer.margin_bits, bits + 2, reach.bits + 1)
            layers.append(replace(layer, threshold_bits=bits, margin_bits=margin))
        else:
            layers.append(layer)
    return replace(plan, layers=tuple(layers), loadable=True)


def loadable_images(plan: CorePlan, network: IntegerNetwork) -> list[Image]:
    """Return what the memories of a core must hold to compute another network.

    Parameters
    ----------
    plan : CorePlan
        The core, generated as `loadable`.
    network : IntegerNetwork
        A network of the same shape, programs and weight width; in a two-phase core with the same
        thresholds, which are not in memories.

    Raises
    ------
    DomainError
        If the core cannot compute the network.
    """
    sizes = [layer.n_targets for layer in plan.layers]
    if [layer.n_targets for layer in network.layers] != sizes or network.ticks != plan.ticks:
        msg = f"the network is {network!r}, expected {plan.n_sources} sources, layers of"
        raise DomainError(f"{msg} {sizes} neurons, and {plan.ticks} ticks, as the core has")
    other = _same_layout(plan, network)
    for layer, given in zip(plan.layers, other.layers, strict=True):
        _check(layer, given)
    return core_images(widened(other, [plan]))


def _same_layout(plan: CorePlan, network: IntegerNetwork) -> CorePlan:
    """Return the plan of another network, laid out in the same way."""
    return CorePlan.from_network(
        network,
        lanes=[layer.width for layer in plan.layers],
        sweep=[layer.columns for layer in plan.layers],
        banks=[layer.bank.name for layer in plan.layers],
    )


def _check(layer: LayerPlan, given: LayerPlan) -> None:
    for name in ("n_sources", "weight_bits", "program", "window"):
        has, wants = getattr(layer, name), getattr(given, name)
        if has != wants:
            msg = f"layer {layer.index} of the network has {name} {wants}, the core {has}"
            raise DomainError(f"{msg}: generate a core for it")
    needs = {name: (getattr(given, name), getattr(layer, name)) for name in SIZES}
    needs |= {
        f"{name} bits": (getattr(given.widths, name).bits, getattr(layer.widths, name).bits)
        for name in ("current", "membrane")
    }
    if layer.window is None:
        needs["own thresholds"] = (1, int(layer.common_threshold is None))
    else:
        needs["own biases"] = (1, int(layer.common_bias is None))
    for name, (wants, has) in needs.items():
        if wants > has:
            msg = f"layer {layer.index} of the network needs {name} {wants}, the core has {has}"
            raise DomainError(f"{msg}: generate the core with loadable=True")
