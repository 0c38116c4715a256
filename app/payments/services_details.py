"""Gives a known booking the details that another file has of it: its one open line makes room for them."""

from collections.abc import Mapping
from typing import cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import aliased

from app.db.base import session
from app.payments.models_bank import LineState, StatementEntry, StatementLine
from app.payments.rules_details import CAME_LATER, says_more
from app.payments.statements.model import Detail, Entry


def make_room(known: Mapping[int, Entry]) -> list[tuple[int, Entry]]:
    """Sets the lines aside that say less than these entries do, by the id of the entry; which entries these are.

    What somebody placed or set aside stays as it is. What the bank said stays too: the line is ignored, not removed.
    """
    if not known:
        return []
    detailed = {entry_id: line_id for entry_id, line_id, said in _list_lone(known) if says_more(
        known[entry_id].details, said)}  # fmt: skip
    if detailed:
        lines = cast(Table, StatementLine.__table__)
        aside = (
            update(lines)
            .where(lines.c.id == bindparam("line_id"))
            .values(state=LineState.IGNORED, ignored_reason=CAME_LATER, version=lines.c.version + 1)
        )
        session().connection().execute(aside, [{"line_id": line_id} for line_id in detailed.values()])
    return [(entry_id, known[entry_id]) for entry_id in detailed]


def _list_lone(known: Mapping[int, Entry]) -> list[tuple[int, int, Detail]]:
    """The open lines that are their entry's only one, locked; one question for any number of entries."""
    line, other = StatementLine, aliased(StatementLine)
    days = [entry.booked_on for entry in known.values()]
    chosen = (
        select(
            line.entry_id, line.id, line.amount, line.remittance, line.reference, line.end_to_end_id, line.party_name,
            line.party_account,
        )
        .join(StatementEntry, StatementEntry.id == line.entry_id)
        .where(StatementEntry.booked_on.between(min(days), max(days)), line.state == LineState.OPEN)
        .where(~select(other.id).where(other.entry_id == line.entry_id, other.id != line.id).exists())
        .with_for_update(of=StatementLine)
    )  # fmt: skip
    return [
        (row[0], row[1], Detail(
            amount=row[2], remittance=row[3], reference=row[4], end_to_end_id=row[5], party_name=row[6],
            party_account=row[7],
        ))
        for row in session().execute(chosen)
        if row[0] in known
    ]  # fmt: skip
