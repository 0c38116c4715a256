"""Reads who held the ball when, and checks that every open moment of an order had exactly one holder."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Select, func, or_, select

from app.audit.models import AuditEntry
from app.company.calendars import working_hours
from app.db.base import session
from app.kernel.working_time import MINUTE, WorkedMinutes, minute_of
from app.orders.models import Order
from app.tasks.models_holder import OrderHolder
from app.tasks.rules_holder import Share, add_up

ROWS_AT_ONCE = 500
CLOSING = ("order.fulfilled", "order.cancelled")
OPENING = ("order.opened", "order.reopened")


def list_segments(order_id: int) -> list[OrderHolder]:
    """Who held the ball, one after the other."""
    return list(session().scalars(select(OrderHolder).where(OrderHolder.order_id == order_id).order_by(OrderHolder.id)))


def holders_now(order_ids: Sequence[int]) -> dict[int, OrderHolder]:
    """Who holds the ball of each of these orders at the moment; orders that are not open have nobody."""
    current = select(OrderHolder).where(OrderHolder.order_id.in_(set(order_ids)), OrderHolder.until.is_(None))
    return {row.order_id: row for row in session().scalars(current)} if order_ids else {}


def list_shares(order_id: int, now: datetime) -> list[Share]:
    """The working minutes of each holder of an order so far, by the company's hours."""
    segments = list_segments(order_id)
    return add_up(segments, now, _worked(segments[0].since, now)) if segments else []


def sum_by_holder(since: datetime, now: datetime) -> dict[str, int]:
    """Working minutes each holder held any order between two instants, by the company's hours."""
    rows = list(session().scalars(select(OrderHolder).where(*_within(since, now))))
    minutes: dict[str, int] = {}
    for row, held in zip(rows, measure(rows, since, now), strict=True):
        minutes[row.holder] = minutes.get(row.holder, 0) + held
    return minutes


def select_stretches(holder: str, since: datetime, now: datetime) -> Select[OrderHolder]:
    """The stretches of one holder that touch this time; `sum_by_holder` is the sum of their minutes."""
    return select(OrderHolder).where(OrderHolder.holder == holder, *_within(since, now))


def measure(rows: Sequence[OrderHolder], since: datetime, now: datetime) -> list[int]:
    """The working minutes of each stretch between two instants, by the company's hours."""
    worked = _worked(since, now)
    return [worked.between(minute_of(max(row.since, since)), minute_of(min(row.until or now, now))) for row in rows]


def _within(since: datetime, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return OrderHolder.since < now, or_(OrderHolder.until.is_(None), OrderHolder.until > since)


def count_by_holder() -> dict[str, int]:
    """How many open orders each holder has at the moment."""
    rows = session().execute(
        select(OrderHolder.holder, func.count()).where(OrderHolder.until.is_(None)).group_by(OrderHolder.holder)
    )
    return {holder: int(number) for holder, number in rows}


def _worked(since: datetime, until: datetime) -> WorkedMinutes:
    return WorkedMinutes(working_hours(until.date()), minute_of(since), minute_of(until + MINUTE))


# --- the check ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sum:
    """Working minutes of an order's holders, and those in which it was open as the trail tells."""

    number: str
    held: int
    open: int


def list_sums(now: datetime) -> Iterator[Sum]:
    """For every order: the minutes of its holders, and separately those between its opening and closing entries."""
    opened = session().scalar(select(func.min(Order.opened_at)))
    if opened is None:
        return
    held = session().scalar(select(func.min(OrderHolder.since))) or opened
    worked = _worked(min(opened, held), max(now, _latest()))
    last_id = 0
    while orders := session().execute(
        select(Order.id, Order.number).where(Order.id > last_id).order_by(Order.id).limit(ROWS_AT_ONCE)
    ).all():  # fmt: skip
        ids = [row.id for row in orders]
        held, opened = _held(ids, now, worked), _open(ids, now, worked)
        yield from (Sum(row.number, held.get(row.id, 0), opened.get(row.id, 0)) for row in orders)
        last_id = ids[-1]


def _latest() -> datetime:
    return session().scalar(select(func.max(OrderHolder.until))) or datetime(1970, 1, 1, tzinfo=UTC)


def _held(ids: Sequence[int], now: datetime, worked: WorkedMinutes) -> dict[int, int]:
    found: dict[int, int] = {}
    rows = session().execute(
        select(OrderHolder.order_id, OrderHolder.since, OrderHolder.until).where(OrderHolder.order_id.in_(ids))
    )
    for order_id, since, until in rows:
        found[order_id] = found.get(order_id, 0) + worked.between(minute_of(since), minute_of(until or now))
    return found


def _open(ids: Sequence[int], now: datetime, worked: WorkedMinutes) -> dict[int, int]:
    """From the trail alone: each opening counts until the closing after it, or until now."""
    found: dict[int, int] = {}
    rows = session().execute(
        select(AuditEntry.object_id, AuditEntry.action, AuditEntry.at)
        .where(AuditEntry.object_kind == "order", AuditEntry.object_id.in_(ids))
        .where(AuditEntry.action.in_(OPENING + CLOSING))
        .order_by(AuditEntry.object_id, AuditEntry.id)
    )
    open_since: dict[int, datetime] = {}
    for order_id, action, at in rows:
        if action in OPENING:
            open_since[order_id] = at
        elif (since := open_since.pop(order_id, None)) is not None:
            found[order_id] = found.get(order_id, 0) + worked.between(minute_of(since), minute_of(at))
    for order_id, since in open_since.items():
        found[order_id] = found.get(order_id, 0) + worked.between(minute_of(since), minute_of(now))
    return found
