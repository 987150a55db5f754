"""What the ability to prune itself adds to a core."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from firstspike.errors import ToolError
from firstspike.hdl.build.netlist import core_rtlil
from firstspike.hdl.build.resources import synthesize
from firstspike.hdl.build.verilog import core_verilog

if TYPE_CHECKING:
    from firstspike.hdl.boards.devices import Device
    from firstspike.hdl.build.resources import Resources
    from firstspike.hdl.plan import CorePlan

__all__ = ["pruning_logic"]


def pruning_logic(plan: CorePlan, rtl: Path, device: Device, core: Resources) -> dict[str, int]:
    """Synthesize a core that cannot prune itself, and return what the other one has in addition.

    The memories stay as they are, with their ports to write them.

    Parameters
    ----------
    plan : CorePlan
        The core.
    rtl : Path
        Where the images of its memories are.
    device : Device
        The device.
    core : Resources
        What the core takes as it is.

    Returns
    -------
    dict of int
        ``lut``, ``ff`` and ``bram``.

    Raises
    ------
    ToolError
        If Yosys is missing or fails, or ABC9 breaks off over one of the cores: what ABC makes of it
        cannot be compared.
    """
    fixed = replace(plan, prunes=False)
    with tempfile.TemporaryDirectory(prefix="firstspike-") as scratch:
        folder = Path(scratch)
        for image in rtl.glob("*.mem"):
            shutil.copy(image, folder)
        (folder / "core.v").write_text(core_verilog(core_rtlil(fixed), fixed))
        without = synthesize(folder, ["core.v"], "core", device, "fixed.netlist")
    if not (core.abc9 and without.abc9):
        msg = "ABC9 broke off over one of two cores, so their cells cannot be compared"
        raise ToolError(msg)
    return {
        "lut": core.lut - without.lut,
        "ff": core.ff - without.ff,
        "bram": core.bram - without.bram,
    }
