"""The documentation of states is the tables the program asks."""

from __future__ import annotations

from pathlib import Path

from app.desk.states_page import render_states

DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_the_documentation_is_the_tables():
    assert (DOCS / "order-states.md").read_text("utf-8") == render_states()
