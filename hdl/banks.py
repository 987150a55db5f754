"""How a layer keeps its synapses: as lists that name their targets, or as rows of weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from amaranth.utils import bits_for

from firstspike.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["BANKS", "LISTS", "Bank", "BankName", "DenseBank", "ListBank", "chosen_banks"]

BankName: TypeAlias = Literal["list", "dense", "smallest"]

#: Widest word that a command can read or write.
PART_BITS = 32
#: Block memories of this width are the ones with the most bits: 18 on ECP5 and on Xilinx.
BLOCK_BITS = 18


@dataclass(frozen=True)
class ListBank:
    """One segment of {weight, column, row} per source and lane.

    Every lane adds one synapse per cycle, so what is pruned saves its cycle.
    """

    name: ClassVar[Literal["list"]] = "list"

    def adds(self, columns: int) -> int:  # as for the other kind
        """Return how many synapses a lane adds per cycle."""
        return 1

    def longest(self, neurons: int, columns: int) -> int:  # as for the other kind
        """Return how many cycles a spike can keep a lane of so many neurons busy."""
        return neurons

    def bits(self, lengths: NDArray[np.int64], neurons: int, columns: int, weight_bits: int) -> int:
        """Return the bits of all memories.

        Parameters
        ----------
        lengths : ndarray of int64, shape (lanes, n_sources)
            Synapses of each source onto each lane.
        neurons, columns : int
            Of the fullest lane.
        weight_bits : int
            Width of a weight.
        """
        capacity = max(1, int(lengths.sum(axis=1).max()))
        rows = -(-neurons // columns)
        synapse = weight_bits + bits_for(columns - 1) + bits_for(rows - 1)
        segment = bits_for(neurons) + bits_for(max(2, capacity) - 1)
        lanes, n_sources = lengths.shape
        total: int = lanes * (capacity * synapse + n_sources * segment)
        return total


@dataclass(frozen=True)
class DenseBank:
    """One weight for every pair of a source and a neuron, a whole row of neurons per word.

    The layer is one lane, as wide as its columns, and adds a row of synapses per cycle. Neither
    targets nor segments are stored; a weight of zero costs the cycle of its row.
    """

    name: ClassVar[Literal["dense"]] = "dense"

    def adds(self, columns: int) -> int:
        """Return how many synapses a lane adds per cycle."""
        return columns

    def longest(self, neurons: int, columns: int) -> int:
        """Return how many cycles a spike keeps the lane busy."""
        return -(-neurons // columns)

    def parts(self, columns: int, weight_bits: int) -> list[range]:
        """Return which columns' weights stand in which memory.

        A command carries `PART_BITS`, so a row is kept in several memories side by side; their
        widths are chosen such that they fill block memories.

        Examples
        --------
        >>> from firstspike.hdl.banks import DenseBank
        >>> DenseBank().parts(16, 4)
        [range(0, 8), range(8, 16)]
        >>> [len(part) for part in DenseBank().parts(16, 6)]
        [3, 3, 3, 3, 3, 1]
        """

        def split(each: int) -> list[range]:
            return [range(low, min(low + each, columns)) for low in range(0, columns, each)]

        def blocks(each: int) -> int:
            return sum(-(-len(part) * weight_bits // BLOCK_BITS) for part in split(each))

        most = min(columns, PART_BITS // weight_bits)
        return split(min(range(1, most + 1), key=lambda each: (blocks(each), len(split(each)))))

    def bits(self, n_sources: int, rows: int, columns: int, weight_bits: int) -> int:
        """Return the bits of all memories."""
        return n_sources * rows * columns * weight_bits


Bank: TypeAlias = ListBank | DenseBank

LISTS = ListBank()

BANKS: tuple[BankName, ...] = ("list", "dense", "smallest")


def chosen_banks(value: BankName | Sequence[BankName], count: int) -> list[BankName]:
    """Return one name per layer, from such names or one for all.

    Raises
    ------
    DomainError
        If there are not as many as layers, or one is unknown.
    """
    names = [value] * count if isinstance(value, str) else list(value)
    if len(names) != count:
        msg = f"banks has {len(names)} entries, expected one name or one per layer ({count})"
        raise DomainError(msg)
    for name in names:
        if name not in BANKS:
            msg = f"banks is {value!r}, expected {', '.join(map(repr, BANKS))}"
            raise DomainError(msg)
    return names
