"""A core behind AXI4-Stream and a register bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Module, Mux, ResetInserter, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from firstspike.hdl.bus.axi_lite import AxiLite, axi_lite
from firstspike.hdl.bus.control import COUNTERS, EVENTS, Control
from firstspike.hdl.bus.core_map import ADDRESS_BITS
from firstspike.hdl.bus.receiver import Receiver
from firstspike.hdl.bus.sender import Sender
from firstspike.hdl.bus.skid import Skid
from firstspike.hdl.bus.wishbone import Wishbone, wishbone
from firstspike.hdl.bus.words import axi_stream
from firstspike.hdl.cores.core import Core, core_signature
from firstspike.hdl.cores.elastic import Elastic
from firstspike.hdl.cores.tokens import token

if TYPE_CHECKING:
    from firstspike.hdl.plan import CorePlan

__all__ = ["AxiCore", "Shell", "WishboneCore"]


class Shell(wiring.Component):
    """What both buses have in common: samples and results as words, settings as registers.

    Results must fit the words, see `sender.check_sizes`.

    Parameters
    ----------
    plan : CorePlan
        The core.
    name : str
        Name of the register bus among the members.
    bus : wiring.Signature
        Its signature, that of a manager.
    front : type
        What translates it, `AxiLite` or `Wishbone`.

    Members
    -------
    s_axis : In(axi_stream())
        Samples, one packet each.
    m_axis : Out(axi_stream(keep=True))
        Results, one packet per sample.
    """

    def __init__(
        self,
        plan: CorePlan,
        name: str,
        bus: wiring.Signature,
        front: type[AxiLite | Wishbone],
    ) -> None:
        self._plan = plan
        self._name = name
        self._front = front
        super().__init__(
            {
                "s_axis": In(axi_stream()),
                "m_axis": Out(axi_stream(keep=True)),
                name: In(bus),
            }
        )

    @property
    def plan(self) -> CorePlan:
        """What the core is built from."""
        return self._plan

    def elaborate(self, platform: object) -> Module:
        """Connect core, streams and registers.

        A platform with a method ``get_core`` may supply an instance of a core made elsewhere.
        """
        m = Module()
        receiver = Receiver(self._plan)
        m.submodules.control = control = Control(self._plan)
        m.submodules.sender = sender = Sender(self._plan)
        m.submodules.source = source = Skid()
        m.submodules.sink = sink = Skid()
        m.submodules.receiver = ResetInserter(control.reset)(receiver)
        if hasattr(platform, "get_core"):
            core = core_signature(self._plan).create()
            m.submodules.core = platform.get_core(core, control.reset)
        else:
            core = Core(self._plan)
            m.submodules.core = ResetInserter(control.reset)(core)
        m.submodules.front = front = self._front(ADDRESS_BITS)
        connect(m, flipped(getattr(self, self._name)), front.bus)
        connect(m, front.access, control.access)
        # What the registers say has a long way to go; the core does not wait for it.
        elastic = Elastic(token(self._plan.n_sources))
        m.submodules.elastic = ResetInserter(control.reset)(elastic)
        connect(m, receiver.o, elastic.i)
        connect(m, elastic.o, core.i)
        connect(m, control.commands, core.commands)
        connect(m, core.responses, control.responses)
        busy = Signal()
        m.d.comb += busy.eq(core.busy | elastic.o.valid)
        self._registers(m, core, control, receiver, busy)
        self._samples(m, control, receiver, source)
        # Nor does it wait for its spikes; the verdict comes two cycles behind the last of them.
        spikes = Elastic(core.spikes.payload.shape())
        m.submodules.spikes = ResetInserter(control.reset)(spikes)
        connect(m, core.spikes, spikes.i)
        self._results(m, core, spikes, control, sender, sink)
        return m

    def _registers(
        self,
        m: Module,
        core: wiring.PureInterface,
        control: Control,
        receiver: Receiver,
        busy: Signal,
    ) -> None:
        m.d.comb += [
            *(getattr(control, name).eq(getattr(core, name)) for name in COUNTERS),
            *(getattr(control, name).eq(getattr(receiver, name)) for name in EVENTS),
            control.busy.eq(busy | ~receiver.between),
            control.image_valid.eq(core.image_valid),
            control.denied.eq(core.denied),
            control.locked.eq(core.locked),
            control.settled.eq(receiver.between & ~busy),
            core.early_exit.eq(control.early_exit),
            receiver.hold.eq(control.changes),
        ]

    def _samples(self, m: Module, control: Control, receiver: Receiver, source: Skid) -> None:
        m.d.comb += [
            source.i.p.data.eq(self.s_axis.tdata),
            source.i.p.last.eq(self.s_axis.tlast),
            source.i.valid.eq(self.s_axis.tvalid),
            self.s_axis.tready.eq(source.i.ready),
            receiver.i.payload.eq(Mux(control.feed, control.tokens.payload, source.o.payload)),
            receiver.i.valid.eq(Mux(control.feed, control.tokens.valid, source.o.valid)),
            # In the cycle of a reset nothing moves: it would be lost on one side only.
            control.tokens.ready.eq(receiver.i.ready & control.feed & ~control.reset),
            source.o.ready.eq(receiver.i.ready & ~control.feed & ~control.reset),
        ]

    def _results(
        self,
        m: Module,
        core: wiring.PureInterface,
        spikes: Elastic,
        control: Control,
        sender: Sender,
        sink: Skid,
    ) -> None:
        connect(m, sender.o, sink.i)
        m.d.comb += [
            self.m_axis.tdata.eq(sink.o.p.data),
            self.m_axis.tlast.eq(sink.o.p.last),
            self.m_axis.tvalid.eq(sink.o.valid),
            self.m_axis.tkeep.eq(~0),
            sink.o.ready.eq(self.m_axis.tready),
            sender.abort.eq(control.reset),
            sender.wants_spikes.eq(control.spikes & ~control.feed),
            sender.spikes.payload.eq(spikes.o.payload),
            sender.spikes.valid.eq(spikes.o.valid & ~control.feed),
            spikes.o.ready.eq(sender.spikes.ready | control.feed),
            sender.verdict.payload.eq(core.o.payload),
            sender.verdict.valid.eq(core.o.valid & ~control.feed),
            control.verdict.payload.eq(core.o.payload),
            control.verdict.valid.eq(core.o.valid),
            control.taken.eq(sender.verdict.valid & sender.verdict.ready),
            core.o.ready.eq(Mux(control.feed, control.verdict.ready, sender.verdict.ready)),
        ]


class AxiCore(Shell):
    """A core with AXI4-Stream for samples and results and AXI4-Lite for registers.

    Parameters
    ----------
    plan : CorePlan
        The core.

    Members
    -------
    s_axi : In(axi_lite(12))
        Registers.
    s_axis, m_axis
        See `Shell`.
    """

    def __init__(self, plan: CorePlan) -> None:
        super().__init__(plan, "s_axi", axi_lite(ADDRESS_BITS), AxiLite)


class WishboneCore(Shell):
    """A core with AXI4-Stream for samples and results and Wishbone classic for registers.

    Parameters
    ----------
    plan : CorePlan
        The core.

    Members
    -------
    wb : In(wishbone(12))
        Registers.
    s_axis, m_axis
        See `Shell`.
    """

    def __init__(self, plan: CorePlan) -> None:
        super().__init__(plan, "wb", wishbone(ADDRESS_BITS), Wishbone)
