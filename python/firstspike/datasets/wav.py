"""Mono recordings in wav files."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firstspike.errors import FormatError
from firstspike.sequences import Sequences

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["FULL_SCALE", "WavFiles", "read_wav"]

FULL_SCALE = 32768.0


def read_wav(path: Path, rate: int) -> NDArray[np.float32]:
    """Read 16-bit mono samples as numbers in [-1, 1), ``sample / 2^15``.

    Raises
    ------
    FormatError
        If the file is damaged, or not 16-bit mono at `rate` samples per second.
    """
    try:
        with wave.open(str(path), "rb") as file:
            found = file.getnchannels(), file.getsampwidth(), file.getframerate()
            promised = file.getnframes()
            data = file.readframes(promised)
    except (wave.Error, EOFError) as error:
        msg = f"{path} cannot be read as a wav file ({error}); get it again"
        raise FormatError(msg) from None
    if found != (1, 2, rate):
        msg = (
            f"{path} has {found[0]} channels of {8 * found[1]} bits at {found[2]} Hz, expected 1 "
            f"of 16 bits at {rate} Hz"
        )
        raise FormatError(msg)
    if len(data) != 2 * promised:
        msg = f"{path} ends after {len(data) // 2} of {promised} samples; get it again"
        raise FormatError(msg)
    return np.frombuffer(data, dtype="<i2").astype(np.float32) / np.float32(FULL_SCALE)


@dataclass(frozen=True)
class WavFiles:
    """Reads recordings when they are needed.

    Parameters
    ----------
    paths : tuple of Path
        One file per recording.
    rate : int
        Samples per second that all of them must have.
    """

    paths: tuple[Path, ...]
    rate: int

    @property
    def width(self) -> int:
        """One channel: the recordings are mono."""
        return 1

    def __call__(self, indices: NDArray[np.int64], /) -> Sequences:
        """Read the recordings `indices`."""
        parts = [read_wav(self.paths[index], self.rate)[:, None] for index in indices]
        empty = np.zeros((0, 1), dtype=np.float32)
        offsets = np.concatenate(([0], np.cumsum([len(part) for part in parts], dtype=np.int64)))
        return Sequences(offsets, np.concatenate([empty, *parts]), self.rate)

    def __repr__(self) -> str:
        return f"WavFiles({len(self.paths)} files, {self.rate} Hz)"
