"""What a core will take on a device, estimated without synthesis."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from firstspike.hdl.build.netlist import frame_rtlil, lane_module, lane_rtlil
from firstspike.hdl.build.resources import Resources
from firstspike.hdl.fit.census import Census, census_of
from firstspike.hdl.fit.memories import stored_in

if TYPE_CHECKING:
    from firstspike.hdl.banks import Bank
    from firstspike.hdl.boards.devices import Device, Family
    from firstspike.hdl.plan import CorePlan, LayerPlan

__all__ = ["PRICES", "Estimator", "priced", "shortage"]

#: Look-up tables per bit of each kind of logic, and per one that memories in logic take by rule;
#: flip-flops per register, and per one that memories take; what ``core_wishbone`` and the serial
#: line add to a core. Printed by ``python benchmarks/fit.py``.
PRICES: dict[Family, dict[str, float]] = {
    "ecp5": {
        "adders": 0.498,
        "orders": 0.713,
        "choices": 0.168,
        "gates": 0.538,
        "memory_lut": 1.196,
        "registers": 0.966,
        "memory_ff": 0.573,
        "shell_lut": 740.0,
        "shell_ff": 406.0,
    },
    "ice40": {
        "adders": 0.626,
        "orders": 1.796,
        "choices": 0.161,
        "gates": 0.163,
        "memory_lut": 1.044,
        "registers": 0.803,
        "memory_ff": 0.878,
        "shell_lut": 683.0,
        "shell_ff": 658.0,
    },
    "xilinx": {
        "adders": 0.026,
        "orders": 0.0,
        "choices": 0.187,
        "gates": 0.036,
        "memory_lut": 2.032,
        "registers": 0.903,
        "memory_ff": 0.655,
        "shell_lut": 521.0,
        "shell_ff": 408.0,
    },
}


#: Share of the flip-flops that get a logic cell of their own on iCE40, beside those of the look-up
#: tables.
APART = 0.6


def shortage(needs: Resources, device: Device, fill: float = 1.0) -> dict[str, tuple[int, int]]:
    """Return what a device has too little of: how many are needed, and how many there are.

    Parameters
    ----------
    needs : Resources
        What a design takes.
    device : Device
        The device.
    fill : float, default 1
        Share of the look-up tables that may be used.
    """
    short = needs.overflow(device)
    needed = cells(needs, device)
    if needed > fill * device.lut:
        name = "logic cell" if device.family == "ice40" else "LUT"
        return {**short, name: (needed, int(fill * device.lut))}
    return short


def cells(needs: Resources, device: Device) -> int:
    """Return the look-up tables that a design takes, or on iCE40 the logic cells."""
    return round(needs.lut + APART * needs.ff) if device.family == "ice40" else needs.lut


def priced(census: Census, family: Family, *, shell: bool = False) -> Resources:
    """Return what a design will take.

    Parameters
    ----------
    census : Census
        What it consists of.
    family : str
        ``ecp5``, ``ice40`` or ``xilinx``.
    shell : bool, default False
        Whether to add ``core_wishbone`` and the serial line around it.
    """
    price = PRICES[family]
    memories = [(stored_in(ram, family), count) for ram, count in census.rams.items()]
    lut = sum(price[kind] * n for kind, n in census.bits.items() if kind != "registers")
    lut += price["memory_lut"] * sum(one.lut * count for one, count in memories)
    ff = price["registers"] * census.bits["registers"]
    ff += price["memory_ff"] * sum(one.registers * count for one, count in memories)
    return Resources(
        lut=round(lut + shell * price["shell_lut"]),
        ff=round(ff + shell * price["shell_ff"]),
        bram=sum(one.blocks * count for one, count in memories),
        cells={},
    )


class Estimator:
    """Counts cores of one network, and remembers what was counted before.

    What surrounds the lanes does not know how many columns they have, but how many synapses they
    add per cycle.
    """

    def __init__(self) -> None:
        self._lanes: dict[tuple[int, Bank, int, int], Census] = {}
        self._frames: dict[tuple[tuple[int, int], ...], Census] = {}

    def lane(self, layer: LayerPlan) -> Census:
        """Return what a lane of a layer consists of."""
        key = (layer.index, layer.bank, len(layer.lanes), layer.columns)
        if key not in self._lanes:
            self._lanes[key] = census_of(lane_rtlil(layer), lane_module(layer.index))
        return self._lanes[key]

    def frame(self, plan: CorePlan) -> Census:
        """Return what surrounds the lanes of a core consists of."""
        key = tuple((len(layer.lanes), layer.adds) for layer in plan.layers)
        if key not in self._frames:
            nothing = Census(Counter(), Counter())
            known = {lane_module(layer.index): nothing for layer in plan.layers}
            self._frames[key] = census_of(frame_rtlil(plan), "core", known)
        return self._frames[key]

    def core(self, plan: CorePlan) -> Census:
        """Return what a core consists of."""
        lanes = [self.lane(layer) * len(layer.lanes) for layer in plan.layers]
        return sum(lanes, start=self.frame(plan))
