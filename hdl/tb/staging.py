"""Simulators want everything in one folder; a generated core is handed over in several."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["staged"]


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Yield a folder with Verilog, memory images and vectors side by side.

    That is `folder` itself, unless it is a generated core, of which it is a copy that goes away.
    """
    parts = [folder / "rtl", folder / "tb"]
    if not all(part.is_dir() for part in parts):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="firstspike-") as scratch:
        for part in parts:
            shutil.copytree(part, scratch, dirs_exist_ok=True)
        yield Path(scratch)
