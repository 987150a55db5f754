"""What layouts take, roughly: judged by the few of them that are counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firstspike.hdl.fit.prices import cells, priced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firstspike.hdl.banks import Bank
    from firstspike.hdl.boards.devices import Device
    from firstspike.hdl.build.resources import Resources
    from firstspike.hdl.fit.prices import Estimator
    from firstspike.hdl.plan import LayerPlan

__all__ = ["Judge", "Rough", "lane_sizes"]

#: Columns, or the ones nearest to them, of the lanes that are counted for each kind of bank.
COUNTED = (2, 12)
#: A core is taken to need at least this share of the rough sum, before any has been counted.
ALIKE = 0.8
#: And afterwards this share of what the one that was counted last, of its kind, suggests.
NEAR = 0.95


def lane_sizes(
    estimator: Estimator, layers: Sequence[LayerPlan], device: Device
) -> dict[tuple[Bank, int], float]:
    """Return what a lane takes for every kind of bank and number of columns among `layers`.

    To elaborate a lane takes seconds, the longer the wider it is. What it takes grows with its
    columns along a straight line, more or less, so two are counted for each kind of bank.
    """
    # Of lanes with as many columns the last is taken, one of many: it has the smallest memories.
    typical = {(layer.bank, layer.columns): layer for layer in layers}
    sizes: dict[tuple[Bank, int], float] = {}
    for bank in {layer.bank: None for layer in layers}:
        columns = sorted(n for other, n in typical if other == bank)
        few = min(columns, key=lambda n: abs(n - COUNTED[0]))
        many = min({*columns} - {few} or {few}, key=lambda n: abs(n - COUNTED[1]))
        low, high = (
            cells(priced(estimator.lane(typical[bank, n]), device.family), device)
            for n in (few, many)
        )
        slope = (high - low) / (many - few) if many != few else 0.0
        sizes |= {(bank, n): max(0.0, low + slope * (n - few)) for n in columns}
    return sizes


@dataclass(frozen=True)
class Rough:
    """What a core takes, roughly.

    Parameters
    ----------
    kinds : tuple of Bank
        How its layers keep their synapses.
    lanes : float
        Logic cells of all lanes.
    blocks : int
        Block RAMs of all synapses, the least that there can be.
    """

    kinds: tuple[Bank, ...]
    lanes: float
    blocks: int


@dataclass
class Judge:
    """Says which cores are worth counting, and learns from those that were.

    Parameters
    ----------
    device : Device
        The device.
    frame : float
        Logic cells that surround the lanes, in a small core.
    room : float
        Logic cells that a core may take.
    """

    device: Device
    frame: float
    room: float
    _shares: dict[tuple[Bank, ...], tuple[float, float]] = field(default_factory=dict)

    def is_worth_counting(self, core: Rough) -> bool:
        """Return whether a core may fit, as far as is known."""
        share, share_of_blocks = self._shares.get(core.kinds, (ALIKE, 1.0))
        return (
            share * (self.frame + core.lanes) <= self.room
            and share_of_blocks * core.blocks <= self.device.bram
        )

    def learn(self, core: Rough, needs: Resources) -> None:
        """Take note of what a core was counted to take: others of its kind are alike."""
        self._shares[core.kinds] = (
            NEAR * cells(needs, self.device) / (self.frame + core.lanes),
            max(1.0, NEAR * needs.bram / max(1, core.blocks)),
        )
