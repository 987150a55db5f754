"""`firstspike doctor`: what this machine can do, and how to make it do more."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import click
from rich.text import Text

from firstspike._core import __version__
from firstspike.cli.group import Exit
from firstspike.cli.output import json_option, print_json, print_table, say
from firstspike.cli.tools import Finding, find
from firstspike.datasets.files import FOLDER_VARIABLE

__all__ = ["doctor"]


@click.command()
@json_option
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool) -> None:
    """Say which tools are there, and how to get the others.

    Exits with 3 when a tool is missing that generating or verifying a core needs.
    """
    findings = find()
    missing = [f for f in findings if f.found is None]
    folder = os.environ.get(FOLDER_VARIABLE)
    if as_json:
        print_json(
            {
                "firstspike": __version__,
                "python": platform.python_version(),
                "cores": os.cpu_count(),
                "data_folder": folder,
                "tools": [
                    {
                        "name": f.need.name,
                        "found": f.found,
                        "required": f.need.required,
                        "purpose": f.need.purpose,
                        "remedy": None if f.found else f.need.remedy,
                    }
                    for f in findings
                ],
            }
        )
    else:
        rows = [
            (
                _verdict(f),
                f.need.name,
                f.found or "",
                f.need.purpose,
            )
            for f in findings
        ]
        title = f"firstspike {__version__}, Python {platform.python_version()}"
        header = ("", "tool", "found", "purpose")
        print_table(rows, header, f"{title}, {os.cpu_count()} cores")
        for f in missing:
            say(f"To get {f.need.name}: {f.need.remedy}")
        state = "is not set" if not folder else f"= {folder}"
        if folder and not Path(folder).is_dir():
            state += ", which is no folder"
        say(f"{FOLDER_VARIABLE} {state} (data sets that need files)")
    if any(f.need.required for f in missing):
        ctx.exit(int(Exit.MISSING_TOOL))


def _verdict(finding: Finding) -> Text:
    if finding.found:
        return Text("ok", "green")
    return Text("missing", "red") if finding.need.required else Text("optional")
