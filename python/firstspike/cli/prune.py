"""`firstspike prune`: fewer synapses, as the core drops them on command."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from firstspike.cli import networks, options, output
from firstspike.cli.per_layer import per_layer
from firstspike.prune import compare, largest_thresholds
from firstspike.prune import prune as prune_network

if TYPE_CHECKING:
    from pathlib import Path

    from firstspike.integer_network import IntegerNetwork

__all__ = ["prune"]


@click.command()
@click.argument("network", type=options.IN_FILE)
@click.option("--out", type=options.OUT_FILE, required=True, help="Where the pruned network goes.")
@click.option(
    "--threshold",
    metavar="N[,N...]",
    callback=per_layer(int),
    help="Drop every synapse whose weight is smaller than this.",
)
@click.option(
    "--sparsity",
    metavar="S[,S...]",
    callback=per_layer(float),
    help="Drop at least this share of the synapses, 0 to 1.",
)
@click.option(
    "--tolerance",
    type=float,
    default=0.005,
    show_default=True,
    help="Without the two above: drop as many as this loss of training accuracy allows.",
)
@click.option(
    "--floor",
    metavar="N[,N...]",
    default="0",
    show_default=True,
    callback=per_layer(int),
    help="Leave every neuron at least so many synapses.",
)
@options.data_options
@options.threads_option
@output.json_option
def prune(
    *,
    network: Path,
    out: Path,
    threshold: int | list[int] | None,
    sparsity: float | list[float] | None,
    tolerance: float,
    floor: int | list[int],
    data: str | None,
    root: Path | None,
    encoder: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Drop the smallest weights of an integer network.

    This is exactly what the core does in place when it is told the thresholds; they are noted in
    the file of the pruned network.
    """
    net = networks.load_integer(network)
    if threshold is None and sparsity is None:
        train, _ = options.dataset_of(net, data, root)
        spikes = train.encode(networks.encoder_of(net, encoder))
        threshold = largest_thresholds(
            net, spikes, train.labels, tolerance=tolerance, floor=floor, threads=threads
        )
    pruned: IntegerNetwork = prune_network(net, threshold=threshold, sparsity=sparsity, floor=floor)
    pruned.save(out)
    report = compare(net, pruned)
    result: dict[str, Any] = {
        "network": str(out),
        "digest": pruned.digest,
        "thresholds": pruned.meta["pruned_with_thresholds"],
        "synapses_total": report.synapses_total,
        "synapses_live": report.synapses_live,
        "pruned_share": report.pruned_share,
        "layers": [asdict(layer) for layer in report.layers],
    }
    if as_json:
        output.print_json(result)
        return
    rows = [
        (
            str(n),
            str(threshold),
            f"{layer.total:,}",
            f"{layer.live:,}",
            f"{layer.pruned_share:.1%}",
            f"{layer.least_fan_in} to {layer.most_fan_in}",
            f"{layer.idle_sources:,}",
        )
        for n, (threshold, layer) in enumerate(
            zip(result["thresholds"], report.layers, strict=True)
        )
    ]
    output.print_table(
        rows, ("layer", "threshold", "synapses", "left", "pruned", "per neuron", "idle sources")
    )
    output.say(f"Wrote {out}")
