"""Raises exceptions on orders, and suspends, resumes, resolves and reopens them."""

from datetime import date, datetime
from typing import Any

from app.audit.services import record
from app.auth.queries import UserNotFound, get_user
from app.company.queries import business_today
from app.db.base import session
from app.db.events import announce
from app.kernel.errors import BadInput, Conflict
from app.kernel.texts import clean_block
from app.orders.events import ExceptionResolving
from app.orders.models_exceptions import OrderException
from app.orders.queries import get_order
from app.orders.queries_exceptions import find_unresolved_from, get_exception
from app.orders.rules_exceptions import CAUSE_LABELS, LIFECYCLE, Cause, ExceptionState, require_ahead, standing

LONGEST_TEXT = 2_000


class ExceptionChanged(Conflict):
    """Somebody else changed this exception in the meantime. Look at it, then decide again."""


class OwnerUnknown(BadInput):
    """Choose somebody who works here now, or a department."""


def raise_exception(
    order_id: int,
    cause: Cause,
    description: str,
    *,
    owner_id: int | None = None,
    department_code: str | None = None,
    source: str = "",
    actor: str,
    now: datetime,
) -> OrderException:
    """Says that an order cannot go on, why, and who sees to it. Raises TextMissing, OwnerUnknown."""
    order = get_order(order_id)
    _require_owner(owner_id)
    exception = OrderException(
        order_id=order.id,
        cause=cause,
        description=clean_block(description, "description", most=LONGEST_TEXT, required=True),
        owner_id=owner_id,
        department_code=department_code or None,
        source=source,
        raised_by=actor,
        raised_at=now,
        raised_on=business_today(now),
        state=LIFECYCLE.start,
        version=1,
    )
    session().add(exception)
    session().flush()
    record_exception("raised", exception, actor=actor, now=now, reason=exception.description)
    return exception


def restate_exception(exception_id: int, description: str, *, actor: str, now: datetime) -> OrderException:
    """What raised it says it anew; who sees to it and its standing stay. Raises TextMissing."""
    exception = get_exception(exception_id, lock=True)
    said = clean_block(description, "description", most=LONGEST_TEXT, required=True)
    if exception.description != said:
        exception.description = said
        exception.version += 1
        record_exception("restated", exception, actor=actor, now=now, reason=said)
    return exception


def suspend_exception(
    exception_id: int, until: date, *, version: int | None = None, actor: str, now: datetime
) -> OrderException:
    """Puts it aside until a day, on which it is open again by itself. Raises DateNotAhead, MoveRefused."""
    today = business_today(now)
    require_ahead(until, today)
    exception = _move(exception_id, "suspend", version, today)
    exception.suspended_until = until
    record_exception("suspended", exception, actor=actor, now=now, until_on=until.isoformat())
    return exception


def resume_exception(exception_id: int, *, version: int | None = None, actor: str, now: datetime) -> OrderException:
    """Open again before its day."""
    exception = _move(exception_id, "resume", version, business_today(now))
    exception.suspended_until = None
    record_exception("resumed", exception, actor=actor, now=now)
    return exception


def resolve_exception(
    exception_id: int, note: str, *, version: int | None = None, actor: str, now: datetime
) -> OrderException:
    """The order can go on; the note says what was done.

    Raises MoveRefused, TextMissing, and what an answer to ExceptionResolving refuses with.
    """
    note = clean_block(note, "note", most=LONGEST_TEXT, required=True)
    exception = _move(exception_id, "resolve", version, business_today(now), note)
    announce(ExceptionResolving(exception_id=exception.id, source=exception.source, actor=actor, now=now))
    exception.note, exception.suspended_until = note, None
    exception.resolved_by, exception.resolved_on = actor, business_today(now)
    record_exception("resolved", exception, actor=actor, now=now, note=note)
    return exception


def resolve_exception_from(order_id: int, source: str, note: str, *, actor: str, now: datetime) -> None:
    """What raised it is mended, so that nobody has to resolve it by hand."""
    if found := find_unresolved_from(order_id, source):
        resolve_exception(found.id, note, actor=actor, now=now)


def reopen_exception(
    exception_id: int, reason: str, *, version: int | None = None, actor: str, now: datetime
) -> OrderException:
    """Not resolved after all. Raises MoveRefused, TextMissing."""
    reason = clean_block(reason, "reason", most=LONGEST_TEXT, required=True)
    exception = _move(exception_id, "reopen", version, business_today(now), reason)
    exception.note, exception.resolved_by, exception.resolved_on = reason, None, None
    record_exception("reopened", exception, actor=actor, now=now, reason=reason)
    return exception


def _move(exception_id: int, move: str, version: int | None, today: date, reason: str = "") -> OrderException:
    """The exception under lock, in its next state. Raises ExceptionChanged when it is not the one that was seen."""
    exception = get_exception(exception_id, lock=True)
    if version is not None and exception.version != version:
        raise ExceptionChanged
    now_it_is: ExceptionState = standing(exception.state, exception.suspended_until, today)
    exception.state = LIFECYCLE.move(move, now_it_is, reason=reason)
    exception.version += 1
    return exception


def _require_owner(owner_id: int | None) -> None:
    if owner_id is None:
        return
    try:
        is_here = get_user(owner_id).active
    except UserNotFound:
        is_here = False
    if not is_here:
        raise OwnerUnknown(field="owner_id")


def record_exception(done: str, exception: OrderException, *, actor: str, now: datetime, **detail: Any) -> None:
    """One entry in the timeline of an exception and of its order."""
    order, cause = get_order(exception.order_id), CAUSE_LABELS[exception.cause].lower()
    record(
        f"exception.{done}", actor=actor, now=now, object_kind="order_exception", object_id=exception.id,
        order_id=order.id, deal_id=order.deal_id, customer_id=order.customer_id, cause=cause, **detail,
    )  # fmt: skip
