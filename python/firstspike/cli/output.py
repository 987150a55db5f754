"""What commands print: one JSON object for scripts, or a table for people."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click
import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

__all__ = ["console", "json_option", "print_json", "print_table", "say", "to_json"]

Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """Add ``--json``."""
    text = "Print one JSON object to stdout, and nothing else."
    return click.option("--json", "as_json", is_flag=True, help=text)(command)


def to_json(result: Mapping[str, Any]) -> str:
    """Render as strict JSON: numpy becomes plain numbers, NaN and infinities become null."""
    return json.dumps(_plain(result), indent=2, allow_nan=False)


def print_json(result: Mapping[str, Any]) -> None:
    """Print `result` as one JSON object on stdout."""
    click.echo(to_json(result))


def print_table(
    rows: Sequence[Sequence[str | Text]], header: Sequence[str] = (), title: str | None = None
) -> None:
    """Print a table on stdout; strings as they are, brackets and all."""
    name = None if title is None else Text(title)
    heads = map(escape, header)
    table = Table(*heads, title=name, title_justify="left", show_header=bool(header))
    for row in rows:
        table.add_row(*(Text(entry) if isinstance(entry, str) else entry for entry in row))
    console().print(table)


def say(text: str) -> None:
    """Print a line on stdout as it is, brackets and all, however long."""
    console().print(text, soft_wrap=True, markup=False)


def console(*, stderr: bool = False) -> Console:
    """Return a console on today's stdout or stderr; as wide as needed where nobody looks."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else 120, highlight=False)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)
