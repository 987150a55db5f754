"""`firstspike train-two-phase`: from a data set to a two-phase integer network in a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from firstspike import datasets
from firstspike.cli import figures, options, output
from firstspike.cli.group import Exit
from firstspike.two_phase.recipes import TWO_PHASE_RECIPES, two_phase_recipe

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["train_two_phase"]


@click.command("train-two-phase")
@click.argument("task", type=click.Choice(list(TWO_PHASE_RECIPES)))
@click.option("--out", type=options.OUT_FILE, required=True, help="Where the integer network goes.")
@click.option("--epochs", type=click.IntRange(min=2), help="Half of them with rounded weights.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--held-out",
    type=float,
    metavar="SHARE",
    help="Hold out this share of the training samples and measure on them after every epoch.",
)
@click.option("--history", type=options.OUT_FILE, help="Write figures of every epoch as JSON.")
@click.option("--root", type=options.FOLDER, help="Folder with the data set's files.")
@output.json_option
@click.pass_context
def train_two_phase(
    ctx: click.Context,
    *,
    task: str,
    out: Path,
    epochs: int | None,
    seed: int,
    held_out: float | None,
    history: Path | None,
    root: Path | None,
    as_json: bool,
) -> None:
    """Train a two-phase network for the integers that it becomes.

    Every layer listens for one window and fires in the next, so it is a clipped rectified one and
    trains exactly. Half of the epochs run on the clock and with rounded weights; what comes out is
    an integer network for `firstspike hdl generate`. mnist_fast is made for short inference; with
    octaves, spike values are spaced logarithmically. Same seed, same bits. Ctrl-C stops after the
    current epoch, writes what there is and exits with 130.
    """
    chosen = two_phase_recipe(task)
    if epochs is not None:
        chosen = replace(chosen, epochs=epochs)
    training, test = datasets.load(chosen.data, root=root)
    fit, validation = (training, None) if held_out is None else training.split(held_out, seed=seed)
    net = chosen.network(seed=seed)
    shown = False if as_json else None
    run = chosen.fit(net, fit, seed=seed, validation=validation, progress=shown)
    integer = chosen.integer(net, seed=seed)
    integer.save(out)
    if history is not None:
        run.save(history)
    tested = integer.simulate(test.encode(chosen.encoder(net)))
    result: dict[str, Any] = {
        "network": str(out),
        "digest": integer.digest,
        "data": chosen.data,
        "seed": seed,
        "epochs": len(run),
        "interrupted": run.interrupted,
        "ticks": integer.ticks,
        "synapses": integer.n_synapses,
        "test_accuracy": tested.accuracy(test.labels),
        "test_tie_rate": tested.tie_rate,
    }
    if as_json:
        output.print_json(result)
    else:
        output.print_table(figures.readable(result))
    if run.interrupted:
        ctx.exit(int(Exit.INTERRUPTED))
