"""`firstspike hdl report`: what a core takes, and how fast it is."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from firstspike.cli import networks, options, output
from firstspike.cli.group import Exit
from firstspike.hdl import Bundle
from firstspike.hdl import generate as generate_core
from firstspike.hdl.boards import DEVICES
from firstspike.hdl.report import report as report_core
from firstspike.hdl.report import write_report
from firstspike.hdl.report.page import rows

if TYPE_CHECKING:
    from firstspike.hdl.report import HardwareReport

__all__ = ["report"]


def _lanes(ctx: click.Context, parameter: click.Parameter, value: str | None) -> list[int]:
    try:
        lanes = [int(part) for part in value.split(",")] if value else []
    except ValueError:
        lanes = [0]
    if any(lane < 1 for lane in lanes):
        msg = f"{value!r} is no list of whole numbers of at least 1"
        raise click.BadParameter(msg, ctx=ctx, param=parameter)
    return lanes


@click.command()
@click.argument("folder", type=options.FOLDER)
@click.option("--device", type=click.Choice(list(DEVICES)), default="ecp5-25k", show_default=True)
@click.option(
    "--seeds",
    type=click.IntRange(0, 20),
    default=3,
    show_default=True,
    help="Times of place and route, each with a seed of its own; 0 leaves it out.",
)
@click.option("--samples", type=click.IntRange(min=1), help="Use the first so many samples only.")
@click.option(
    "--compare-lanes",
    metavar="N[,N...]",
    callback=_lanes,
    help="Measure the same network with other lanes as well, for a picture.",
)
@click.option("--out", type=options.FOLDER, help="Where the files go; FOLDER/reports by default.")
@options.data_options
@options.threads_option
@output.json_option
@click.pass_context
def report(
    ctx: click.Context,
    *,
    folder: Path,
    device: str,
    seeds: int,
    samples: int | None,
    compare_lanes: list[int],
    out: Path | None,
    data: str | None,
    root: Path | None,
    encoder: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Synthesize, place and simulate a generated core for a device.

    Leaves report.json and report.html: cells, block RAM, clock frequency, cycles and time per
    inference, an estimate of the energy, cycles against sparsity. The samples are the test split of
    the data set, or random ones if no data set is noted or named.

    Exits with 1 if the core does not fit, or differs from the integer simulator.
    """
    net = Bundle.load(folder).network
    spikes = None
    if data is not None or "dataset" in net.meta:
        test = options.dataset_of(net, data, root)[1][:samples]
        spikes = networks.encoder_of(net, encoder)(test.inputs)

    def measure(core: Path, times: int) -> HardwareReport:
        wanted = tuple(range(1, times + 1))
        return report_core(core, device=device, samples=spikes, seeds=wanted, threads=threads)

    result = measure(folder, seeds)
    others = []
    for lanes in compare_lanes:
        with tempfile.TemporaryDirectory(prefix="firstspike-") as scratch:
            core = generate_core(net, Path(scratch) / "core", lanes=lanes)
            others.append(measure(core.path, min(seeds, 1)))
    paths = write_report(out or folder / "reports", result, others)
    if as_json:
        output.print_json(result.to_dict() | {"files": [str(path) for path in paths]})
    else:
        output.print_table(rows(result), title=result.verdict())
        output.say(f"Open {paths[1]}")
    if not result.fits or result.mismatches:
        ctx.exit(int(Exit.MISMATCH))
