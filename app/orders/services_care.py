"""Reminds people to look after a customer once an order is fulfilled, and keeps what came of it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from app.audit.services import record
from app.company.calendars import business_calendar
from app.company.queries import business_today
from app.customers.queries import get_customer
from app.customers.services import lock_customer
from app.db.base import session
from app.kernel.errors import BadInput, RuleError
from app.kernel.texts import clean_block, clean_line
from app.orders.models import Order
from app.orders.models_care import CareKind, CareReminder, CareRule
from app.orders.queries_care import get_reminder, read_rules
from app.orders.services import lock_order

LONGEST_NOTE = 4_000


class DoneAlready(RuleError):
    """This reminder is done already."""


class DayInThePast(BadInput):
    """{day} is over. Choose today or a later day."""


def plan_care(order_id: int, *, actor: str, now: datetime) -> list[CareReminder]:
    """The reminders of a fulfilled order by the rules of its type, each once however often it is fulfilled."""
    order = lock_order(order_id)
    known = set(session().scalars(select(CareReminder.kind).where(CareReminder.order_id == order_id)))
    rules = read_rules().get(order.order_type, {})
    made = [
        _plan(order, CareKind(kind), days, actor, now) for kind, days in rules.items() if CareKind(kind) not in known
    ]
    session().add_all(made)
    session().flush()
    return made


def _plan(order: Order, kind: CareKind, days: int, actor: str, now: datetime) -> CareReminder:
    due_on = business_today(now) + timedelta(days=days)
    return CareReminder(
        customer_id=order.customer_id,
        order_id=order.id,
        kind=kind,
        due_on=business_calendar(due_on.year).next_working_day(due_on),
        made_by=actor,
    )


def drop_care(order_id: int) -> None:
    """Nobody asks about an order that was cancelled."""
    session().execute(delete(CareReminder).where(CareReminder.order_id == order_id, CareReminder.done_at.is_(None)))


def add_reminder(customer_id: int, text: str, *, due_on: date, actor: str, now: datetime) -> CareReminder:
    """Something to do for a customer on a day. Raises TextMissing, DayInThePast."""
    customer = get_customer(customer_id)
    if due_on < business_today(now):
        raise DayInThePast(day=due_on, field="due_on")
    reminder = CareReminder(
        customer_id=customer.id,
        order_id=None,
        kind=CareKind.OTHER,
        text=clean_line(text, "text", label="What to do", required=True),
        due_on=due_on,
        made_by=actor,
    )
    session().add(reminder)
    session().flush()
    _record("care.planned", reminder, actor=actor, now=now, text=reminder.text, due_on=due_on.isoformat())
    return reminder


def finish_reminder(reminder_id: int, outcome: str, *, actor: str, now: datetime) -> CareReminder:
    """Done, with what came of it. Raises DoneAlready, TextMissing."""
    reminder = get_reminder(reminder_id, lock=True)
    if reminder.done_at is not None:
        raise DoneAlready
    reminder.outcome = clean_block(outcome, "outcome", label="What came of it", most=1000, required=True)
    reminder.done_at, reminder.done_by = now, actor
    _record("care.done", reminder, actor=actor, now=now, kind=reminder.kind.value, note=reminder.outcome)
    return reminder


def move_reminder(reminder_id: int, due_on: date, *, actor: str, now: datetime) -> CareReminder:
    """Another day. Raises DoneAlready, DayInThePast."""
    reminder = get_reminder(reminder_id, lock=True)
    if reminder.done_at is not None:
        raise DoneAlready
    if due_on < business_today(now):
        raise DayInThePast(day=due_on, field="due_on")
    changes = {"due_on": [reminder.due_on.isoformat(), due_on.isoformat()]}
    reminder.due_on = due_on
    _record("care.moved", reminder, actor=actor, now=now, changes=changes)
    return reminder


def set_rules(order_type: str, days: Mapping[CareKind, int | None], *, actor: str, now: datetime) -> None:
    """The reminders orders of this type get from now on."""
    before = read_rules()
    session().execute(delete(CareRule))
    rules = {**before, order_type: {kind.value: number for kind, number in days.items() if number}}
    session().add_all(
        CareRule(order_type=one, kind=CareKind(kind), after_days=number)
        for one, kinds in rules.items()
        for kind, number in kinds.items()
    )
    session().flush()
    changes = {order_type: [before.get(order_type, {}), rules[order_type]]}
    record("care.rules_changed", actor=actor, now=now, object_kind="company", object_id=1, changes=changes)


def note_customer(customer_id: int, text: str, *, actor: str, now: datetime) -> None:
    """A note on the account, kept in the customer's timeline. Raises TextMissing, TextTooLong."""
    customer = lock_customer(customer_id)
    said = clean_block(text, "text", label="The note", most=LONGEST_NOTE, required=True)
    record(
        "customer.noted", actor=actor, now=now, object_kind="customer", object_id=customer.id, customer_id=customer.id,
        note=said,
    )  # fmt: skip


def _record(action: str, reminder: CareReminder, *, actor: str, now: datetime, **detail: Any) -> None:
    record(
        action, actor=actor, now=now, object_kind="customer", object_id=reminder.customer_id,
        customer_id=reminder.customer_id, order_id=reminder.order_id, **detail,
    )  # fmt: skip
