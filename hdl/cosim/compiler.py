"""Turns C++ text into a shared library with whatever compiler there is, once."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import secrets
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from firstspike.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["cache_folder", "compile_library", "find_compiler"]

_FLAGS = ("-std=c++17", "-O2", "-DNDEBUG", "-w", "-fPIC")


def find_compiler() -> list[str]:
    """Return the command of a C++ compiler: ``$CXX``, the system's, or the one in the zig wheel.

    Raises
    ------
    ToolError
        If there is none.
    """
    named = os.environ.get("CXX")
    if named:
        return shlex.split(named)
    for name in ("c++", "g++", "clang++"):
        found = shutil.which(name)
        if found:
            return [found]
    if importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "c++"]
    msg = (
        "no C++ compiler found, expected c++, g++ or clang++ on the path, $CXX, or the wheel "
        "'ziglang': pip install firstspike[cosim], or use the engine 'icarus' or 'verilator'"
    )
    raise ToolError(msg)


def cache_folder() -> Path:
    """Return where compiled models are kept: ``$FIRSTSPIKE_CACHE``, else the user's cache."""
    named = os.environ.get("FIRSTSPIKE_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "firstspike"


def compile_library(
    sources: Mapping[str, str], *, include: Sequence[Path], native: bool = False
) -> Path:
    """Compile every ``.cpp`` file among `sources`, several at a time, and return the library.

    Parameters
    ----------
    sources : mapping of str to str
        File names and contents.
    include : sequence of Path
        Further folders with headers.
    native : bool, default False
        Use every instruction of this machine's processor.

    Raises
    ------
    ToolError
        If there is no compiler, or it fails.
    """
    compiler = find_compiler()
    flags = [*_FLAGS, *(["-march=native"] if native else [])]
    machine = [sys.platform, _processor() if native else platform.machine()]
    identity = repr([sorted(sources.items()), flags, compiler, machine])
    key = hashlib.sha256(identity.encode()).hexdigest()
    folder = cache_folder()
    library = folder / f"{key}.so"
    if library.is_file():
        return library

    work = folder / f".{key[:16]}.{secrets.token_hex(4)}"
    work.mkdir(parents=True)
    try:
        for name, text in sources.items():
            (work / name).parent.mkdir(exist_ok=True)
            (work / name).write_text(text)
        # The longest first, so that none is left alone in the end.
        mains = sorted((name for name in sources if name.endswith(".cpp")), key=_length(sources))
        folders = [f"-I{path}" for path in (work, *include)]

        def compiled(main: str) -> str:
            target = str(work / f"{main}.o")
            _run([*compiler, *flags, *folders, "-c", str(work / main), "-o", target])
            return target

        with ThreadPoolExecutor(_processors()) as pool:
            objects = list(pool.map(compiled, mains))
        _run([*compiler, *flags, "-shared", *objects, "-o", str(work / "library.so")])
        (work / "library.so").replace(library)
    finally:
        with suppress(OSError):
            shutil.rmtree(work)
    return library


def _length(sources: Mapping[str, str]) -> Callable[[str], int]:
    return lambda name: -len(sources[name])


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    """Return what tells one kind of processor from another."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        msg = f"cannot run the C++ compiler {command[0]!r} ({error}): set $CXX to one that works"
        raise ToolError(msg) from None
    if done.returncode:
        msg = f"{shlex.join(command)} ended with code {done.returncode}: {done.stderr[-2000:]}"
        raise ToolError(msg)
