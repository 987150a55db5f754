"""What the memories of a core hold at the start."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from firstspike.hdl.cores.column import threshold_words
from firstspike.hdl.cores.own import own_number
from firstspike.hdl.cores.synapses import segment, segment_words, synapse, synapse_words
from firstspike.hdl.cores.weights import parts, weight_matrix, weight_words
from firstspike.hdl.cores.window_column import bias_words

if TYPE_CHECKING:
    from pathlib import Path

    from firstspike.hdl.plan import CorePlan, LanePlan, LayerPlan

__all__ = [
    "BANK_MEMORIES",
    "Image",
    "bank_words",
    "core_images",
    "layer_memories",
    "memory_path",
    "padded",
    "read_images",
]


#: Kinds of memories that hold synapses.
BANK_MEMORIES = ("segments", "synapses", "weights")


@dataclass(frozen=True)
class Image:
    """Content of one memory of one lane.

    Parameters
    ----------
    layer, lane : int
        Which lane.
    memory : str
        Which of its memories: ``segments``, ``synapses``, or ``weightsP`` of part ``P`` in a dense
        bank; ``thresholdsC`` or ``biasesC`` of column ``C``.
    width : int
        Bits of a word.
    words : tuple of int
        The words, as many as the memory has.
    """

    layer: int
    lane: int
    memory: str
    width: int
    words: tuple[int, ...]

    @property
    def name(self) -> str:
        """Name of the file, without its ending."""
        return f"layer{self.layer}_lane{self.lane}_{self.memory}"

    def text(self) -> str:
        """Return the words in the form that ``$readmemh`` reads."""
        digits = -(-self.width // 4)
        return "".join(f"{word:0{digits}x}\n" for word in self.words)


def layer_memories(layer: LayerPlan) -> list[str]:
    """Return the names of the memories that every lane of a layer has an image for."""
    own = own_number(layer)
    columns = range(layer.columns) if own else ()
    dense = [f"weights{part}" for part, _ in enumerate(parts(layer))]
    return [*(dense or ["segments", "synapses"]), *(f"{own}{column}" for column in columns)]


def padded(words: list[int]) -> tuple[int, ...]:
    """Return the words of a memory: it has at least two, for one would have no address."""
    return (*words, *[0] * (2 - len(words)))


def memory_path(memory: str) -> str:
    """Return where in a lane a memory is: its cell, with the modules around it."""
    kind = memory.rstrip("0123456789")
    if kind in BANK_MEMORIES:
        return f"bank.{memory}"
    return f"neurons.column{memory.removeprefix(kind)}.{kind}"


def bank_words(layer: LayerPlan, lane: LanePlan) -> list[tuple[int, list[int]]]:
    """Return width and words of every memory of a lane's synapse bank."""
    dense = parts(layer)
    if dense:
        matrix = weight_matrix(layer, lane)
        return [
            (len(part) * layer.weight_bits, weight_words(layer, matrix, part)) for part in dense
        ]
    return [
        (segment(layer).size, segment_words(layer, lane)),
        (synapse(layer).size, synapse_words(layer, lane)),
    ]


def core_images(plan: CorePlan) -> list[Image]:
    """Return the images of all lanes of all layers."""
    images = []
    for layer in plan.layers:
        for lane in layer.lanes:
            contents = bank_words(layer, lane)
            own = own_number(layer)
            if own == "thresholds":
                contents += [
                    (layer.threshold_bits, threshold_words(layer, lane, column))
                    for column in range(layer.columns)
                ]
            elif own == "biases":
                contents += [
                    (layer.widths.membrane_bits, bias_words(layer, lane, column))
                    for column in range(layer.columns)
                ]
            for memory, (width, words) in zip(layer_memories(layer), contents, strict=True):
                images.append(Image(layer.index, lane.index, memory, width, padded(words)))
    return images


def read_images(folder: Path, plan: CorePlan) -> list[Image]:
    """Return the images of a core as the files in a folder have them."""
    return [
        replace(image, words=_words((folder / f"{image.name}.mem").read_text()))
        for image in core_images(plan)
    ]


def _words(text: str) -> tuple[int, ...]:
    return tuple(int(word, 16) for word in text.split())
