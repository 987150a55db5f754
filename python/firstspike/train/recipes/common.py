"""What several recipes share."""

from __future__ import annotations

from itertools import pairwise

from firstspike.models import LIF

__all__ = ["stack"]


def stack(*sizes: int) -> tuple[LIF, ...]:
    """LIF layers with slow synapses: late inputs still find the early ones in the current."""
    return tuple(LIF(n_in, n_out, tau_mem=10e-3, tau_syn=20e-3) for n_in, n_out in pairwise(sizes))
