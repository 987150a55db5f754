"""What the ability to prune itself adds to a core of 16 lanes: look-up tables, registers, memories.

    python benchmarks/pruning_logic.py [--core lif|two-phase] [--lanes N] [--device ecp5-85k]

Synthesizes cores of random networks with Yosys, with and without that, and prints both; `lif` is
64-120-10 in lists, half of the synapses left, `two-phase` 784-200-10 in dense banks. Nothing is
placed. Takes minutes per core.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from firstspike import FirstSpike, LifProgram, RampProgram, TwoPhase
from firstspike.hdl.boards.devices import find_device
from firstspike.hdl.build.images import core_images
from firstspike.hdl.build.netlist import core_rtlil
from firstspike.hdl.build.resources import synthesize
from firstspike.hdl.build.verilog import core_verilog
from firstspike.hdl.plan import CorePlan
from firstspike.hdl.report.pruning import pruning_logic
from firstspike.testing import random_network

CORES = {
    "lif": (
        {"program": LifProgram, "sizes": [64, 120, 10], "ticks": 64, "weight_bits": 6}
        | {"density": 0.5},
        "list",
    ),
    "two-phase": (
        {"program": RampProgram, "sizes": [784, 200, 10], "ticks": 15, "weight_bits": 4}
        | {"schedule": TwoPhase, "readout": FirstSpike},
        "dense",
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--core", choices=CORES, help="only this one")
    parser.add_argument("--lanes", type=int, default=16)
    parser.add_argument("--device", default="ecp5-85k")
    options = parser.parse_args()
    device = find_device(options.device)
    for name in [options.core] if options.core else CORES:
        network, banks = CORES[name]
        drawn = random_network(np.random.default_rng(0), **network)
        plan = CorePlan.from_network(drawn, lanes=options.lanes, banks=banks)
        with tempfile.TemporaryDirectory(prefix="firstspike-") as scratch:
            rtl = Path(scratch)
            for image in core_images(plan):
                (rtl / f"{image.name}.mem").write_text(image.text())
            (rtl / "core.v").write_text(core_verilog(core_rtlil(plan), plan))
            core = synthesize(rtl, ["core.v"], "core", device, "core.netlist")
            extra = pruning_logic(plan, rtl, device, core)
        print(
            f"{name}, {options.lanes} lanes: {core.lut} LUT, {core.ff} FF, {core.bram} block RAM; "
            f"of these for pruning {extra['lut']} LUT ({extra['lut'] / core.lut:.2%}), "
            f"{extra['ff']} FF, {extra['bram']} block RAM",
            flush=True,
        )


if __name__ == "__main__":
    main()
