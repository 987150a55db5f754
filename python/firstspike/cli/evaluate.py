"""`firstspike evaluate`: how well a network decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from firstspike.cli import figures, networks, options, output
from firstspike.integer_network import IntegerNetwork
from firstspike.train import evaluate as evaluate_float

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["evaluate"]


@click.command()
@click.argument("network", type=options.IN_FILE)
@options.data_options
@click.option("--split", type=click.Choice(["test", "train"]), default="test", show_default=True)
@options.threads_option
@output.json_option
def evaluate(
    *,
    network: Path,
    data: str | None,
    root: Path | None,
    encoder: str | None,
    split: str,
    threads: int | None,
    as_json: bool,
) -> None:
    """Measure the accuracy of a float or integer network.

    For an integer network the figures come from the integer simulator and thus hold for the
    hardware. A sample without any output spike counts as wrong in a float network; an integer
    network decides by the largest potential then, and the silent rate says how often.
    """
    net = networks.load_any(network)
    train, test = options.dataset_of(net, data, root)
    dataset = train if split == "train" else test
    spikes = dataset.encode(networks.encoder_of(net, encoder))
    result: dict[str, Any] = {"network": str(network), "data": dataset.name, "split": split}
    if isinstance(net, IntegerNetwork):
        run = net.simulate(spikes, threads=threads)
        result["accuracy"] = run.accuracy(dataset.labels)
        result |= figures.integer_figures(net, run)
    else:
        # Where the recipe ends a trial, the file says so.
        until = net.meta.get("until")
        result |= vars(evaluate_float(net, spikes, dataset.labels, until=until, threads=threads))
        result["samples"] = len(dataset)
    if as_json:
        output.print_json(result)
    else:
        output.print_table(figures.readable(result))
