"""`firstspike hdl`: the hardware side."""

from __future__ import annotations

import click

from firstspike.cli.group import LazyGroup

__all__ = ["hdl"]


@click.group(
    cls=LazyGroup,
    commands_at={
        "generate": "firstspike.cli.hdl_generate:generate",
    },
)
def hdl() -> None:
    """Generate a core from an integer network, and prove that it does what the network does."""
