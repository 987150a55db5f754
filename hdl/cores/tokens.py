"""What travels between the parts of a core: spikes, ends of ticks, ends of samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Shape, signed, unsigned
from amaranth.lib import data, enum
from amaranth.utils import bits_for

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan

__all__ = ["Kind", "address", "layer_token", "margin_token", "token"]


class Kind(enum.Enum, shape=2):  # type: ignore[call-arg]  # Amaranth has no types
    """Kind of a token."""

    #: Source or neuron `addr` spikes in the open tick.
    SPIKE = 0
    #: The open tick is closed, the next one opens.
    TICK = 1
    #: The sample is over.
    END = 2
    #: Neuron `addr` is the one of its lane closest to its threshold; only in front of END, and only
    #: from the last layer.
    BEST = 3


def address(count: int) -> Shape:
    """Return the shape of an index below `count`; never of width zero, for the sake of ports."""
    return unsigned(bits_for(count - 1))


def token(addresses: int) -> data.StructLayout:
    """Return the layout of a token that can name `addresses` sources or neurons."""
    return data.StructLayout({"kind": Kind, "addr": address(addresses)})


def margin_token(addresses: int, margin_bits: int) -> data.StructLayout:
    """Return the layout of a token of the last layer: it carries the margin ``U - theta``."""
    return data.StructLayout(
        {"kind": Kind, "addr": address(addresses), "margin": signed(margin_bits)}
    )


def layer_token(layer: LayerPlan) -> data.StructLayout:
    """Return the layout of the tokens that a layer emits."""
    if not layer.last:
        return token(layer.n_targets)
    margins = margin_token(layer.n_targets, layer.margin_bits)
    if layer.ranks:
        # BEST says whether several neurons are as close, and whether any spike came in.
        return data.StructLayout({**margins.members, "several": 1, "heard": 1})
    return margins
