"""The command group: exit codes, one-line errors, versions, JSON."""

import json
import subprocess
import sys

import click
import numpy as np
import pytest
from click.testing import CliRunner

import firstspike as fs
from firstspike.cli import main
from firstspike.cli.group import Exit, LazyGroup
from firstspike.cli.output import to_json
from firstspike.errors import DataNotFoundError, DomainError, ToolError


def group_raising(error):
    group = LazyGroup(name="firstspike", commands_at={})

    @click.command()
    def fail():
        raise error

    group.get_command = lambda ctx, name: fail
    return group


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DomainError("lanes is 0, expected at least 1"), Exit.BAD_INPUT),
        (DataNotFoundError("mnist not found"), Exit.BAD_INPUT),
        (PermissionError(13, "Permission denied", "out"), Exit.BAD_INPUT),
        (ToolError("verilator is missing"), Exit.MISSING_TOOL),
    ],
)
def test_expected_errors_become_one_line_and_a_code(error, code):
    result = CliRunner().invoke(group_raising(error), ["fail"])
    assert result.exit_code == code
    assert result.stderr == f"Error: {error}\n"
    assert result.stdout == ""


def test_interrupt_is_not_a_failed_verification():
    result = CliRunner().invoke(group_raising(KeyboardInterrupt()), ["fail"])
    assert result.exit_code == Exit.INTERRUPTED


def test_unexpected_errors_keep_their_traceback():
    result = CliRunner().invoke(group_raising(ZeroDivisionError()), ["fail"])
    assert isinstance(result.exception, ZeroDivisionError)


def test_version_and_unknown_command():
    result = CliRunner().invoke(main, ["--version"])
    assert result.output == f"firstspike {fs.__version__}\n"
    assert CliRunner().invoke(main, ["fly"]).exit_code == Exit.BAD_INPUT


def test_runs_as_a_program():
    code = "import sys; from firstspike.cli import main; sys.exit(main(['--version']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("firstspike ")


def test_every_command_explains_itself():
    context = click.Context(main)
    names = main.list_commands(context)
    assert "doctor" in names
    for name in names:
        command = main.get_command(context, name)
        assert command.name == name
        result = CliRunner().invoke(main, [name, "--help"])
        assert result.exit_code == 0
        assert len(command.get_short_help_str()) > 20
    assert "Exit codes" in CliRunner().invoke(main, ["--help"]).output


def test_json_is_strict():
    text = to_json(
        {"a": np.float32(0.5), "b": [float("nan"), np.inf], "c": np.arange(2), "d": None}
    )
    assert json.loads(text) == {"a": 0.5, "b": [None, None], "c": [0, 1], "d": None}
