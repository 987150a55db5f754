"""A core beside its generated testbench, for real simulators."""

import shutil
from pathlib import Path

import pytest
from amaranth.back import verilog
from amaranth.hdl import Value

from firstspike.hdl.cores.core import Core

icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="no iverilog: apt install iverilog"
)


def emit(plan, directory):
    """Write core.v with the memories' content inside, and nothing else."""
    core = Core(plan)
    ports = {
        "_".join(map(str, path)): (Value.cast(value), None)
        for path, _, value in core.signature.flatten(core)
    }
    text = verilog.convert(core, name="core", ports=ports, emit_src=False)
    Path(directory, "core.v").write_text(text)
