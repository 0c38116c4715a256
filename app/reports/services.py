"""Stores the daily report once, and hands it to the outbox for everyone who subscribed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from app.audit.services import record
from app.db.base import session
from app.documents.services import request_document
from app.ledger.models import LedgerEntry
from app.outbox import services as outbox
from app.outbox.models import Message
from app.outbox.queries import list_for_object
from app.reports import mails, queries
from app.reports.models import MisReport, MisSubscription

REPORT_DOCUMENTS = ("chart", "pdf", "xlsx")


@dataclass(frozen=True)
class Sending:
    """The mail of each subscriber, and which of them were queued just now; the others were there already."""

    messages: tuple[Message, ...]
    queued: tuple[Message, ...]


def take_report(on: date, *, actor: str, now: datetime) -> MisReport:
    """The stored report of a business date: taken now if there is none yet, never taken twice."""
    report = queries.find_report(on)
    if report is not None:
        return report
    before = queries.find_report_before(on)
    figures = queries.compute_figures(on, now) | {"exceptions": queries.count_exceptions(before)}
    report = MisReport(
        on=on,
        as_of=now,
        ledger_position=session().scalar(select(func.max(LedgerEntry.position))) or 0,
        figures=figures,
        sha256=queries.fingerprint(figures),
        previous_sha256=before.sha256 if before else "",
        created_at=now,
    )
    session().add(report)
    session().flush()
    for kind in REPORT_DOCUMENTS:
        request_document(owner_kind="mis_report", owner_id=report.id, kind=kind, now=now)
    record("mis.taken", actor=actor, now=now, object_kind="mis_report", object_id=report.id, sha256=report.sha256)
    return report


def send_report(on: date, *, actor: str, now: datetime) -> Sending:
    """Enqueues the report of a date for each subscriber, once per person; takes it first where it is missing."""
    report = take_report(on, actor=actor, now=now)
    changes = _changes_of_report_before(report, now)
    known = {message.id for message in list_for_object("mis_report", report.id)}
    messages = tuple(
        outbox.enqueue(mails.build_report(report, subscriber, changes), now=now)
        for subscriber in queries.list_subscribers()
    )
    return Sending(messages, queued=tuple(message for message in messages if message.id not in known))


def subscribe(user_id: int, *, since: date, actor: str, now: datetime) -> MisSubscription:
    """Sends the report to this person from now on."""
    subscription = session().get(MisSubscription, user_id)
    if subscription is None:
        subscription = MisSubscription(user_id=user_id, since=since)
        session().add(subscription)
    subscription.paused = False
    record("mis.subscribed", actor=actor, now=now, object_kind="user", object_id=user_id)
    return subscription


def pause_subscription(user_id: int, *, actor: str, now: datetime) -> None:
    """Stops sending the report to this person until they subscribe again."""
    if subscription := session().get(MisSubscription, user_id):
        subscription.paused = True
        record("mis.paused", actor=actor, now=now, object_kind="user", object_id=user_id)


def _changes_of_report_before(report: MisReport, now: datetime) -> Sequence[dict[str, object]]:
    """What would read differently in the report before this one: the bridge a reader sees next morning."""
    before = queries.find_report_before(report.on)
    return queries.changed_since(before, now) if before else []
