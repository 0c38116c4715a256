"""Knows which dates of an earlier system's rows cannot be meant: of closed books, due before issued, or to come."""

from __future__ import annotations

from datetime import date

from app.payments.rules_history import CustomerRow, HistoryRow, InvoiceRow, PaymentRow


def doubts_of(row: HistoryRow, today: date) -> tuple[str, ...]:
    """What somebody should look at, each with its column and what to do. A day that could not be read is no doubt."""
    if isinstance(row, CustomerRow):
        return ()
    if isinstance(row, PaymentRow):
        return _after("received_on", row.received_on, today)
    return _due_early(row) + _after("issued_on", row.issued_on, today)


def closed_reasons(row: HistoryRow, closed: date | None) -> tuple[str, ...]:
    """Why the row cannot be taken while the books are closed up to a day."""
    if closed is None or isinstance(row, CustomerRow):
        return ()
    name, day = ("received_on", row.received_on) if isinstance(row, PaymentRow) else ("issued_on", row.issued_on)
    if date.min < day <= closed:
        return (f"{name} {day}: the books are closed up to {closed}. Have them reopened, or leave the row out.",)
    return ()


def _due_early(row: InvoiceRow) -> tuple[str, ...]:
    if date.min < row.due_on < row.issued_on:
        return (f"due_on {row.due_on} is before issued_on {row.issued_on}. Correct the one that is wrong.",)
    return ()


def _after(name: str, day: date, today: date) -> tuple[str, ...]:
    if day > today:
        return (f"{name} {day} is after today, {today}. Correct it, or leave the row out until then.",)
    return ()
