"""Memories that start with content from the network."""

from __future__ import annotations

from amaranth.hdl import unsigned
from amaranth.lib import memory

__all__ = ["IMAGE", "stored"]

#: Attribute that names the image of a memory, so that an exporter can put it into a file.
IMAGE = "firstspike_image"


def stored(words: list[int], width: int, image: str) -> memory.Memory:
    """Return a memory that holds `words`, at least two of them, and carries the name `image`.

    A memory of one word would have no address; some tools do not understand that.
    """
    words = words + [0] * (2 - len(words))
    return memory.Memory(shape=unsigned(width), depth=len(words), init=words, attrs={IMAGE: image})
