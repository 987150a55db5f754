"""`firstspike hdl`: the hardware side."""

from __future__ import annotations

import click

from firstspike.cli.group import LazyGroup

__all__ = ["hdl"]


@click.group(
    cls=LazyGroup,
    commands_at={
        "generate": "firstspike.cli.hdl_generate:generate",
        "verify": "firstspike.cli.hdl_verify:verify",
    },
)
def hdl() -> None:
    """Generate a core, and prove that it is right."""
