"""Options that take one number, or one per layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["per_layer"]


def per_layer(
    number: type[int] | type[float],
) -> Callable[[click.Context, click.Parameter, str | None], int | float | list[int | float] | None]:
    """Make a parser of one number, or of one per layer with commas between."""

    def parse(
        ctx: click.Context, param: click.Parameter, value: str | None
    ) -> int | float | list[int | float] | None:
        if value is None:
            return None
        try:
            numbers = [number(part) for part in value.split(",")]
        except ValueError:
            kind = "whole numbers" if number is int else "numbers"
            msg = f"{value!r}, expected {kind} with commas between"
            raise click.BadParameter(msg, ctx, param) from None
        return numbers[0] if len(numbers) == 1 else numbers

    return parse
