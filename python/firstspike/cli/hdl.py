"""`firstspike hdl`: the hardware side."""

from __future__ import annotations

import click

from firstspike.cli.group import LazyGroup

__all__ = ["hdl"]


@click.group(
    cls=LazyGroup,
    commands_at={
        "build": "firstspike.cli.hdl_build:build",
        "generate": "firstspike.cli.hdl_generate:generate",
        "report": "firstspike.cli.hdl_report:report",
        "verify": "firstspike.cli.hdl_verify:verify",
    },
)
def hdl() -> None:
    """Generate a core, prove that it is right, measure it, put it on a board."""
