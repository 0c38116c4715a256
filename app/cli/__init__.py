"""The command line ``tillpaid``: finds each command by its name in the modules of this folder and imports no other.

A module offers ``COMMANDS = {"invoices compute": command}``. The module named like the command is asked first, then
those that share its first word, then the rest; so a command that needs no web server never waits for one.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import click

from app.kernel.errors import TillpaidError

GROUPS = {
    "customers": "Customers from files.",
    "deals": "Closed deals from files.",
    "followup": "Payment reminders: propose, preview, send.",
    "history": "Open items and habits from an earlier system.",
    "invoices": "Invoice arithmetic and stored documents.",
    "journal": "The journal for the general ledger.",
    "mis": "The daily report.",
    "quarantine": "A restored copy, before it works.",
    "rates": "Exchange rates.",
    "sla": "Working-time arithmetic.",
    "statements": "Bank files.",
    "token": "API tokens.",
    "user": "People who sign in.",
}


class Refused(click.ClickException):
    """A rule said no: the reason goes to stderr and the exit code is 1."""

    exit_code = 1


class CommandTree(click.Group):
    """A group whose commands are collected from the modules of this folder when they are asked for."""

    words: tuple[str, ...] = ()

    def list_commands(self, ctx: click.Context) -> list[str]:
        depth = len(self.words)
        names = [name.split() for module in _modules() for name in _commands_in(module)]
        return sorted({words[depth] for words in names if tuple(words[:depth]) == self.words})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        words = (*self.words, cmd_name)
        if not self.words and cmd_name in GROUPS:
            return _branch(words)
        for module in sorted(_modules(), key=lambda module: _distance(module, words)):
            if (command := _commands_in(module).get(" ".join(words))) is not None:
                return command
        return None

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except TillpaidError as refusal:
            raise Refused(str(refusal)) from refusal
        except Exception as broken:
            if reason := _plain_reason(broken):
                raise Refused(reason) from broken
            raise


def _plain_reason(broken: Exception) -> str:
    """What a person at the terminal can act on; nothing where only the traceback tells."""
    from pydantic import ValidationError

    from config import UnsafeSettings

    if isinstance(broken, UnsafeSettings):
        return str(broken)
    if isinstance(broken, ValidationError) and broken.title == "Settings":
        named = (("_".join(map(str, error["loc"])).upper(), error["msg"]) for error in broken.errors())
        return str(UnsafeSettings([f"{name}: {message}" for name, message in named]))
    return "The database has no schema of this version yet. Run: tillpaid init" if _lacks_schema(broken) else ""


def _lacks_schema(broken: Exception) -> bool:
    """Whether a table or column is missing: SQLite says so in words, PostgreSQL by its codes for undefined ones."""
    original = getattr(broken, "orig", None)
    in_words = any(words in str(original) for words in ("no such table", "no such column", "has no column named"))
    return in_words or getattr(original, "sqlstate", None) in {"42P01", "42703"}


def _branch(words: tuple[str, ...]) -> CommandTree:
    group = CommandTree(name=words[-1], help=GROUPS[words[-1]])
    group.words = words
    return group


def _modules() -> Iterator[str]:
    return (found.name for found in pkgutil.iter_modules(__path__))


def _commands_in(module: str) -> dict[str, click.Command]:
    commands: dict[str, click.Command] = getattr(importlib.import_module(f"{__name__}.{module}"), "COMMANDS", {})
    return commands


def _distance(module: str, words: tuple[str, ...]) -> tuple[int, str]:
    if module == "_".join(words).replace("-", "_"):
        return 0, module
    return (1 if module.split("_")[0] == words[0] else 2), module


@click.group(cls=CommandTree, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """Tillpaid: from a closed deal to cash.

    Exit 0: done. 1: a rule said no, the reason is on stderr. 2: the command was written wrongly.
    """
