"""Help: every command has some, and it reads as a sentence."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from stream import __version__
from stream.cli import deskpulse

COMMANDS = (
    "demo",
    "replay",
    "report",
    "worker",
    "board",
    "simulate",
    "topics",
    "rejected",
    "kpis",
    "explain",
    "config",
)


def test_the_commands_are_those_of_the_contract() -> None:
    """No more and no less."""
    assert set(deskpulse.commands) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    """--help and -h end with 0, say what it does, and name the common options."""
    for flag in ("--help", "-h"):
        done = CliRunner().invoke(deskpulse, [name, flag])
        assert done.exit_code == 0
        assert all(option in done.output for option in ("--config", "--brokers", "--log-level", "--log-format"))
    command = deskpulse.commands[name]
    assert (command.help or "").split("\n")[0].endswith((".", ","))
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help] == []


def test_the_list_of_commands_is_not_cut() -> None:
    """What a command does is readable in the list of commands."""
    done = CliRunner().invoke(deskpulse, ["--help"])
    assert done.exit_code == 0
    assert not [line for line in done.output.splitlines()[1:] if line.endswith("...")]


def test_the_version_is_told() -> None:
    """Name and number."""
    assert CliRunner().invoke(deskpulse, ["--version"]).output == f"deskpulse, version {__version__}\n"
