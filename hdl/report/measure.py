"""Measuring a generated core for a device."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from firstspike.errors import DomainError, ToolError
from firstspike.hdl.boards.devices import find_device
from firstspike.hdl.build.images import BANK_MEMORIES, core_images
from firstspike.hdl.build.place import place
from firstspike.hdl.build.resources import synthesize
from firstspike.hdl.build.shells import harness_verilog
from firstspike.hdl.build.tools import find_tool, tool_version
from firstspike.hdl.bundle import Bundle
from firstspike.hdl.cosim.pruning import pruned_network
from firstspike.hdl.cycles import planned_cycles
from firstspike.hdl.report.energy import counts, energy_band
from firstspike.hdl.report.pruning import pruning_logic
from firstspike.hdl.tb.samples import corner_samples, join, random_samples
from firstspike.hdl.verify import verify
from firstspike.integer_network import TickBatch

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from firstspike.events import SpikeBatch
    from firstspike.hdl.boards.devices import Device
    from firstspike.hdl.build.place import Placement
    from firstspike.hdl.build.resources import Resources

__all__ = ["HardwareReport", "report"]

#: Random samples where none are given.
RANDOM_SAMPLES = 100
#: What nextpnr says when cells that are few enough cannot all be placed.
NO_ROOM = ("nable to place", "nable to find legal placement")
#: What place and route aims for.
AIM_MHZ = {"ecp5": 150.0, "ice40": 60.0}


@dataclass(frozen=True, kw_only=True)
class HardwareReport:
    """What a core takes and how fast it is.

    Parameters
    ----------
    network, device, part : str
        Digest of the network; the device and what its maker calls it.
    lanes : tuple of int
        Lanes of each layer.
    fits : bool
        Whether core, Wishbone shell and serial harness fit the device; where nothing is placed,
        whether the core alone does.
    excess : dict
        What there is too little of: how many are needed, how many there are.
    lut, ff, bram, dsp : int
        Of the core alone, after synthesis.
    pruning : dict of int or None
        How many of them are there because the core can prune itself; None if Yosys fails on the
        core that cannot, or ABC9 broke off over one of the two.
    without_abc9 : tuple of str
        Modules over which ABC9 broke off, so that ABC chose their look-up tables: ``core``, of
        which cells are counted, ``top``, which is placed.
    shares : dict of float
        The same over what the device has.
    bram_fill : float or None
        Bits of synapses and segments over bits of the block RAMs used; None without block RAM.
        Small memories lie in look-up tables, so it can exceed one.
    memory_bits : int
        Bits of all memory images.
    fmax_mhz : tuple of float
        Of core, shell and harness, for each seed; empty where nothing was placed.
    placed : dict
        Cells used and available after place and route with the first seed.
    samples, mismatches : int
        Samples run through the compiled core, and differences from simulator and cycle model.
    cycles : dict of float
        Least, mean and most cycles per inference, with early exit.
    us_per_inference : float or None
        Mean cycles over the median of `fmax_mhz`.
    sparsity : tuple of tuple
        Threshold, share of synapses left, mean cycles, for pruning all layers alike.
    counts : dict of float
        What a mean inference does.
    nanojoules : tuple of float
        Band of the energy of a mean inference in a 45 nm chip, memories and additions only.
    tools : dict of str
        Versions.
    """

    network: str
    device: str
    part: str
    lanes: tuple[int, ...]
    fits: bool
    excess: dict[str, tuple[int, int]]
    lut: int
    ff: int
    bram: int
    dsp: int
    pruning: dict[str, int] | None
    without_abc9: tuple[str, ...]
    shares: dict[str, float]
    bram_fill: float | None
    memory_bits: int
    fmax_mhz: tuple[float, ...]
    placed: dict[str, tuple[int, int]]
    samples: int
    mismatches: int
    cycles: dict[str, float]
    us_per_inference: float | None
    sparsity: tuple[tuple[int, float, float], ...]
    counts: dict[str, float]
    nanojoules: tuple[float, float]
    tools: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return asdict(self)

    def verdict(self) -> str:
        """Say in one sentence whether the core fits, and if not, by how much."""
        if self.fits:
            return f"The core fits the {self.part}."
        missing = ", ".join(
            f"{needed:,} {name} of {there:,} ({needed - there:,} too many)"
            if needed > there
            else f"{needed:,} {name} of {there:,}, which place and route cannot pack"
            for name, (needed, there) in self.excess.items()
        )
        return f"The core does not fit the {self.part}: it takes {missing}."


def report(
    directory: str | os.PathLike[str],
    *,
    device: str = "ecp5-25k",
    samples: SpikeBatch | TickBatch | None = None,
    seeds: Sequence[int] = (1, 2, 3),
    threads: int | None = None,
) -> HardwareReport:
    """Synthesize, place and simulate a generated core.

    Parameters
    ----------
    directory : path
        What `generate` wrote.
    device : str, default "ecp5-25k"
        For which device: ``ecp5-25k``, ``ecp5-85k``, ``ice40-hx8k``, ``ice40-up5k``, or ``xc7``,
        for which there is synthesis only.
    samples : SpikeBatch or TickBatch, optional
        What to count cycles with; by default corner cases and 100 random samples.
    seeds : sequence of int, default (1, 2, 3)
        Seeds of place and route; none leaves it out.
    threads : int, optional
        Number of threads of the simulation, all cores by default.

    Raises
    ------
    DataNotFoundError, FormatError
        If there is no core in the directory, or a file of it is not the one generated.
    DomainError
        If there is no such device, or a seed is negative.
    ToolError
        If a tool is missing or fails.
    """
    target = find_device(device)
    if any(seed < 0 for seed in seeds):
        msg = f"seeds is {tuple(seeds)}, expected numbers of at least 0"
        raise DomainError(msg)
    bundle = Bundle.load(directory)
    find_tool("yosys")
    if target.place and seeds:
        find_tool(f"nextpnr-{target.family}")
    network, plan = bundle.network, bundle.plan
    batch = _batch(bundle, samples)
    proof = verify(directory, batch, stalls=None, threads=threads)
    cycles = planned_cycles(network, plan, batch)
    core, whole, excess, placements = _placed(bundle, target, seeds)
    images = core_images(plan)
    words = sum(
        len(image.words) * image.width
        for image in images
        if image.memory.rstrip("0123456789") in BANK_MEMORIES
    )
    fmax = tuple(placement.fmax_mhz for placement in placements)
    mean = float(cycles.mean())
    happens = counts(network, plan, batch)
    return HardwareReport(
        network=plan.digest,
        device=target.name,
        part=target.part,
        lanes=tuple(layer.width for layer in plan.layers),
        fits=not excess,
        excess=excess,
        lut=core.lut,
        ff=core.ff,
        bram=core.bram,
        dsp=core.dsp,
        pruning=_pruning(bundle, target, core),
        without_abc9=tuple(
            name for name, one in (("core", core), ("top", whole)) if one and not one.abc9
        ),
        shares={
            "lut": core.lut / target.lut,
            "ff": core.ff / target.ff,
            "bram": core.bram / target.bram,
        },
        bram_fill=words / (core.bram * target.bram_bits) if core.bram else None,
        memory_bits=sum(len(image.words) * image.width for image in images),
        fmax_mhz=fmax,
        placed=placements[0].used if placements else {},
        samples=batch.n_samples,
        mismatches=proof.mismatches,
        cycles={"min": float(cycles.min()), "mean": mean, "max": float(cycles.max())},
        us_per_inference=mean / median(fmax) if fmax else None,
        sparsity=_sparsity(bundle, batch),
        counts=asdict(happens),
        nanojoules=energy_band(happens),
        tools=_tools(target, bool(placements)),
    )


def _batch(bundle: Bundle, samples: SpikeBatch | TickBatch | None) -> TickBatch:
    network = bundle.network
    if samples is None:
        return join(corner_samples(network), random_samples(network, RANDOM_SAMPLES))
    batch = samples if isinstance(samples, TickBatch) else network.to_ticks(samples)
    if not batch.n_samples:
        msg = "samples is empty, expected at least one to count cycles with"
        raise DomainError(msg)
    return batch


def _placed(
    bundle: Bundle, device: Device, seeds: Sequence[int]
) -> tuple[Resources, Resources | None, dict[str, tuple[int, int]], list[Placement]]:
    """Return what the core takes, alone and with all around it, the excess, and the placements."""
    with tempfile.TemporaryDirectory(prefix="firstspike-") as scratch:
        folder = Path(scratch)
        shutil.copytree(bundle.rtl, folder, dirs_exist_ok=True)
        core = synthesize(folder, ["core.v"], "core", device, "core.netlist")
        excess = core.overflow(device)
        if excess or not device.place or not seeds:
            return core, None, excess, []
        (folder / "top.v").write_text(harness_verilog(bundle.plan, 25.0))
        sources = ["core.v", "core_wishbone.v", "top.v"]
        whole = synthesize(folder, sources, "top", device, "top.netlist")
        excess = whole.overflow(device)
        if excess:
            return core, whole, excess, []
        try:
            placements = [
                place(
                    folder,
                    "top.netlist",
                    device,
                    options=device.place,
                    megahertz=AIM_MHZ[device.family],
                    seed=seed,
                )
                for seed in seeds
            ]
        except ToolError as error:
            if not any(text in str(error) for text in NO_ROOM):
                raise
            return core, whole, {"LUT": (whole.lut, device.lut)}, []
    return core, whole, {}, placements


def _pruning(bundle: Bundle, device: Device, core: Resources) -> dict[str, int] | None:
    """Return what pruning on chip takes, if that can be told.

    The core without it is synthesized for comparison only. Yosys of the wheel breaks off in ABC on
    a few netlists, without a word, and everything else is known by then.
    """
    try:
        return pruning_logic(bundle.plan, bundle.rtl, device, core)
    except ToolError:
        return None


def _sparsity(bundle: Bundle, batch: TickBatch) -> tuple[tuple[int, float, float], ...]:
    """Return mean cycles against the synapses that are left, for growing thresholds."""
    network, total = bundle.network, max(1, bundle.plan.n_synapses)
    largest = max(
        (int(np.abs(lane.weights).max(initial=0)) for x in bundle.plan.layers for lane in x.lanes),
        default=0,
    )
    points = []
    for threshold in range(largest + 2):
        smaller = pruned_network(network, [threshold] * len(network.layers))
        cycles = planned_cycles(smaller, bundle.plan, batch)
        points.append((threshold, smaller.n_synapses / total, float(cycles.mean())))
        if not smaller.n_synapses:
            break
    return tuple(points)


def _tools(device: Device, placed: bool) -> dict[str, str]:  # noqa: FBT001  # one caller
    names = ["yosys", f"nextpnr-{device.family}"] if placed else ["yosys"]
    return {name: tool_version(name) for name in names}
