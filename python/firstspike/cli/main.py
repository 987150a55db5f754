"""The command `firstspike` itself."""

from __future__ import annotations

import click

from firstspike._core import __version__
from firstspike.cli.group import LazyGroup

__all__ = ["main"]

HERE = "firstspike.cli"


@click.group(
    cls=LazyGroup,
    commands_at={
        "demo": f"{HERE}.demo:demo",
        "train": f"{HERE}.train:train",
        "evaluate": f"{HERE}.evaluate:evaluate",
        "quantize": f"{HERE}.quantize:quantize",
        "train-two-phase": f"{HERE}.train_two_phase:train_two_phase",
        "import-relu": f"{HERE}.import_relu:import_relu",
        "prune": f"{HERE}.prune:prune",
        "simulate": f"{HERE}.simulate:simulate",
        "hdl": f"{HERE}.hdl:hdl",
        "doctor": f"{HERE}.doctor:doctor",
    },
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="firstspike", message="%(prog)s %(version)s")
def main() -> None:
    """From a dataset to a proven FPGA core in which every neuron fires at most once.

    \b
    The way through, file by file:
      firstspike train digits --adapt --out float.safetensors
      firstspike quantize float.safetensors --out integer.safetensors
      firstspike prune integer.safetensors --threshold 1 --out pruned.safetensors
      firstspike hdl generate integer.safetensors --out core
      firstspike hdl verify core
    or all of it at once, with a report: firstspike demo

    \b
    Exit codes:
      0  done
      1  done, and the answer is no: a verification found a difference
      2  the input is wrong: an option, a file, a value, missing data
      3  a tool is missing or failed; `firstspike doctor` says how to get it
      130  interrupted with Ctrl-C
    """  # noqa: D301  (\b is click's mark for a paragraph to be left alone)
