"""Knows how the transition tables are written for people: docs/order-states.md is this text."""

from __future__ import annotations

import enum

from app.deals.services import LIFECYCLE as DEAL
from app.kernel.lifecycle import Lifecycle, Move
from app.orders.lifecycle import LIFECYCLE as ORDER
from app.orders.rules_amend import LIFECYCLE as AMENDMENT
from app.orders.rules_exceptions import LIFECYCLE as EXCEPTION
from app.tasks.services import LIFECYCLE as TASK

INTRODUCTION = """# States and what moves them

The tables the program itself asks: whatever is not listed is refused, with a sentence that names what is possible. This
page is written from them (`.venv/bin/python -m app.desk.states_page > docs/order-states.md`) and a test compares them.
A hold has no states: it stands from the moment it is placed until it is released, and while one stands nothing of its
order is finished, delivered, fulfilled or invoiced.
"""
TABLES: tuple[Lifecycle[enum.StrEnum], ...] = (DEAL, ORDER, AMENDMENT, TASK, EXCEPTION)  # type: ignore[assignment]


def render_states() -> str:
    """The page, as Markdown."""
    return "\n".join([INTRODUCTION, *("\n".join(_section(table)) for table in TABLES)])


def _section(table: Lifecycle[enum.StrEnum]) -> list[str]:
    states = list(type(table.start))
    final = ", ".join(_words(state) for state in states if table.is_final(state))
    ends = f"; final: {final}" if final else ""
    return [
        f"## {table.thing.capitalize()}",
        "",
        f"Begins as {_words(table.start)}{ends}.",
        "",
        "| from | move | to | needs a reason |",
        "|---|---|---|:-:|",
        *(_row(move, states) for move in table.moves),
        "",
    ]


def _row(move: Move[enum.StrEnum], states: list[enum.StrEnum]) -> str:
    sources = ", ".join(_words(state) for state in states if state in move.sources)
    return f"| {sources} | {_words(move.name)} | {_words(move.target)} | {'yes' if move.needs_reason else ''} |"


def _words(name: str) -> str:
    return name.replace("_", " ")


if __name__ == "__main__":
    import sys

    sys.stdout.write(render_states())
