"""Keeps what a line that is set aside says of our own money: the bank took a charge, or paid a refund of ours."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, cast, exists, func, insert, literal, select

from app.audit.services import record
from app.db.base import session
from app.payments.models_bank import BankStatement, StatementEntry, StatementLine, StatementPlace
from app.payments.models_settling import BankCharge, Refund
from app.payments.rules_bank import compact
from app.payments.rules_cash import AsideCode
from app.payments.rules_details import ITEMISED
from app.payments.rules_refunds_back import name_refund, read_refunds
from app.payments.rules_settling import RefundState
from app.payments.services_refunds import mark_refund_paid, take_payment_of_refund_back, take_return_back


def find_refund_of(line: StatementLine, entry: StatementEntry) -> Refund | None:
    """The refund the bank paid with this line: the one it names, else the oldest of this amount to this account."""
    waiting = select(Refund).where(
        Refund.state == RefundState.EXPORTED, Refund.currency == entry.currency, Refund.amount == -line.amount
    )
    if named := read_refunds(line.end_to_end_id, line.remittance):
        return session().scalars(waiting.where(Refund.id.in_(named)).order_by(Refund.id)).first()
    account = compact(line.party_account)
    return session().scalars(waiting.where(Refund.iban == account).order_by(Refund.id)).first() if account else None


def say_refund(refund: Refund) -> str:
    return f"{name_refund(refund.id)} to {refund.beneficiary}"


def keep_aside(line: StatementLine, entry: StatementEntry, code: AsideCode, *, actor: str, now: datetime) -> None:
    """Of a held line: a charge is one, a refund that waits for the bank is paid."""
    if code is AsideCode.BANK_CHARGE:
        _add_charge(line, entry, -line.amount, "charged", actor=actor, now=now)
    elif code is AsideCode.REFUND_PAID and (refund := find_refund_of(line, entry)):
        mark_refund_paid(refund.id, paid_on=entry.booked_on, by=_cause(line), actor=actor, now=now)


def keep_less(line: StatementLine, entry: StatementEntry, refund: Refund, *, actor: str, now: datetime) -> None:
    """What a held line that brings the refund back is smaller by, the bank took."""
    if kept := refund.amount - line.amount:
        _add_charge(line, entry, kept, "charged", actor=actor, now=now)


def forget_aside(line: StatementLine, entry: StatementEntry, *, actor: str, now: datetime) -> None:
    """The held line says nothing of the kind after all."""
    taken = select(func.coalesce(func.sum(BankCharge.amount), 0)).where(BankCharge.cause == _cause(line))
    if amount := int(session().scalar(taken) or 0):
        _add_charge(line, entry, -amount, "charge_undone", actor=actor, now=now)
    for refund_id in session().scalars(select(Refund.id).where(Refund.paid_by == _cause(line))).all():
        take_payment_of_refund_back(refund_id, actor=actor, now=now)
    take_return_back(line.id, actor=actor, now=now)


def keep_itemised(file_id: int, *, actor: str, now: datetime) -> int:
    """How many charges the bank itemised in a file that was just booked; each is kept once."""
    of_file = select(StatementPlace.entry_id).join(BankStatement).where(BankStatement.file_id == file_id)
    cause = literal("line:") + cast(StatementLine.id, String)
    taken = (
        select(
            StatementEntry.booked_on, StatementEntry.currency, -StatementLine.amount, StatementLine.remittance,
            literal(False), cause, literal(now, BankCharge.recorded_at.type), literal(actor),
        )
        .join(StatementEntry, StatementEntry.id == StatementLine.entry_id)
        .where(StatementLine.entry_id.in_(of_file), StatementLine.ignored_reason == ITEMISED)
        .where(~exists().where(BankCharge.cause == cause))
        .order_by(StatementLine.id)
    )  # fmt: skip
    columns = ["charged_on", "currency", "amount", "reason", "is_passed_on", "cause", "recorded_at", "recorded_by"]
    return int(session().execute(insert(BankCharge).from_select(columns, taken)).rowcount)  # type: ignore[attr-defined]


def _cause(line: StatementLine) -> str:
    return f"line:{line.id}"


def _add_charge(
    line: StatementLine, entry: StatementEntry, amount: int, what: str, *, actor: str, now: datetime
) -> None:
    session().add(
        BankCharge(
            charged_on=entry.booked_on, currency=entry.currency, amount=amount, cause=_cause(line),
            reason=(line.remittance or entry.text or "Bank charge")[:300], recorded_at=now, recorded_by=actor,
        )
    )  # fmt: skip
    session().flush()
    record(
        f"bank_line.{what}", actor=actor, now=now, object_kind="bank_line", object_id=line.id, amount=abs(amount),
        currency=entry.currency,
    )  # fmt: skip
