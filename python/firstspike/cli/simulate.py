"""`firstspike simulate`: what an integer network does, event by event."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from firstspike import _files, plots
from firstspike.cli import figures, networks, options, output
from firstspike.errors import DomainError, FormatError
from firstspike.events import SpikeBatch

if TYPE_CHECKING:
    from pathlib import Path


__all__ = ["simulate"]

EVENTS = ("offsets", "times", "sources", "n_sources")
RESULTS = ("decisions", "ticks", "margins", "ties", "silent")


@click.command()
@click.argument("network", type=options.IN_FILE)
@options.data_options
@click.option(
    "--events",
    type=options.IN_FILE,
    help="Spikes to use instead of a data set: an .npz file with offsets, times (s), sources and "
    "n_sources.",
)
@click.option("--samples", type=click.IntRange(min=1), help="Use the first so many samples only.")
@click.option("--full", is_flag=True, help="Run every sample to the last tick: no early exit.")
@click.option(
    "--out",
    type=options.OUT_FILE,
    help="Write decisions, ticks, margins, ties and silence of every sample to an .npz file.",
)
@click.option(
    "--raster", type=options.OUT_FILE, help="Draw the spikes of one sample to a .png file."
)
@click.option("--sample", type=click.IntRange(min=0), default=0, help="Which one to draw.")
@options.threads_option
@output.json_option
def simulate(
    *,
    network: Path,
    data: str | None,
    root: Path | None,
    encoder: str | None,
    events: Path | None,
    samples: int | None,
    full: bool,
    out: Path | None,
    raster: Path | None,
    sample: int,
    threads: int | None,
    as_json: bool,
) -> None:
    """Count what an integer network does, event by event.

    Runs the test split, or your own spikes. The simulator computes what the hardware computes:
    decisions, ticks and counters are exact.
    """
    net = networks.load_integer(network)
    if events is not None:
        spikes = read_events(events)
    else:
        test = options.dataset_of(net, data, root)[1]
        spikes = test.encode(networks.encoder_of(net, encoder))
    spikes = spikes[:samples]
    if not len(spikes):
        msg = "there is no sample, expected at least one"
        raise DomainError(msg)
    if raster is not None and sample >= len(spikes):
        msg = f"--sample is {sample}, expected below the number of samples, {len(spikes)}"
        raise DomainError(msg)
    run = net.simulate(spikes, early_exit=not full, threads=threads)
    if out is not None:
        content = io.BytesIO()
        np.savez(content, **{name: getattr(run, name) for name in RESULTS})
        _files.write_atomically(out, content.getvalue())
    if raster is not None:
        ax = figures.sample_raster(net, spikes[sample : sample + 1], early_exit=not full)
        _files.write_atomically(raster, plots.to_png(ax))
    result: dict[str, Any] = {"network": str(network), "digest": net.digest}
    result |= figures.integer_figures(net, run)
    result |= {"dropped_events": run.dropped, "totals": run.counters.totals()}
    if as_json:
        output.print_json(result)
    else:
        output.print_table(figures.readable(result))


def read_events(path: Path) -> SpikeBatch:
    """Read a batch of spikes from an ``.npz`` file.

    Raises
    ------
    FormatError
        If the file is truncated or foreign, or its arrays are no valid batch.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            parts = {name: file[name] for name in EVENTS}
        return SpikeBatch(
            parts["offsets"], parts["times"], parts["sources"], int(parts["n_sources"])
        )
    except Exception as error:
        # numpy answers foreign files with whatever its parser stumbles over.
        msg = f"{path} is no file of spikes with {', '.join(EVENTS)}: {error}"
        raise FormatError(msg) from error
