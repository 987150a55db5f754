"""Energy of an inference: exact counts times published energies per access, as a band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike.hdl.banks import DenseBank
from firstspike.hdl.cores.synapses import segment, synapse

if TYPE_CHECKING:
    from firstspike.hdl.plan import CorePlan
    from firstspike.integer_network import IntegerNetwork, TickBatch

__all__ = ["SOURCE", "Counts", "counts", "energy_band"]

SOURCE = (
    "M. Horowitz, Computing's energy problem (and what we can do about it), ISSCC 2014: 45 nm, "
    "0.9 V, integer add 0.03 pJ at 8 bits and 0.1 pJ at 32 bits, 10 pJ for 64 bits out of an 8 KB "
    "SRAM"
)

PJ_ADD_8, PJ_ADD_32 = 0.03, 0.1
PJ_READ_64 = 10.0


@dataclass(frozen=True)
class Counts:
    """What happens in a mean inference with early exit.

    Parameters
    ----------
    additions : float
        Synapses added, exact: the integer simulator counts them up to the deciding tick.
    segments : float
        Segments looked up: every spike in every lane of the layer it goes to.
    updates : float
        Neurons advanced by a tick, as if no row were skipped.
    bits_read : float
        Bits read for all of that.
    """

    additions: float
    segments: float
    updates: float
    bits_read: float


def counts(network: IntegerNetwork, plan: CorePlan, samples: TickBatch) -> Counts:
    """Count what a mean inference does."""
    run = plan.stored(network).simulate(samples, early_exit=True)
    n = max(1, samples.n_samples)
    adds = run.counters.synaptic_adds.sum(axis=0) / n
    arrivals = run.counters.arrivals.sum(axis=0) / n
    ticks = float(np.mean(run.counters.ticks_run)) if samples.n_samples else 0.0
    segments = updates = bits = 0.0
    for layer, added, arrived in zip(plan.layers, adds.tolist(), arrivals.tolist(), strict=True):
        dense = isinstance(layer.bank, DenseBank)
        looked_up = 0.0 if dense else arrived * len(layer.lanes)
        advanced = ticks * layer.n_targets
        current, membrane = layer.widths.current_bits, layer.widths.membrane_bits
        segments += looked_up
        updates += advanced
        if dense:  # a zero is read, too
            words = arrived * layer.rows * layer.columns
            bits += words * layer.weight_bits + added * current
        else:
            bits += looked_up * segment(layer).size + added * (synapse(layer).size + current)
        bits += advanced * (current + membrane + 1)
    return Counts(float(adds.sum()), segments, updates, bits)


def energy_band(of: Counts) -> tuple[float, float]:
    """Return a lower and an upper estimate in nanojoules.

    The lower one charges every bit that is read its share of a 64-bit access and every addition 8
    bits; the upper one charges a whole 64-bit access for each word and 32 bits for each addition.
    A neuron update counts as four additions, about what the shifts of its constants take. Wires,
    clock and leakage are not in either.
    """
    adds = of.additions + 4 * of.updates
    words = of.segments + 2 * of.additions + 2 * of.updates
    low = adds * PJ_ADD_8 + of.bits_read * PJ_READ_64 / 64
    high = adds * PJ_ADD_32 + words * PJ_READ_64
    return low / 1e3, high / 1e3
