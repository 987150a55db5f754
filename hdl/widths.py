"""How wide the registers of a layer are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from amaranth.utils import bits_for

from firstspike.integer_network import Reach

if TYPE_CHECKING:
    from firstspike.integer_network import SynapseLists

__all__ = ["arrival_bits", "one_lower", "signed_bits"]


def one_lower(reach: Reach) -> Reach:
    """Make room for a value below all others."""
    return Reach(reach.low - 1, reach.high, max(reach.bits, signed_bits(reach.low - 1)))


def arrival_bits(lists: SynapseLists) -> int:
    """Return the width that holds every partial sum of weights onto one neuron."""
    targets = lists.targets.astype(np.int64)
    sums = [
        np.bincount(targets, np.clip(lists.weights.astype(float), *limits), lists.n_targets)
        for limits in ((None, 0), (0, None))
    ]
    return signed_bits(int(sums[0].min()), int(sums[1].max()))


def signed_bits(*bounds: int) -> int:
    """Return the smallest width that holds the bounds and a sign."""
    bits: int = max(bits_for(bound, require_sign_bit=True) for bound in bounds)
    return bits
