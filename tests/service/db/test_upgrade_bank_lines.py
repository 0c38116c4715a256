"""Bookings of the bank from before charges were kept get a line of what their lines lack."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, MetaData, text

from app.db.upgrade import rebuild
from tests.service.db.test_upgrade_gross import empty
from tests.service.db.test_upgrade_handoff import put

__all__ = ["empty"]

BEFORE = "3fbef1cb40b2"
CAME_LATER = "Its details came in with another file."


def fill(connection: Connection) -> None:
    """A booking less a charge, one more than its details, one that is right, and one whose details came later."""
    known = MetaData()
    known.reflect(connection)
    put(connection, known, "statement_file", id=1, status="rejected", format="camt.053")
    put(connection, known, "bank_statement", id=1, file_id=1, format="camt.053")
    lines = [(995, [1000], ""), (1000, [400, 595], ""), (70, [70], ""), (50, [50, 20, 30], CAME_LATER)]
    at = 0
    for number, (amount, parts, aside) in enumerate(lines, 1):
        put(connection, known, "statement_entry", id=number, statement_id=1, amount=amount, fingerprint=str(number))
        for position, part in enumerate(parts, 1):
            at += 1
            state, reason = ("ignored", aside) if aside and position == 1 else ("open", "")
            put(connection, known, "statement_line", id=at, entry_id=number, position=position, amount=part,
                state=state, ignored_reason=reason)  # fmt: skip


def test_a_booking_that_its_lines_do_not_make_gets_an_open_line_of_the_difference(empty: Engine) -> None:
    rebuild(empty, BEFORE, fill=fill, finish=lambda _connection: None)
    with empty.begin() as connection:
        added = "SELECT entry_id, position, amount, state FROM statement_line WHERE id > 7 ORDER BY entry_id"
        assert [tuple(row) for row in connection.execute(text(added))] == [(1, 2, -5, "open"), (2, 3, 5, "open")]
