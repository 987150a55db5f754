"""Pruning of any layer of a core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import C, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from firstspike.hdl.banks import DenseBank
from firstspike.hdl.cores.compactor import Compactor
from firstspike.hdl.cores.eraser import Eraser
from firstspike.hdl.cores.pruning import of_layer, pruning

if TYPE_CHECKING:
    from firstspike.hdl.plan import CorePlan

__all__ = ["Pruner"]


class Pruner(wiring.Component):
    """Walks through the memories of a layer in the way that its banks need.

    There is one in a core, whatever its lanes and layers.

    Parameters
    ----------
    core : CorePlan
        The core.

    Members
    -------
    See `pruning`.
    """

    def __init__(self, core: CorePlan) -> None:
        self._core = core
        super().__init__(pruning(core))

    def elaborate(self, platform: object) -> Module:
        """Build the walks there are layers for, and the switch between them."""
        m = Module()
        if not self._core.prunes:
            return m  # never busy, which leaves nothing of it
        dense = {i: isinstance(x.bank, DenseBank) for i, x in enumerate(self._core.layers)}
        is_dense = Signal()
        m.d.sync += is_dense.eq(of_layer(self.layer, dense, C))  # a layer is given before `start`
        walks = {}
        if not all(dense.values()):
            m.submodules.compactor = walks[False] = Compactor(self._core)
        if any(dense.values()):
            m.submodules.eraser = walks[True] = Eraser(self._core)
        for name, member in self.signature.members.items():
            port = getattr(self, name)
            for kind, walk in walks.items():
                if member.flow == In:
                    mine = port & (is_dense == kind) if name == "start" else port
                    m.d.comb += getattr(walk, name).eq(mine)
            if member.flow != In:
                told = [getattr(walk, name) for walk in walks.values()]
                m.d.comb += port.eq(Mux(is_dense, told[-1], told[0]))
        return m
