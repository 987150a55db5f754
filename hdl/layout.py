"""How many rows and columns a layer gets, and which of its rows it may leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstspike.errors import DomainError
from firstspike.hdl.banks import DenseBank, ListBank
from firstspike.hdl.lanes import smaller_bank

if TYPE_CHECKING:
    from firstspike.hdl.banks import Bank, BankName
    from firstspike.hdl.window import Window
    from firstspike.integer_network import SynapseLists

__all__ = [
    "MOST_COLUMNS",
    "MOST_LANES",
    "MOST_ROWS",
    "MOST_TOGETHER",
    "can_skip",
    "laid_out",
    "skipping_pays",
]

#: Rows that the default number of columns stays within: sweeps overlap with arrivals, so few
#: columns are enough.
MOST_ROWS = 8
#: The same for layers that can leave out rows.
MOST_ROWS_SKIPPING = 32
#: Largest default number of columns.
MOST_COLUMNS = 8
#: What the fields of a command can name.
MOST_LANES = 256
#: Rows that a layer needs at least, and columns at most, for it to pay to remember in which rows no
#: neuron will fire: it takes time to find out, and with many columns there are hardly any.
LEAST_SKIPPED, MOST_SKIPPED = 10, 2
#: Columns that one register reaches in a cycle, and that spikes are picked from in one.
MOST_TOGETHER = 16


def can_skip(window: Window | None, *, last: bool) -> bool:
    """Return whether a layer learns in its first comparison what it can leave out in later ones.

    The last layer may be stopped before it has fired, so there is little to leave out.
    """
    return window is not None and not last and len(window.thresholds) > 1


def skipping_pays(rows: int, columns: int) -> bool:
    """Return whether that saves more than it takes."""
    return rows >= LEAST_SKIPPED and columns <= MOST_SKIPPED


def laid_out(
    index: int,
    lists: SynapseLists,
    weight_bits: int,
    lanes: int,
    columns: int | None,
    banks: BankName,
    *,
    skips: bool,
) -> tuple[Bank, int, int]:
    """Return the kind of bank, the number of lanes, and the columns of a lane.

    Parameters
    ----------
    index : int
        Which layer.
    lists : SynapseLists
        Its synapses.
    weight_bits : int
        Width of a weight.
    lanes : int
        Synapses added per cycle; more than there are neurons count as so many.
    columns : int or None
        Neurons that a lane advances per cycle, or None for few of them.
    banks : str
        How the layer keeps its synapses: ``list``, ``dense`` or ``smallest``.
    skips : bool
        Whether the layer can leave out rows.

    Raises
    ------
    DomainError
        If there are too many lanes, or a dense layer is given other columns than it has.
    """
    lanes = min(lanes, lists.n_targets)
    if lanes > MOST_LANES:
        msg = f"lanes is {lanes} in layer {index}, expected at most {MOST_LANES}"
        raise DomainError(msg)
    neurons = -(-lists.n_targets // lanes)
    few = -(-neurons // (MOST_ROWS_SKIPPING if skips else MOST_ROWS))
    own = min(neurons, columns or min(MOST_COLUMNS, few))
    if banks == "smallest":
        banks = smaller_bank(lists, weight_bits, lanes, own)
        columns = None if banks == "dense" else columns
    if banks == "list":
        return ListBank(), lanes, own
    if columns not in (None, lanes):
        msg = f"sweep is {columns} in layer {index}, which has a dense bank: expected its"
        raise DomainError(f"{msg} {lanes} lanes, or no sweep")
    return DenseBank(), 1, lanes
