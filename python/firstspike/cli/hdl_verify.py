"""`firstspike hdl verify`: proof by running, against the integer simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from firstspike.cli import networks, options, output
from firstspike.cli.group import Exit
from firstspike.cli.per_layer import per_layer
from firstspike.hdl import Bundle
from firstspike.hdl import verify as verify_core
from firstspike.hdl.cosim.mutants import MUTANTS
from firstspike.hdl.verify import ENGINES, MOST_SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from firstspike.hdl import VerifyReport
    from firstspike.hdl.cosim.mutants import Mutant
    from firstspike.hdl.verify import Engine

__all__ = ["verify"]


@click.command()
@click.argument("folder", type=options.FOLDER)
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="auto",
    show_default=True,
    help="What runs the hardware: cxxrtl compiles it to machine code, icarus and verilator run its "
    "Verilog; auto takes the first that is there.",
)
@click.option("--samples", type=click.IntRange(min=1), help="Use the first so many samples only.")
@click.option(
    "--most",
    type=click.IntRange(min=1),
    default=MOST_SAMPLES,
    show_default=True,
    help="Run so many samples without early exit, and so many with pauses, too.",
)
@click.option(
    "--prune-threshold",
    "thresholds",
    metavar="N[,N...]",
    callback=per_layer(int),
    help="What the core is told to prune with; 1 by default, which drops what does nothing.",
)
@click.option(
    "--mutate",
    type=click.Choice(MUTANTS),
    help="Check the check: run a core that is wrong in one weight, in one comparison, or in what "
    "it prunes. Then a difference is what must be found. With engine cxxrtl only.",
)
@options.data_options
@options.threads_option
@output.json_option
@click.pass_context
def verify(
    ctx: click.Context,
    *,
    folder: Path,
    engine: Engine,
    samples: int | None,
    most: int,
    thresholds: int | list[int] | None,
    mutate: Mutant | None,
    data: str | None,
    root: Path | None,
    encoder: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Compare a generated core with the integer simulator.

    Compared are decisions, ticks, margins, every output spike, the flags and the cycle counts of
    every sample, before and after pruning on the chip, with early exit; for some of them also
    without, and with pauses on the streams. The samples are the test split of the data set, or
    random ones if no data set is noted or named.

    Exits with 1 if anything differs; with --mutate, if nothing does.
    """
    net = Bundle.load(folder).network
    spikes = labels = None
    if data is not None or "dataset" in net.meta:
        test = options.dataset_of(net, data, root)[1][:samples]
        spikes, labels = test.encode(networks.encoder_of(net, encoder)), test.labels
    report = verify_core(
        folder,
        spikes,
        labels=labels,
        thresholds=1 if thresholds is None else thresholds,
        engine=engine,
        threads=threads,
        most=most,
        mutate=mutate,
    )
    good = report.passed if mutate is None else not report.passed
    if as_json:
        told = {} if mutate is None else {"mutant": mutate, "caught": good}
        output.print_json(report.to_dict() | told)
    else:
        rows = [(done, "") for done in report.passes]
        rows += [
            ("mismatches", str(report.mismatches)),
            ("synapses", f"{report.synapses_live:,} of {report.synapses_total:,} after pruning"),
            ("cycles per inference", f"{report.cycles_before:.1f} to {report.cycles_after:.1f}"),
            ("clock cycles run", f"{report.clock_cycles:,}"),
            ("seconds", f"{report.build_seconds:.1f} to build, {report.run_seconds:.1f} to run"),
        ]
        title = f"{_verdict(report, mutate)}: {report.samples} samples on {report.engine}"
        output.print_table(rows, title=title)
    for note in report.notes:
        click.echo(f"note: {note}", err=True)
    for finding in report.findings:
        click.echo(finding, err=True)
    if not good:
        ctx.exit(int(Exit.MISMATCH))


def _verdict(report: VerifyReport, mutant: Mutant | None) -> str:
    if mutant is None:
        return "equal" if report.passed else "NOT equal"
    return f"wrong {mutant} " + ("NOT noticed" if report.passed else "noticed")
