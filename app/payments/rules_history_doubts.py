"""Knows which dates of an earlier system's rows are hardly meant: due before issued, or a day still to come."""

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


def _due_early(row: InvoiceRow) -> tuple[str, ...]:
    if date.min < row.due_on < row.issued_on:
        return (f"due_on {row.due_on} is before issued_on {row.issued_on}. Correct the one that is wrong.",)
    return ()


def _after(name: str, day: date, today: date) -> tuple[str, ...]:
    if day > today:
        return (f"{name} {day} is after today, {today}. Correct it, or leave the row out until then.",)
    return ()
