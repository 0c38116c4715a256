"""Sends money back: proposed, approved by another person, exported for the bank, paid; the approval reserves it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from app.audit.services import record
from app.company.identifiers import check_bic, check_iban
from app.company.queries import business_today, get_company
from app.db.base import session
from app.documents.services import store_document
from app.kernel.errors import BadInput, RuleError
from app.kernel.money import Money
from app.kernel.texts import clean_line
from app.ledger.queries_periods import first_open_day, require_open
from app.ledger.rules import first_day_with_room
from app.payments import queries
from app.payments.models import Payment
from app.payments.models_settling import PaymentOutflow, Refund, RefundFile
from app.payments.queries_settling import get_outflow, get_refund, get_refund_file, waiting_of
from app.payments.rules_credit_transfer import Debtor, Transfer, build_file
from app.payments.rules_refunds_back import name_refund
from app.payments.rules_settling import OutflowKind, RefundState, require_other_person
from app.payments.services import lock_payment
from app.payments.services_deductions import DecidedAlready
from app.payments.services_outflows import require_left, take_out, undo_outflow

OWNER = "refund_file"
MOST_IN_A_FILE = 500
LINE, ALSO = "line", "also"  # who says that it came back: a line alone, or after a person did


class NoIban(BadInput):
    """Write the IBAN the money goes to."""


class WaitsAlready(RuleError):
    """{waiting} of this payment wait for approval already. Decide that first, or ask for less."""


class NothingToExport(RuleError):
    """No approved refund waits for the bank."""


class NoAccountOfOurs(RuleError):
    """Write our own IBAN in the settings, under Bank and documents, before refunds are exported."""


class UsedMeanwhile(RuleError):
    """The {money} that came back were placed meanwhile, out of {number}. Take that off there first, then undo this."""


class PaidInFuture(BadInput):
    """{day} is after today. Write the day the bank booked it."""


class PaidTooEarly(BadInput):
    """The file for the bank was written on {since}. Write that day or a later one."""


def propose_refund(
    payment_id: int,
    amount: int,
    *,
    beneficiary: str,
    iban: str,
    bic: str = "",
    reason: str,
    actor: str,
    now: datetime,
) -> Refund:
    """Asks for `amount` minor units of what is left of a payment to be sent back.

    Raises PaymentUnknown, PaymentIsReversed, NotPositive, MoreThanLeft, WaitsAlready, NoIban, IbanWrong, BicWrong,
    TextMissing.
    """
    payment = lock_payment(payment_id, [])
    require_left(payment, amount)
    waiting = waiting_of(payment_id)
    if waiting and amount + waiting > queries.amount_left(payment_id):
        raise WaitsAlready(waiting=Money(waiting, payment.currency))
    if not (checked := check_iban(iban)):
        raise NoIban(field="iban")
    refund = Refund(
        payment_id=payment.id, customer_id=payment.customer_id, currency=payment.currency, amount=amount,
        beneficiary=clean_line(beneficiary, "beneficiary", required=True, most=70), iban=checked, bic=check_bic(bic),
        reason=clean_line(reason, "reason", required=True, most=140), state=RefundState.PROPOSED, proposed_at=now,
        proposed_by=actor,
    )  # fmt: skip
    session().add(refund)
    session().flush()
    _note("proposed", refund, payment, actor=actor, now=now, beneficiary=refund.beneficiary)
    return refund


def approve_refund(refund_id: int, *, actor: str, now: datetime) -> Refund:
    """Takes the money out of its payment, so that nobody can place it any more.

    Raises RefundUnknown, DecidedAlready, FourEyes, PaymentIsReversed, MoreThanLeft.
    """
    refund, payment = _hold(refund_id, RefundState.PROPOSED)
    require_other_person(refund.proposed_by, actor)
    outflow = take_out(payment, refund.amount, OutflowKind.REFUND, reason=refund.reason, on=None, actor=actor, now=now)
    refund.outflow_id = outflow.id
    _decide(refund, RefundState.APPROVED, actor=actor, now=now)
    _note("approved", refund, payment, actor=actor, now=now)
    return refund


def refuse_refund(refund_id: int, *, reason: str, actor: str, now: datetime) -> Refund:
    """The money stays on account. Raises RefundUnknown, DecidedAlready, TextMissing."""
    refund, payment = _hold(refund_id, RefundState.PROPOSED)
    refund.answer = clean_line(reason, "reason", required=True, most=300)
    _decide(refund, RefundState.REFUSED, actor=actor, now=now)
    _note("refused", refund, payment, actor=actor, now=now, reason=refund.answer)
    return refund


def cancel_refund(refund_id: int, *, reason: str, actor: str, now: datetime) -> Refund:
    """Puts the money back before it went to the bank. Raises RefundUnknown, DecidedAlready, TextMissing."""
    return _put_back(refund_id, (RefundState.APPROVED,), RefundState.CANCELLED, reason, actor=actor, now=now)


def record_return(
    refund_id: int, *, reason: str, by: int | None = None, on: date | None = None, actor: str, now: datetime
) -> Refund:
    """The money is on account again, from the first open day from `on`; `by` is the line of the bank that says so.

    What a person marked before any line said so came back then, and once. Raises as `cancel_refund`.
    """
    seen, _ = _hold(refund_id, *RefundState)
    if by is not None and seen.state is RefundState.RETURNED and not seen.returned_by:
        seen.returned_by = f"{ALSO}:{by}"
        session().flush()
        return seen
    sent = (RefundState.EXPORTED, RefundState.PAID)
    refund = _put_back(refund_id, sent, RefundState.RETURNED, reason, on=on, actor=actor, now=now)
    refund.returned_by = f"{LINE}:{by}" if by is not None else ""
    session().flush()
    return refund


def export_refunds(*, actor: str, now: datetime) -> RefundFile:
    """One file for the bank with every approved refund. Raises NothingToExport, NoAccountOfOurs."""
    approved = select(Refund).where(Refund.state == RefundState.APPROVED).order_by(Refund.id).limit(MOST_IN_A_FILE)
    refunds = session().scalars(approved.with_for_update().execution_options(populate_existing=True)).all()
    if not refunds:
        raise NothingToExport
    company = get_company()
    if not company.iban:
        raise NoAccountOfOurs
    file = RefundFile(message_id=f"REFUNDS-{refunds[0].id}-{now:%Y%m%d%H%M%S}", made_at=now, made_by=actor)
    session().add(file)
    session().flush()
    debtor = Debtor(company.account_holder or company.name, company.iban, company.bic)
    transfers = _list_transfers(refunds)
    content = build_file(file.message_id, debtor, transfers, on=business_today(now), made_at=now)
    store_document(
        owner_kind=OWNER, owner_id=file.id, kind="xml", name=f"{file.message_id}.xml", media_type="application/xml",
        content=content, now=now,
    )  # fmt: skip
    for refund in refunds:
        refund.state, refund.file_id = RefundState.EXPORTED, file.id
        _note("exported", refund, queries.get_payment(refund.payment_id), actor=actor, now=now, file=file.message_id)
    session().flush()
    return file


def mark_refund_paid(refund_id: int, *, paid_on: date, by: str = "", actor: str, now: datetime) -> Refund:
    """The bank booked it, `by` the line that says so; a day without a line has to be possible, and in open books.

    Raises RefundUnknown, DecidedAlready, PaidInFuture, PaidTooEarly, PeriodClosed.
    """
    refund, payment = _hold(refund_id, RefundState.EXPORTED)
    if paid_on > business_today(now):
        raise PaidInFuture(field="paid_on", day=paid_on)
    if not by:
        _require_possible(refund, paid_on)
    refund.state, refund.paid_on, refund.paid_by = RefundState.PAID, paid_on, by
    session().flush()
    _note("paid", refund, payment, actor=actor, now=now, paid_on=paid_on.isoformat())
    return refund


def _require_possible(refund: Refund, paid_on: date) -> None:
    """Raises PaidTooEarly, PeriodClosed."""
    assert refund.file_id is not None  # noqa: S101 - every exported one has it
    if paid_on < (since := business_today(get_refund_file(refund.file_id).made_at)):
        raise PaidTooEarly(field="paid_on", since=since)
    require_open(paid_on, field="paid_on")


def take_payment_of_refund_back(refund_id: int, *, actor: str, now: datetime) -> None:
    """The line that said it was paid is another; one that came back meanwhile stays so. Raises RefundUnknown."""
    payment = lock_payment(get_refund(refund_id).payment_id, [])
    refund = get_refund(refund_id, held=True)
    if refund.state is RefundState.PAID:
        refund.state = RefundState.EXPORTED
        _note("unpaid", refund, payment, actor=actor, now=now)
    refund.paid_on, refund.paid_by = None, ""
    session().flush()


def take_return_back(line_id: int, *, actor: str, now: datetime) -> None:
    """The line says no more that a refund came back: that is paid again, as of the same day, if it came back with it.

    Raises UsedMeanwhile.
    """
    names = (f"{LINE}:{line_id}", f"{ALSO}:{line_id}")
    found = session().scalars(select(Refund.id).where(Refund.returned_by.in_(names))).first()
    if found is None:
        return
    refund, payment = _hold(found, RefundState.RETURNED)
    if refund.returned_by == names[0]:
        refund.outflow_id = _take_out_again(refund, payment, actor=actor, now=now).id
        refund.state = RefundState.PAID if refund.paid_on else RefundState.EXPORTED
        refund.answer = ""
        _note("not_returned", refund, payment, actor=actor, now=now)
    refund.returned_by = ""
    session().flush()


def _take_out_again(refund: Refund, payment: Payment, *, actor: str, now: datetime) -> PaymentOutflow:
    """Since the day it was put back, or the first after on which so much is free."""
    back = next(one for one in queries.list_outflows(payment.id) if one.undoes == refund.outflow_id)
    since = first_open_day(back.effective_on)
    day = first_day_with_room([queries.list_changes(payment)], refund.amount, not_before=since)
    if queries.find_reversal(payment.id) or day is None:
        raise UsedMeanwhile(money=Money(refund.amount, refund.currency), number=payment.number)
    return take_out(payment, refund.amount, OutflowKind.REFUND, reason=refund.reason, on=day, actor=actor, now=now)


def _put_back(
    refund_id: int, states: Sequence[RefundState], after: RefundState, reason: str, *, on: date | None = None,
    actor: str, now: datetime,
) -> Refund:  # fmt: skip
    refund, payment = _hold(refund_id, *states)
    refund.answer = clean_line(reason, "reason", required=True, most=300)
    assert refund.outflow_id is not None  # noqa: S101 - every approved one has it
    outflow = get_outflow(refund.outflow_id)
    since = max(first_open_day(on), outflow.effective_on) if on else None
    undo_outflow(outflow, reason=refund.answer, on=since, actor=actor, now=now)
    refund.state = after
    session().flush()
    _note(after.value, refund, payment, actor=actor, now=now, reason=refund.answer)
    return refund


def _hold(refund_id: int, *states: RefundState) -> tuple[Refund, Payment]:
    """The refund in one of these states with its payment, both held."""
    payment = lock_payment(get_refund(refund_id).payment_id, [])
    refund = get_refund(refund_id, held=True)
    if refund.state not in states:
        raise DecidedAlready(state=refund.state.value)
    return refund, payment


def _list_transfers(refunds: Sequence[Refund]) -> list[Transfer]:
    return [
        Transfer(
            name_refund(refund.id), refund.amount, refund.currency, refund.beneficiary, refund.iban, refund.bic,
            refund.reason,
        )
        for refund in refunds
    ]  # fmt: skip


def _decide(refund: Refund, state: RefundState, *, actor: str, now: datetime) -> None:
    refund.state, refund.decided_at, refund.decided_by = state, now, actor
    session().flush()


def _note(what: str, refund: Refund, payment: Payment, *, actor: str, now: datetime, **more: Any) -> None:
    record(
        f"refund.{what}", actor=actor, now=now, object_kind="payment", object_id=payment.id,
        customer_id=payment.customer_id, number=payment.number, amount=refund.amount, currency=refund.currency, **more,
    )  # fmt: skip
