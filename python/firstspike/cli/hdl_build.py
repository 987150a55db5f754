"""`firstspike hdl build`: a bitstream for a board."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from firstspike.cli import options, output
from firstspike.hdl.boards import BOARDS
from firstspike.hdl.build.bitstream import build as build_core

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["build"]


@click.command()
@click.argument("folder", type=options.FOLDER)
@click.option("--board", type=click.Choice(list(BOARDS)), required=True)
@click.option("--out", type=options.FOLDER, help="Where the files go; FOLDER/build by default.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@output.json_option
def build(*, folder: Path, board: str, out: Path | None, seed: int, as_json: bool) -> None:
    """Build a bitstream of a generated core for a board.

    The core stands behind a serial line of 115200 baud that reads and writes its registers, in the
    protocol of LiteX's uartbone.
    """
    made = build_core(folder, out or folder / "build", board=board, seed=seed)
    result = {
        "bitstream": str(made.path),
        "bytes": made.path.stat().st_size,
        "board": made.board,
        "clock_mhz": made.megahertz,
        "fmax_mhz": made.placement.fmax_mhz,
        "used": made.placement.used,
    }
    if as_json:
        output.print_json(result)
        return
    used = [(name, f"{n:,} of {has:,}") for name, (n, has) in made.placement.used.items()]
    fast = f"{made.placement.fmax_mhz:.1f} MHz, runs at {made.megahertz:g} MHz"
    output.print_table([("Fmax", fast), *used], title=BOARDS[board].text)
    output.say(f"Wrote {made.path}")
