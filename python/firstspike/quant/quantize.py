"""From a trained network to an integer network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike import _checks
from firstspike.errors import DomainError, ShapeError
from firstspike.integer_network import ConstThreshold, Dense, IntegerLayer, IntegerNetwork
from firstspike.models import LIF, Once
from firstspike.quant.calibrate import Calibration, search_scales
from firstspike.quant.neurons import integer_neurons
from firstspike.quant.weights import lattice_scale, least_error_scale, round_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

    from firstspike.events import SpikeBatch
    from firstspike.models import Network

__all__ = ["quantize"]

_MAX_THRESHOLD = 2**31 - 1


@dataclass(frozen=True)
class _Plan:
    """Everything about the integer network but the scales."""

    net: Network
    ticks: int
    tick_seconds: float
    weight_bits: tuple[int, ...]
    shift: int | None
    guard: int | None
    meta: Mapping[str, Any]

    def build(self, scales: Sequence[float]) -> IntegerNetwork:
        layers = [self._layer(index, scale) for index, scale in enumerate(scales)]
        return IntegerNetwork(
            layers=tuple(layers),
            ticks=self.ticks,
            tick_seconds=self.tick_seconds,
            meta=self.meta,
        )

    def _layer(self, index: int, scale: float) -> IntegerLayer:
        bits = self.weight_bits[index]
        program, thresholds = integer_neurons(
            self.net,
            index,
            scale=scale,
            tick_seconds=self.tick_seconds,
            shift=self.shift,
            guard=self.guard,
        )
        if thresholds.max() > _MAX_THRESHOLD:
            msg = (
                f"layer {index} would need thresholds up to {thresholds.max():.3g}, expected at "
                "most 2^31 - 1: use a longer tick (or a smaller guard), or scale its weights up"
            )
            raise DomainError(msg)
        return IntegerLayer(
            connectivity=Dense(round_weights(self.net.weights[index], scale, bits)),
            program=program,
            threshold=ConstThreshold(thresholds.astype(np.int64)),
            weight_bits=bits,
            scale=scale,
        )


def quantize(
    net: Network,
    *,
    ticks: int,
    tick_seconds: float | None = None,
    t_window: float | None = None,
    weight_bits: int | Sequence[int] = 6,
    shift: int | None = None,
    guard: int | None = None,
    scales: Sequence[float] | None = None,
    calibration: tuple[SpikeBatch, ArrayLike] | None = None,
    threads: int | None = None,
    meta: Mapping[str, Any] | None = None,
) -> IntegerNetwork:
    r"""Put a trained network on a tick grid with integer weights.

    Weights become ``q = clip(round(w / s))`` with one scale ``s`` per layer.

    `LIF` layers become the program `LifProgram`. The decays are those of exact sampling, rounded to
    `shift` fraction bits. The membrane is measured in units of ``c s / 2^guard``, where ``c`` is
    the drive of a tick (see `discretize`), so that the core needs no multiplier for it; the
    thresholds become ``round(theta 2^guard / (c s))``.

    `Ramp` layers become the program `RampProgram`, and nothing but the weights and the clock is
    rounded: the membrane is measured in units of ``s D / tau`` with ticks of ``D`` seconds, and the
    thresholds become ``ceil(theta tau / (s D))``. Where the weights are multiples of ``s`` already,
    every hidden spike falls into the same tick as under ``net.forward(..., tick=D)``.

    Parameters
    ----------
    net : Network
        `Ramp` layers, or plain `LIF` layers that spike at most once (``spikes=Once()``).
    ticks : int
        Number of ticks of a sample.
    tick_seconds, t_window : float
        Duration of a tick, or of all ticks together, in seconds; exactly one of the two. The
        window should cover the inputs and the decisions: what would spike later is silent.
    weight_bits : int or sequence of int, default 6
        Width of the weights, 2 to 8, of all layers or of each.
    shift : int, optional
        Fraction bits of the decays of `LIF`, 1 to 16; by default enough for the tick, at least 12,
        see `TickConstants.enough_shift`.
    guard : int, optional
        Fraction bits of the synaptic current of `LIF` below one unit of weight, 0 to 8; by default
        enough for the tick, see `TickConstants.enough_guard`.
    scales : sequence of float, optional
        Real value of the integer 1, per layer. By default, weights that are whole multiples of
        some scale already (as after quantisation-aware training) keep it, other weights get the
        scale with the least squared error, improved by `calibration`.
    calibration : (SpikeBatch, labels), optional
        Samples, not from the test set, on which the scales are searched for the best accuracy of
        the integer network itself.
    threads : int, optional
        Number of threads of the calibration. The result does not depend on it.
    meta : mapping, optional
        Notes to keep with the network.

    Returns
    -------
    IntegerNetwork
        A dense network, ready to simulate, prune, save and turn into a core.

    Raises
    ------
    DomainError
        If a neuron may spike more than once, a parameter is not finite, an argument is out of
        range, or `shift` or `guard` is given for `Ramp` layers.
    ShapeError
        If `weight_bits` or `scales` has not one entry per layer.
    WidthError
        If a register would need more than 32 bits.

    Examples
    --------
    >>> import firstspike as fs
    >>> net = fs.Network([fs.LIF(4, 3), fs.LIF(3, 2)], seed=0)
    >>> q = fs.quantize(net, ticks=64, t_window=40e-3, weight_bits=4)
    >>> q, q.layers[0].weight_bits, q.tick_seconds
    (IntegerNetwork(4-3-2, ticks=64, n_synapses=18), 4, 0.000625)
    """
    n_layers = len(net.layers)
    extras = net.extras if isinstance(net.spiking[0], LIF) else ()
    if extras or net.readout is not None:
        what = extras[0] if extras else "a readout without spikes"
        msg = (
            f"net has {what}, expected plain feed-forward LIF layers or Ramp layers; "
            "see Network.extras"
        )
        raise DomainError(msg)
    for index, layer in enumerate(net.spiking):
        if not isinstance(layer.spikes, Once):
            msg = (
                f"layers[{index}].spikes is {layer.spikes!r}, expected Once(): in an integer "
                "network a neuron spikes at most once; train with spikes=firstspike.Once()"
            )
            raise DomainError(msg)
        for name, parameter in (("weights", net.weights), ("thresholds", net.thresholds)):
            if not np.isfinite(parameter[index]).all():
                msg = f"{name}[{index}] holds numbers that are not finite, expected a trained net"
                raise DomainError(msg)
    plan = _Plan(
        net,
        _checks.count("ticks", ticks),
        _tick_seconds(ticks, tick_seconds, t_window),
        _per_layer("weight_bits", weight_bits, n_layers),
        shift,
        guard,
        dict(meta or {}),
    )
    if scales is not None:
        if len(scales) != n_layers:
            msg = f"scales has {len(scales)} entries, expected one per layer, that is {n_layers}"
            raise ShapeError(msg)
        return plan.build(scales)
    on_lattice = [lattice_scale(w, b) for w, b in zip(net.weights, plan.weight_bits, strict=True)]
    start = [
        known if known is not None else least_error_scale(net.weights[index], bits)
        for index, (known, bits) in enumerate(zip(on_lattice, plan.weight_bits, strict=True))
    ]
    if calibration is None:
        return plan.build(start)
    free = [index for index, known in enumerate(on_lattice) if known is None]
    return plan.build(search_scales(plan.build, start, free, Calibration.of(*calibration), threads))


def _tick_seconds(ticks: int, tick_seconds: float | None, t_window: float | None) -> float:
    if (tick_seconds is None) == (t_window is None):
        msg = f"tick_seconds is {tick_seconds} and t_window is {t_window}, expected exactly one"
        raise DomainError(msg)
    if t_window is not None:
        return _checks.positive("t_window", t_window, "s") / max(ticks, 1)
    return _checks.positive("tick_seconds", tick_seconds or 0.0, "s")


def _per_layer(name: str, value: int | Sequence[int], n_layers: int) -> tuple[int, ...]:
    values = (value,) * n_layers if isinstance(value, int | np.integer) else tuple(value)
    if len(values) != n_layers:
        msg = f"{name} has {len(values)} entries, expected one per layer, that is {n_layers}"
        raise ShapeError(msg)
    return tuple(_checks.count(name, entry) for entry in values)
