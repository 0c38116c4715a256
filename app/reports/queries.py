"""Reads the daily report: as stored, as it would read now, and what changed in between."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.auth.models import User
from app.company.queries import get_company
from app.db.base import session
from app.db.slots import Slot, SlotState
from app.db.types import canonical_json
from app.documents.models import DocumentRequest, RequestState
from app.kernel.errors import NotFound
from app.kernel.money import format_decimal
from app.ledger.models import LedgerEntry
from app.ledger.rules import NOT_DUE, Aging
from app.outbox.models import Message
from app.outbox.rules import MessageState
from app.reports import queries_work as work
from app.reports.models import MisReport, MisSubscription
from app.reports.queries_money import MoneyFigures, OverdueCustomer, list_top_overdue, money_figures
from app.reports.rules import add, bpdso, cei, dso, list_changes, past_due_percent

Figures = dict[str, Any]


class ReportMissing(NotFound):
    """There is no stored report of {on}. The worker writes it when its day is over."""


def find_report(on: date) -> MisReport | None:
    return session().scalars(select(MisReport).where(MisReport.on == on)).one_or_none()


def get_report(on: date) -> MisReport:
    """The stored report of a date, or ReportMissing."""
    if (report := find_report(on)) is None:
        raise ReportMissing(on=on)
    return report


def find_report_before(on: date) -> MisReport | None:
    return session().scalars(select(MisReport).where(MisReport.on < on).order_by(MisReport.on.desc()).limit(1)).first()


def list_reports(limit: int = 60) -> Sequence[MisReport]:
    return session().scalars(select(MisReport).order_by(MisReport.on.desc()).limit(limit)).all()


def list_subscribers() -> Sequence[User]:
    """Active people who want the report, by address."""
    return (
        session()
        .scalars(
            select(User)
            .join(MisSubscription, MisSubscription.user_id == User.id)
            .where(User.active, MisSubscription.paused.is_(False))
            .order_by(User.email)
        )
        .all()
    )


def compute_figures(on: date, known_at: datetime) -> Figures:
    """Every figure of the business date as known at an instant, as the public surface spells it."""
    day = work.day_of(on, known_at)
    return {
        "date": on.isoformat(),
        "currency": get_company().currency,
        "money": {currency: _money(currency, found) for currency, found in money_figures(on, known_at).items()},
        "deals": work.deal_figures(day),
        "orders": work.order_figures(day),
        "tasks": work.task_figures(day),
        "followup": work.followup_figures(day),
        "activity": [_activity(found) for found in work.list_activity(day)],
        "values": _values(day),
        "top_overdue": [_overdue(found) for found in list_top_overdue(on, known_at)],
    }


def count_exceptions(before: MisReport | None) -> dict[str, int]:
    """What needs a person at the moment the report is taken; these counts are of that moment, not of a date."""
    return {
        "messages_uncertain": _how_many(Message.id, Message.state == MessageState.UNCERTAIN),
        "messages_rejected": _how_many(Message.id, Message.state == MessageState.REJECTED),
        "jobs_failed": _how_many(Slot.job, Slot.state == SlotState.FAILED),
        "documents_failed": _how_many(DocumentRequest.id, DocumentRequest.state == RequestState.FAILED),
        "back_dated": len(explaining_entries(before)) if before else 0,
    }


def _how_many(column: InstrumentedAttribute[Any], condition: ColumnElement[bool]) -> int:
    return session().scalar(select(func.count(column)).where(condition)) or 0


def fingerprint(figures: Figures) -> str:
    """sha256 of the figures' canonical JSON."""
    return hashlib.sha256(canonical_json(figures).encode()).hexdigest()


def changed_since(report: MisReport, now: datetime) -> list[dict[str, Any]]:
    """Each figure that would read differently now, with the later entries that explain it. Empty: it still stands."""
    said = {name: figure for name, figure in report.figures.items() if name != "exceptions"}
    changes = list_changes(said, compute_figures(report.on, now))
    entries = explaining_entries(report)
    return [{**change, "because": _reasons(str(change["figure"]), entries)} for change in changes]


def explaining_entries(report: MisReport) -> Sequence[LedgerEntry]:
    """Ledger entries recorded after the report that count from its date or before."""
    return (
        session()
        .scalars(
            select(LedgerEntry)
            .where(LedgerEntry.position > report.ledger_position, LedgerEntry.effective_on <= report.on)
            .order_by(LedgerEntry.position)
            .limit(500)
        )
        .all()
    )


def _reasons(figure: str, entries: Sequence[LedgerEntry]) -> list[str]:
    parts = figure.split(".")
    if parts[0] != "money":
        return []
    return sorted({entry.reason for entry in entries if entry.currency == parts[1]})


def _money(currency: str, found: MoneyFigures) -> Figures:
    def text(minor: int) -> str:
        return format_decimal(minor, currency)

    aging, position = found.aging, found.position
    return {
        "receivable": text(aging.receivable),
        "past_due": text(aging.past_due),
        "past_due_percent": past_due_percent(aging.total, aging.buckets[NOT_DUE]),
        "aging": aging_json(currency, aging),
        "dso": dso(position),
        "bpdso": bpdso(position),
        "add": add(position),
        "cei": cei(position),
        "invoiced_today": text(found.invoiced_today),
        "invoiced_mtd": text(found.invoiced_mtd),
        "collected_today": text(found.collected_today),
        "collected_mtd": text(found.collected_mtd),
        "unapplied": text(aging.unapplied),
    }


def aging_json(currency: str, aging: Aging) -> dict[str, str]:
    """The buckets, their total, unapplied cash and the receivable as decimal strings in major units."""
    amounts = {**aging.buckets, "total": aging.total, "unapplied": aging.unapplied, "receivable": aging.receivable}
    return {name: format_decimal(minor, currency) for name, minor in amounts.items()}


def _activity(found: work.Activity) -> Figures:
    return {
        "user_id": found.user_id,
        "person": found.person,
        "role": found.role,
        "orders_touched": len(found.orders),
        "tasks_done": found.tasks_done,
        "calls": 0,
        "mails": len(found.mails),
        "promises": 0,
        "collected": {currency: format_decimal(minor, currency) for currency, minor in sorted(found.collected.items())},
    }


def _values(day: work.Day) -> dict[str, dict[str, str]]:
    """Net value of orders booked and completed on the day and in the backlog at its end, per currency."""
    return {
        name: {currency: format_decimal(minor, currency) for currency, minor in sorted(amounts.items())}
        for name, amounts in work.order_values(day).items()
    }


def _overdue(found: OverdueCustomer) -> Figures:
    return {
        "customer_id": found.customer_id,
        "customer": found.customer,
        "currency": found.currency,
        "amount": format_decimal(found.amount, found.currency),
        "oldest_days": found.oldest_days,
        "items": found.items,
    }
