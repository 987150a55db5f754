"""`firstspike train`: from a data set to a float network in a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from firstspike import datasets
from firstspike.cli import figures, options, output
from firstspike.cli.group import Exit
from firstspike.cli.notes import note_recipe
from firstspike.train import evaluate
from firstspike.train.recipes import RECIPES, recipe

if TYPE_CHECKING:
    from pathlib import Path

    from firstspike.models import Network
    from firstspike.models.stack import Spiking
    from firstspike.train.recipe import Recipe

__all__ = ["train"]


@click.command()
@click.argument("data", type=click.Choice(sorted(RECIPES)))
@click.option("--out", type=options.OUT_FILE, required=True, help="Where the network goes.")
@click.option(
    "--adapt",
    is_flag=True,
    help="Then make it sparse and used to rounded weights and the hardware's clock, so that "
    "quantising and pruning cost next to nothing.",
)
@click.option("--hidden", metavar="N[,N...]", help="Sizes of the hidden layers.")
@click.option("--epochs", type=click.IntRange(min=1), help="Epochs, those of --adapt not included.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Samples per step, ditto.")
@click.option("--lr", type=float, help="Learning rate, ditto.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--held-out",
    type=float,
    metavar="SHARE",
    help="Hold out this share of the training samples and measure on them after every epoch.",
)
@click.option("--checkpoint", type=options.OUT_FILE, help="Keep the state of the run here.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint, if it exists.")
@click.option("--history", type=options.OUT_FILE, help="Write figures of every epoch as JSON.")
@click.option("--root", type=options.FOLDER, help="Folder with the data set's files.")
@options.threads_option
@output.json_option
@click.pass_context
def train(
    ctx: click.Context,
    *,
    data: str,
    out: Path,
    adapt: bool,
    hidden: str | None,
    epochs: int | None,
    batch_size: int | None,
    lr: float | None,
    seed: int,
    held_out: float | None,
    checkpoint: Path | None,
    resume: bool,
    history: Path | None,
    root: Path | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Train a float network on a data set.

    Gradients are the exact ones of spike times. Defaults are the data set's recipe. Same seed, same
    bits, on any number of threads. Ctrl-C stops after the current batch, writes what there is and
    exits with 130; with a checkpoint, --resume goes on to the same bits.
    """
    chosen = _change(recipe(data), hidden, epochs, batch_size, lr)
    training, test = datasets.load(chosen.data, root=root)
    fit, validation = (training, None) if held_out is None else training.split(held_out, seed=seed)
    net = chosen.network(seed=seed)
    note_recipe(net, chosen, seed)
    shared: dict[str, Any] = {"validation": validation, "seed": seed, "threads": threads}
    shared |= {"resume": resume, "progress": False if as_json else None}
    runs = [chosen.fit(net, fit, checkpoint=checkpoint, **shared)]
    if adapt and not runs[0].interrupted:
        second = checkpoint and checkpoint.with_name(f"{checkpoint.name}.adapt")
        runs.append(chosen.adapt(net, fit, checkpoint=second, **shared))
    net.save(out)
    if history is not None:
        # One list of epochs, however many stages there were.
        whole = replace(runs[-1], epochs=[record for run in runs for record in run.epochs])
        whole.save(history)
    result: dict[str, Any] = {"network": str(out), "data": data, "seed": seed}
    result |= {"epochs": sum(len(run) for run in runs), "interrupted": runs[-1].interrupted}
    result |= {f"test_{k}": v for k, v in _test_figures(net, chosen, test, threads).items()}
    if as_json:
        output.print_json(result)
    else:
        output.print_table(figures.readable(result))
    if runs[-1].interrupted:
        ctx.exit(int(Exit.INTERRUPTED))


def _test_figures(
    net: Network, chosen: Recipe, test: datasets.Dataset, threads: int | None
) -> dict[str, float]:
    spikes = chosen.encoder(test.inputs)
    until = chosen.float_stage.until
    return dict(vars(evaluate(net, spikes, test.labels, until=until, threads=threads)))


def _change(
    chosen: Recipe,
    hidden: str | None,
    epochs: int | None,
    batch_size: int | None,
    lr: float | None,
) -> Recipe:
    """Replace in a recipe what the user gave; the second stage stays as it is."""
    stage = chosen.float_stage
    if lr is not None:
        stage = replace(stage, optimizer=replace(stage.optimizer, lr=lr))  # type: ignore[type-var]
    if epochs is not None:
        stage = replace(stage, epochs=epochs)
    if batch_size is not None:
        stage = replace(stage, batch_size=batch_size)
    layers = chosen.layers if hidden is None else _resized(chosen.layers, hidden)
    return replace(chosen, layers=layers, float_stage=stage)


def _resized(layers: tuple[Spiking, ...], hidden: str) -> tuple[Spiking, ...]:
    try:
        sizes = [int(part) for part in hidden.split(",")]
    except ValueError:
        msg = f"{hidden!r}, expected whole numbers with commas between"
        raise click.BadParameter(msg, param_hint="--hidden") from None
    widths = [layers[0].n_in, *sizes, layers[-1].n_out]
    # Every hidden layer is like the recipe's first, the last layer like its last.
    kinds = [*[layers[0]] * len(sizes), layers[-1]]
    return tuple(
        replace(kind, n_in=n_in, n_out=n_out)
        for kind, n_in, n_out in zip(kinds, widths, widths[1:], strict=False)
    )
