"""What several recipes share."""

from __future__ import annotations

from itertools import pairwise

from firstspike.models import LIF

__all__ = ["stack"]


def stack(*sizes: int, tau_mem: float = 10e-3) -> tuple[LIF, ...]:
    """LIF layers with slow synapses: late inputs still find the early ones in the current."""
    return tuple(
        LIF(n_in, n_out, tau_mem=tau_mem, tau_syn=2 * tau_mem) for n_in, n_out in pairwise(sizes)
    )
