"""The command group: turns expected errors into one line and a meaningful exit code."""

from __future__ import annotations

import enum
import importlib
from typing import Any

import click

from firstspike.errors import FirstspikeError, ToolError

__all__ = ["Exit", "LazyGroup"]


class Exit(enum.IntEnum):
    """What an exit code of `firstspike` means."""

    OK = 0
    MISMATCH = 1  # the work was done and the answer is no
    BAD_INPUT = 2  # also click's code for wrong usage
    MISSING_TOOL = 3
    INTERRUPTED = 130  # the shell's code for Ctrl-C


class BadInput(click.ClickException):
    """A one-line message and the exit code for bad input."""

    exit_code = int(Exit.BAD_INPUT)


class MissingTool(click.ClickException):
    """A one-line message and the exit code for a missing tool."""

    exit_code = int(Exit.MISSING_TOOL)


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for.

    Parameters
    ----------
    commands_at : dict of str to str
        Name of each command and its place, ``module:attribute``.
    """

    def __init__(self, *, commands_at: dict[str, str], **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)  # click's own, whatever they are
        self._commands_at = commands_at

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Commands in the order of the work, not of the alphabet."""
        return list(self._commands_at)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002
        cmd_name: str,
    ) -> click.Command | None:
        """Import the command `cmd_name`."""
        place = self._commands_at.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run, and say in one line what was wrong with the input or the machine."""
        try:
            return super().invoke(ctx)
        except ToolError as error:
            raise MissingTool(str(error)) from error
        except (FirstspikeError, OSError) as error:
            raise BadInput(str(error)) from error
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(int(Exit.INTERRUPTED))
