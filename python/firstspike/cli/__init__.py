"""The command line: one file per command, each of which parses, calls and prints."""

from firstspike.cli.main import main as main
