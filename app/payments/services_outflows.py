"""Takes money out of a payment and puts it back: each a dated row, with the ledger in step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from app.company.queries import business_today
from app.db.base import session
from app.kernel.errors import RuleError
from app.kernel.money import Money
from app.ledger import services as posting
from app.ledger.models import EntryKind
from app.ledger.queries_periods import first_open_day
from app.ledger.rules import first_day_with_room, lowest_from
from app.ledger.services import NewEntry
from app.payments import queries
from app.payments.models import Payment
from app.payments.models_settling import PaymentOutflow
from app.payments.rules import NotPositive
from app.payments.rules_settling import OutflowKind
from app.payments.services import UndoneAlready, require_standing
from app.payments.services_placing import MoreThanLeft, UndoneTooEarly, reverse_entries

ENTRY_KINDS: Mapping[OutflowKind, EntryKind] = {
    OutflowKind.REFUND: EntryKind.REFUND,
    OutflowKind.TRANSFER: EntryKind.TRANSFER,
}


class NotThereYet(RuleError):
    """On {on} this money was not free. Take a later day."""


def take_out(
    payment: Payment, amount: int, kind: OutflowKind, *, reason: str, on: date | None, actor: str, now: datetime
) -> PaymentOutflow:
    """Takes `amount` out of a held payment, from today, from `on`, or from the first day after with so much free.

    Raises PaymentIsReversed, NotPositive, MoreThanLeft, NotThereYet.
    """
    require_left(payment, amount)
    since = first_open_day(max(payment.received_on, business_today(now))) if on is None else on
    day = first_day_with_room([queries.list_changes(payment)], amount, not_before=since)
    if day is None or (on is not None and day != on):
        raise NotThereYet(on=since)
    outflow = PaymentOutflow(
        payment_id=payment.id, kind=kind, amount=amount, effective_on=day, reason=reason, recorded_at=now,
        recorded_by=actor,
    )  # fmt: skip
    session().add(outflow)
    session().flush()
    entry = NewEntry(
        kind=ENTRY_KINDS[kind], effective_on=day, customer_id=payment.customer_id, currency=payment.currency,
        amount=amount, reason=f"outflow:{outflow.id}",
    )  # fmt: skip
    posting.post([entry], actor=actor, now=now)
    return outflow


def require_left(payment: Payment, amount: int) -> None:
    """Raises PaymentIsReversed, NotPositive, MoreThanLeft."""
    require_standing(payment)
    if amount <= 0:
        raise NotPositive(field="amount")
    left = max(0, lowest_from(queries.list_changes(payment), date.max))
    if amount > left:
        raise MoreThanLeft(number=payment.number, left=Money(left, payment.currency))


def undo_outflow(outflow: PaymentOutflow, *, reason: str, on: date | None, actor: str, now: datetime) -> PaymentOutflow:
    """The money is back in its payment, which is held. Raises UndoneAlready, UndoneTooEarly."""
    if outflow.id not in {row.id for row in queries.list_live_outflows(outflow.payment_id)}:
        raise UndoneAlready
    on = max(business_today(now), outflow.effective_on) if on is None else on
    if on < outflow.effective_on:
        raise UndoneTooEarly(since=outflow.effective_on)
    undoing = PaymentOutflow(
        payment_id=outflow.payment_id, kind=outflow.kind, amount=-outflow.amount, effective_on=on, undoes=outflow.id,
        reason=reason, recorded_at=now, recorded_by=actor,
    )  # fmt: skip
    session().add(undoing)
    session().flush()
    reverse_entries(f"outflow:{outflow.id}", f"outflow:{undoing.id}", on, actor=actor, now=now)
    return undoing
