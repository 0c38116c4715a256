"""Reads the working side of a business date: deals, orders, tasks, notices, and what each person did."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app.audit.models import AuditEntry
from app.auth.models import User
from app.company.queries import get_company
from app.db.base import session
from app.deals.models import Deal
from app.followup.models import DunningRun, Notice
from app.orders.models import Order
from app.orders.models_holds import OrderHold
from app.payments.models import Payment
from app.payments.rules_settling import PaymentKind
from app.tasks.models import Task

ACTOR_PREFIX = "user:"
MAIL_ACTIONS = ("message.queued", "message.sent_again", "notice.sent")


@dataclass(frozen=True)
class Day:
    """A business date with the instants between which it lies, as far as it was known: what came later is not in it."""

    on: date
    start: datetime
    end: datetime
    known_until: datetime


@dataclass
class Activity:
    """What one person did on the day, counted from the trail. `collected` in minor units by currency."""

    user_id: int
    person: str
    role: str
    orders: set[int] = field(default_factory=set)
    tasks_done: int = 0
    mails: set[int] = field(default_factory=set)
    collected: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def did_something(self) -> bool:
        """Signing in and looking around is no activity."""
        return bool(self.orders or self.tasks_done or self.mails or self.collected)


def day_of(on: date, known_at: datetime) -> Day:
    """The business date in the company's zone, up to an instant; a day with a clock change is shorter or longer."""
    zone = ZoneInfo(get_company().time_zone)
    start, end = (datetime.combine(day, time(), zone) for day in (on, on + timedelta(days=1)))
    known_until = known_at + timedelta(microseconds=1)  # what happened at this very instant is known
    return Day(on, start, min(end, known_until), known_until)


def deal_figures(day: Day) -> dict[str, int]:
    """Received, accepted and returned on the day; waiting at its end."""
    return {
        "received": _count(received_deals(day)),
        "accepted": _count_actions("deal.accepted", day),
        "returned": _count_actions("deal.returned", day),
        "waiting": _count(waiting_deals(day)),
    }


def order_figures(day: Day) -> dict[str, int]:
    """Booked, completed and cancelled on the day; backlog, on hold and late at its end."""
    return {
        "booked": _count(select(Order.id).where(Order.opened_at >= day.start, Order.opened_at < day.end)),
        "completed": _count(select(Order.id).where(completed_orders(day))),
        "cancelled": _count(select(Order.id).where(cancelled_orders(day))),
        "backlog": _count(backlog(day)),
        "on_hold": _count(select(Order.id).where(held_orders(day))),
        "late": _count(backlog(day).where(Order.due_on < day.on)),
    }


def order_values(day: Day) -> dict[str, dict[str, int]]:
    """Net value in minor units by currency: booked and completed on the day, in the backlog at its end."""
    return {
        "booked": _sum_orders(Order.opened_at >= day.start, Order.opened_at < day.end),
        "completed": _sum_orders(completed_orders(day)),
        "backlog": _sum_orders(Order.id.in_(backlog(day))),
    }


def task_figures(day: Day) -> dict[str, int]:
    """Opened and done on the day; open and overdue at its end (due today is not overdue)."""
    return {
        "opened": _count(select(Task.id).where(Task.opened_at >= day.start, Task.opened_at < day.end)),
        "done": _count(select(Task.id).where(Task.done_at >= day.start, Task.done_at < day.end)),
        "open": _count(open_tasks(day)),
        "overdue": _count(open_tasks(day).where(Task.due_on < day.on)),
    }


def followup_figures(day: Day) -> dict[str, int]:
    """Customers who got a notice on the day. Promises and disputes come with the follow-up desk."""
    return {"notices": _count(told_customers(day)), "promises_due": 0, "promises_broken": 0, "disputed": 0}


def told_customers(day: Day) -> Select[int]:
    told = select(Notice.customer_id).join(DunningRun).where(DunningRun.on == day.on)
    return told.where(Notice.created_at < day.known_until).distinct()


def received_deals(day: Day) -> Select[int]:
    return select(Deal.id).where(Deal.received_at >= day.start, Deal.received_at < day.end)


def waiting_deals(day: Day) -> Select[int]:
    """Deals Operations had not decided at the end of the day."""
    return select(Deal.id).where(Deal.received_at < day.end, or_(Deal.decided_at.is_(None), Deal.decided_at >= day.end))


def backlog(day: Day) -> Select[int]:
    """Orders opened and neither fulfilled nor cancelled by the end of the day."""
    return select(Order.id).where(
        Order.opened_at < day.end,
        or_(Order.fulfilled_on.is_(None), Order.fulfilled_on > day.on, Order.fulfilled_at >= day.known_until),
        or_(Order.cancelled_on.is_(None), Order.cancelled_on > day.on, Order.cancelled_at >= day.known_until),
    )


def held_orders(day: Day) -> ColumnElement[bool]:
    """Orders of the backlog on which a hold stood at the end of the day."""
    held = select(OrderHold.order_id).where(
        OrderHold.placed_at < day.end, or_(OrderHold.released_at.is_(None), OrderHold.released_at >= day.end)
    )
    return Order.id.in_(backlog(day)) & Order.id.in_(held)


def completed_orders(day: Day) -> ColumnElement[bool]:
    known = or_(Order.fulfilled_at.is_(None), Order.fulfilled_at < day.known_until)
    return and_(Order.fulfilled_on == day.on, known)


def cancelled_orders(day: Day) -> ColumnElement[bool]:
    known = or_(Order.cancelled_at.is_(None), Order.cancelled_at < day.known_until)
    return and_(Order.cancelled_on == day.on, known)


def open_tasks(day: Day) -> Select[int]:
    """Tasks of the backlog that were not done by the end of the day.

    They come and are closed with their order; `opened_at` moves when a task is freed, so the trail says which were
    added by hand only later.
    """
    added_later = select(AuditEntry.object_id).where(AuditEntry.action == "task.added", AuditEntry.at >= day.end)
    return select(Task.id).where(
        Task.order_id.in_(backlog(day)),
        Task.id.not_in(added_later),
        or_(Task.done_at.is_(None), Task.done_at >= day.end),
    )


def list_activity(day: Day) -> list[Activity]:
    """One row per person who did something on the day, by name."""
    people = {user.id: user for user in session().scalars(select(User))}
    found: dict[int, Activity] = {}
    for entry_actor, action, order_id, object_id in session().execute(_entries_of(day)):
        person = _person(entry_actor, people, found)
        if order_id is not None:
            person.orders.add(order_id)
        person.tasks_done += action == "task.done"
        if action in MAIL_ACTIONS:
            person.mails.add(object_id)
    for actor, currency, total in session().execute(_payments_recorded(day)):
        _person(actor, people, found).collected[currency] += int(total)
    return sorted((one for one in found.values() if one.did_something), key=lambda activity: activity.person)


def _entries_of(day: Day) -> Select[str, str, int | None, int]:
    return select(AuditEntry.actor, AuditEntry.action, AuditEntry.order_id, AuditEntry.object_id).where(
        *_on_the_day(day), AuditEntry.actor.startswith(ACTOR_PREFIX)
    )


def _on_the_day(day: Day) -> tuple[ColumnElement[bool], ...]:
    # reading the day is no part of it
    return AuditEntry.at >= day.start, AuditEntry.at < day.end, AuditEntry.object_kind != "mis_report"


def orders_touched(day: Day, user_id: int) -> Select[int | None]:
    """Orders with an entry of this person on the day."""
    by_person = AuditEntry.actor == f"{ACTOR_PREFIX}{user_id}"
    return select(AuditEntry.order_id).where(*_on_the_day(day), by_person, AuditEntry.order_id.is_not(None))


def objects_of(day: Day, user_id: int, *actions: str) -> Select[int]:
    """What this person did these things to on the day, once per entry, in their order."""
    by_person = AuditEntry.actor == f"{ACTOR_PREFIX}{user_id}"
    chosen = select(AuditEntry.object_id).where(*_on_the_day(day), by_person, AuditEntry.action.in_(actions))
    return chosen.order_by(AuditEntry.id)


def _payments_recorded(day: Day) -> Select[str, str, int]:
    return (
        select(Payment.recorded_by, Payment.currency, func.sum(Payment.amount))
        .where(
            and_(Payment.recorded_at >= day.start, Payment.recorded_at < day.end),
            Payment.kind == PaymentKind.MONEY,
            Payment.recorded_by.startswith(ACTOR_PREFIX),
        )
        .group_by(Payment.recorded_by, Payment.currency)
    )


def _person(actor: str, people: Mapping[int, User], found: dict[int, Activity]) -> Activity:
    number = int(actor.removeprefix(ACTOR_PREFIX))
    if number not in found:
        user = people.get(number)
        found[number] = Activity(number, user.name or user.email if user else actor, user.role if user else "")
    return found[number]


def _sum_orders(*conditions: ColumnElement[bool]) -> dict[str, int]:
    rows = session().execute(
        select(Order.currency, func.sum(Order.net_total)).where(*conditions).group_by(Order.currency)
    )
    return {currency: int(total) for currency, total in rows}


def _count(statement: Select[int]) -> int:
    return session().scalar(select(func.count()).select_from(statement.subquery())) or 0


def _count_actions(action: str, day: Day) -> int:
    return (
        session().scalar(
            select(func.count()).where(AuditEntry.action == action, AuditEntry.at >= day.start, AuditEntry.at < day.end)
        )
        or 0
    )
