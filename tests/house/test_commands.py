"""The law of the command line: every command is found by its name, says what it does, and stands in a known group."""

import importlib
import pkgutil

import pytest
from click.testing import CliRunner

import app.cli
from app.cli import GROUPS, main


def offered():
    for found in pkgutil.iter_modules(app.cli.__path__):
        module = importlib.import_module(f"app.cli.{found.name}")
        yield from getattr(module, "COMMANDS", {}).items()


@pytest.mark.parametrize(
    ("name", "command"), list(offered()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_is_found_and_says_what_it_does(name, command):
    words = name.split()
    assert len(words) == 1 or words[0] in GROUPS, f"add the group {words[0]!r} to app.cli.GROUPS"
    assert command.help, f"{name} needs a docstring"
    result = CliRunner().invoke(main, [*words, "--help"])
    assert result.exit_code == 0
    assert command.help.split()[0] in result.output


def test_no_two_modules_offer_the_same_command():
    names = [name for name, _ in offered()]
    assert len(names) == len(set(names))


def test_the_help_lists_what_there_is():
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert "invoices" in result.output
