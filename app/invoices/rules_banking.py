"""Knows how due dates leave days on which no bank works; a promised discount never ends earlier."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from app.invoices.rules import Computed, ComputedDiscount, Moved
from app.kernel.business_calendar import BusinessCalendar


class Move(enum.StrEnum):
    """Where a due date goes that is no banking day."""

    KEEP = "keep"
    NEXT = "next"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class BankingDays:
    """The company's rule; `code` names the calendar: TARGET or a country."""

    move: Move
    code: str
    calendar: BusinessCalendar

    def due_on(self, day: date, issued_on: date) -> date:
        """The date for an instalment. Not before the issue date: then it goes forward after all."""
        if self.move is Move.KEEP:
            return day
        before = self.calendar.previous_working_day(day)
        if self.move is Move.PREVIOUS and before >= issued_on:
            return before
        return self.calendar.next_working_day(day)

    def until(self, day: date) -> date:
        """The last day of an early discount, which was promised: never earlier, whatever the rule."""
        return day if self.move is Move.KEEP else self.calendar.next_working_day(day)


def move_dates(computed: Computed, issued_on: date, days: BankingDays) -> Computed:
    """The same amounts on banking days, and which dates moved. Where nothing is due, nothing moves."""
    if days.move is Move.KEEP or not computed.amount_due:
        return computed
    due = _map({part.due_on for part in computed.instalments}, lambda day: days.due_on(day, issued_on))
    early = computed.early_discount
    until = _map({early.until} if early else set(), days.until)
    return replace(
        computed,
        instalments=tuple(replace(part, due_on=due[part.due_on]) for part in computed.instalments),
        early_discount=_until(early, until),
        moved=Moved(days.move.value, days.code, _changed(due), _changed(until)),
    )


def repeat_moves(computed: Computed, moved: dict[str, dict[str, str]]) -> Computed:
    """What was moved when the document was issued, moved again: later calendars and settings do not count."""
    due = {date.fromisoformat(day): date.fromisoformat(to) for day, to in moved["due"].items()}
    parts = tuple(replace(part, due_on=due.get(part.due_on, part.due_on)) for part in computed.instalments)
    return replace(computed, instalments=parts)


def _until(early: ComputedDiscount | None, until: dict[date, date]) -> ComputedDiscount | None:
    return early and replace(early, until=until[early.until])


def _map(dates: set[date], move: Callable[[date], date]) -> dict[date, date]:
    return {day: move(day) for day in dates}


def _changed(moves: dict[date, date]) -> tuple[tuple[date, date], ...]:
    return tuple(sorted((day, to) for day, to in moves.items() if day != to))
