"""From a trained float network to the integer network that it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firstspike import _checks, _core
from firstspike.errors import DomainError
from firstspike.integer_network import (
    Dense,
    IntegerLayer,
    IntegerNetwork,
    NoThreshold,
    Potential,
    RampThreshold,
    TableThreshold,
    TwoPhase,
)
from firstspike.two_phase.codes import LinearCode, TimeCode
from firstspike.two_phase.scales import first_worth, fitting_scale

if TYPE_CHECKING:
    from firstspike.two_phase.network import TwoPhaseNetwork

__all__ = ["to_integer"]


def to_integer(net: TwoPhaseNetwork, *, weight_bits: int = 8) -> IntegerNetwork:
    r"""Round weights and biases; everything else is exact.

    A membrane counts in units of :math:`s / v_0`, where :math:`s` is the real value of weight 1 and
    :math:`v_0` what a spike at tick 0 adds per unit of weight. With `LinearCode` the scale is one
    that makes the step of the falling threshold a whole number, and half a step in the bias turns
    its floor into rounding. With any other code thresholds are the code's levels, rounded up: a
    whole membrane reaches both or neither.

    Parameters
    ----------
    net : TwoPhaseNetwork
        Trained, best with `QuantizedTraining` of the same width: its scales are then kept.
    weight_bits : int, default 8
        Width of a signed symmetric weight, 2 to 8.

    Returns
    -------
    IntegerNetwork
        Two-phase, with the readout `Potential`.

    Raises
    ------
    DomainError
        If `weight_bits` is out of range, all weights of a layer are zero, or a state could
        outgrow 32 bits.

    Examples
    --------
    >>> import firstspike as fs
    >>> net = fs.two_phase.TwoPhaseNetwork([2, 3, 2], seed=0)
    >>> q = fs.two_phase.to_integer(net, weight_bits=6)
    >>> spikes = fs.SpikeBatch.from_dense([[0.0, 5e-3], [9e-3, 1e-3]])
    >>> bool((q.simulate(spikes).decisions == net.scores(spikes, rounded=True).argmax(1)).all())
    True
    """
    limit = _core.largest_weight(_checks.count("weight_bits", weight_bits))
    last = len(net.weights) - 1
    layers = tuple(
        _layer(net, index, limit, weight_bits, None if index == last else net.code)
        for index in range(last + 1)
    )
    return IntegerNetwork(
        layers=layers, ticks=net.ticks, tick_seconds=net.tick, readout=Potential()
    )


def _layer(
    net: TwoPhaseNetwork, index: int, limit: float, weight_bits: int, code: TimeCode | None
) -> IntegerLayer:
    below: TimeCode = net.code if index else LinearCode()
    weights, bias = net.weights[index].astype(np.float64), net.biases[index].astype(np.float64)
    if not weights.any():
        msg = f"all weights of layer {index} are zero, expected some that are not"
        raise DomainError(msg)
    worth = first_worth(below, net.ticks)
    scale = net.scales[index] or fitting_scale(
        net.weights[index], limit, worth=worth, ticks=net.ticks, code=code
    )
    unit = worth / scale
    start = np.rint(bias * unit).astype(np.int64)
    threshold: NoThreshold | RampThreshold | TableThreshold
    if code is None:
        threshold = NoThreshold()
    elif isinstance(code, LinearCode):
        threshold = RampThreshold(round(unit / net.ticks))
        start += threshold.step >> 1
    else:
        threshold = TableThreshold(np.ceil(code.levels(net.ticks) * unit).astype(np.int64))
    whole = np.clip(np.rint(weights / scale), -limit, limit)
    return IntegerLayer(
        connectivity=Dense(whole.astype(np.int8)),
        program=below.program(),
        schedule=TwoPhase(),
        threshold=threshold,
        bias=start,
        weight_bits=weight_bits,
        scale=scale,
    )
