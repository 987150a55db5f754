"""Networks of ramp neurons in exact fractions, with gradients written down from the formulas.

Nothing is shared with the package: every set of causal inputs is tried, from the earliest input to
all of them, and the first one that is consistent with its own crossing is taken.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Crossing:
    """When a neuron fires, and the inputs that made it fire."""

    time: Fraction
    slope: Fraction
    causal: tuple[int, ...]


def crossing(
    times: list[Fraction | None],
    weights: list[Fraction],
    theta: Fraction,
    tau: Fraction,
    until: Fraction | None = None,
) -> Crossing | None:
    """Return the first time at which the sum of ramps reaches the threshold, None for never."""
    moments = sorted({t for t in times if t is not None})
    for moment, following in itertools.pairwise([*moments, None]):
        causal = tuple(j for j, t in enumerate(times) if t is not None and t <= moment)
        slope = sum((weights[j] for j in causal), Fraction(0))
        if slope <= 0:
            continue
        time = (theta * tau + sum(weights[j] * times[j] for j in causal)) / slope
        if moment < time and (following is None or time <= following):
            return Crossing(time, slope, causal) if until is None or time <= until else None
    return None


def forward(
    inputs: list[Fraction | None],
    layers: list[list[list[Fraction]]],
    thresholds: list[list[Fraction]],
    taus: list[Fraction],
    until: Fraction | None = None,
) -> list[list[Crossing | None]]:
    """Return the crossing of every neuron of every layer; ``layers[l][j][n]`` is a weight."""
    times, found = inputs, []
    for weights, theta, tau in zip(layers, thresholds, taus, strict=True):
        columns = list(zip(*weights, strict=True))
        pairs = zip(columns, theta, strict=True)
        found.append([crossing(times, list(w), th, tau, until) for w, th in pairs])
        times = [None if one is None else one.time for one in found[-1]]
    return found


def gradients(
    inputs: list[Fraction | None],
    layers: list[list[list[Fraction]]],
    found: list[list[Crossing | None]],
    taus: list[Fraction],
    dL_dt: list[Fraction],
    mutant: str = "",
) -> tuple[list[list[list[Fraction]]], list[list[Fraction]], list[Fraction]]:
    """Return dL/dw, dL/dtheta and dL/dt of the inputs; a `mutant` gets one term wrong."""
    totals = list(dL_dt)
    by_weight = [[[Fraction(0)] * len(row) for row in weights] for weights in layers]
    by_theta = [[Fraction(0)] * len(weights[0]) for weights in layers]
    for index in reversed(range(len(layers))):
        weights, tau = layers[index], taus[index]
        times = inputs if index == 0 else [one and one.time for one in found[index - 1]]
        below = [Fraction(0)] * len(weights)
        for n, spike in enumerate(found[index]):
            if spike is None:
                continue
            slope = spike.slope
            causal = spike.causal
            if mutant == "all inputs count":
                causal = tuple(j for j, t in enumerate(times) if t is not None)
            if mutant == "slope of all inputs":
                slope = sum(weights[j][n] for j, t in enumerate(times) if t is not None) or slope
            by_theta[index][n] += totals[n] * (1 if mutant == "threshold without tau" else tau)
            by_theta[index][n] /= slope
            for j in causal:
                by_weight[index][j][n] += totals[n] * (times[j] - spike.time) / slope
                if mutant != "arrivals do not move it":
                    below[j] += totals[n] * weights[j][n] / slope
        totals = below
    return by_weight, by_theta, totals
