"""What the memories of a core hold at the start."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from firstspike.hdl.cores.column import threshold_words
from firstspike.hdl.cores.synapses import segment, segment_words, synapse, synapse_words

if TYPE_CHECKING:
    from pathlib import Path

    from firstspike.hdl.plan import CorePlan, LayerPlan

__all__ = ["Image", "core_images", "layer_memories", "read_images"]


@dataclass(frozen=True)
class Image:
    """Content of one memory of one lane.

    Parameters
    ----------
    layer, lane : int
        Which lane.
    memory : str
        Which of its memories: ``segments``, ``synapses``, or ``thresholdsC`` of column ``C``.
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
    columns = () if layer.common_threshold is not None else range(layer.columns)
    return ["segments", "synapses", *(f"thresholds{column}" for column in columns)]


def core_images(plan: CorePlan) -> list[Image]:
    """Return the images of all lanes of all layers."""
    images = []
    for layer in plan.layers:
        for lane in layer.lanes:
            contents = [
                (segment(layer).size, segment_words(layer, lane)),
                (synapse(layer).size, synapse_words(layer, lane)),
            ]
            if layer.common_threshold is None:
                contents += [
                    (layer.threshold_bits, threshold_words(layer, lane, column))
                    for column in range(layer.columns)
                ]
            for memory, (width, words) in zip(layer_memories(layer), contents, strict=True):
                padded = (*words, *[0] * (2 - len(words)))
                images.append(Image(layer.index, lane.index, memory, width, padded))
    return images


def read_images(folder: Path, plan: CorePlan) -> list[Image]:
    """Return the images of a core as the files in a folder have them."""
    return [
        replace(image, words=_words((folder / f"{image.name}.mem").read_text()))
        for image in core_images(plan)
    ]


def _words(text: str) -> tuple[int, ...]:
    return tuple(int(word, 16) for word in text.split())
