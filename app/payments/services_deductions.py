"""Lets short payments go: proposed with a reason code, approved by policy or by another person, taken back."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.audit.services import record
from app.company.queries import business_today, get_company
from app.customers.services import lock_customer
from app.db.base import session
from app.invoices.models import Invoice, InvoiceKind, InvoiceState
from app.invoices.queries import document_name, get_invoice
from app.invoices.queries_sold import read_left
from app.kernel.errors import RuleError
from app.kernel.money import Money, to_minor, write_money
from app.kernel.texts import clean_line
from app.ledger import queries as ledger
from app.ledger import services as posting
from app.ledger.models import EntryKind
from app.ledger.queries import Timeline
from app.ledger.queries_periods import first_open_day
from app.ledger.rules import first_day_with_room, lowest_from
from app.ledger.services import NewEntry
from app.payments.models import Payment
from app.payments.models_settling import Deduction, DeductionTax
from app.payments.queries import list_open_instalments
from app.payments.queries_settling import get_deduction, list_deductions_of, list_gone, waiting_on
from app.payments.rules import NotPositive
from app.payments.rules_settling import (
    CODE_LABELS,
    NEEDS_WORDS,
    POLICY,
    DeductionCode,
    DeductionState,
    Policy,
    measure_gone,
    require_other_person,
    split_by_tax,
)
from app.payments.services_placing import MoreThanOpen, NotOwed, UndoneTooEarly, lock_invoices, reverse_entries

CREDITING = "system:crediting"


class DecidedAlready(RuleError):
    """This is decided already: it is {state}."""


class NotYet(RuleError):
    """{day} is after today. A deduction counts from today at the latest."""


def propose_deduction(
    invoice_id: int,
    instalment: int,
    amount: int,
    *,
    code: DeductionCode,
    reason: str = "",
    payment_id: int | None = None,
    on: date | None = None,
    actor: str,
    now: datetime,
) -> Deduction:
    """Asks for `amount` minor units of an instalment to be let go; within the company's policy it goes at once.

    It counts from `on` (or today), or the first day after on which so much was open. Raises InvoiceUnknown, NotOwed,
    NotPositive, MoreThanOpen (what waits already counts), NotYet, TextMissing.
    """
    invoice = _lock(invoice_id)
    timeline = _find_timeline(invoice, instalment)
    today = business_today(now)
    if amount <= 0:
        raise NotPositive(field="amount")
    if on is not None and on > today:
        raise NotYet(day=on)
    _require_open(invoice, instalment, amount, timeline, waiting=waiting_on(invoice_id, instalment))
    gone = measure_gone(list_gone([invoice_id]), invoice_id, instalment)
    deduction = Deduction(
        invoice_id=invoice_id, instalment=instalment, payment_id=payment_id, customer_id=invoice.customer_id,
        currency=invoice.currency, amount=amount, code=code,
        reason=clean_line(reason, "reason", most=300, required=code in NEEDS_WORDS),
        state=DeductionState.PROPOSED, wanted_on=on or today, proposed_at=now, proposed_by=actor,
    )  # fmt: skip
    session().add(deduction)
    session().flush()
    if code is DeductionCode.DISCOUNT_LATE:
        _split_tax(deduction)
    _note("proposed", deduction, invoice, actor=actor, now=now, reason=deduction.reason)
    if read_policy().allows(amount, gone=gone, of=timeline.whole, currency=invoice.currency, code=code):
        _approve(deduction, invoice, timeline, actor=POLICY, now=now)
    return deduction


def approve_deduction(deduction_id: int, *, actor: str, now: datetime) -> Deduction:
    """Lets it go. Raises DeductionUnknown, DecidedAlready, FourEyes, MoreThanOpen."""
    deduction, invoice = _hold(deduction_id)
    require_other_person(deduction.proposed_by, actor)
    _approve(deduction, invoice, _find_timeline(invoice, deduction.instalment), actor=actor, now=now)
    return deduction


def refuse_deduction(deduction_id: int, *, reason: str, actor: str, now: datetime) -> Deduction:
    """It stays owed. Raises DeductionUnknown, DecidedAlready, TextMissing."""
    deduction, invoice = _hold(deduction_id)
    deduction.answer = clean_line(reason, "reason", required=True, most=300)
    _decide(deduction, DeductionState.REFUSED, actor=actor, now=now)
    _note("refused", deduction, invoice, actor=actor, now=now, reason=deduction.answer)
    return deduction


def undo_deduction(deduction_id: int, *, reason: str, on: date | None = None, actor: str, now: datetime) -> Deduction:
    """It is owed again, from today or from `on`. Raises DeductionUnknown, DecidedAlready, UndoneTooEarly."""
    deduction, _invoice = _hold(deduction_id, DeductionState.APPROVED)
    reason = clean_line(reason, "reason", required=True, most=300)
    take_deduction_back(deduction, reason, on, actor=actor, now=now)
    return deduction


def take_deduction_back(deduction: Deduction, reason: str, on: date | None, *, actor: str, now: datetime) -> None:
    """Of one whose customer and invoice are held."""
    since = deduction.effective_on or business_today(now)
    on = max(business_today(now), since) if on is None else on
    if on < since:
        raise UndoneTooEarly(since=since)
    reverse_entries(f"deduction:{deduction.id}", f"deduction_undo:{deduction.id}", on, actor=actor, now=now)
    deduction.state, deduction.answer = DeductionState.UNDONE, reason
    session().flush()
    _note("undone", deduction, get_invoice(deduction.invoice_id), actor=actor, now=now, reason=reason)


def end_deductions(payment: Payment, on: date, *, actor: str, now: datetime) -> None:
    """Of a held payment that is taken back as of `on`: what it came short by is owed again, or asked for no more."""
    for deduction in list_deductions_of(payment.id):
        if deduction.state is DeductionState.APPROVED:
            since = max(on, deduction.effective_on or on)
            take_deduction_back(deduction, _gone(payment), since, actor=actor, now=now)
        elif deduction.state is DeductionState.PROPOSED:
            refuse_deduction(deduction.id, reason=_gone(payment), actor=actor, now=now)


def renew_deductions(gone: Payment, payment: Payment, *, actor: str, now: datetime) -> None:
    """Those that ended with `gone` stand for the payment that stands in its place; who agreed has agreed to them.

    What was settled otherwise meanwhile needs none.
    """
    takes = {one.key: one.open for one in list_open_instalments(gone.customer_id, gone.currency)}
    for old in list_deductions_of(gone.id):
        if old.answer != _gone(gone) or takes.get((old.invoice_id, old.instalment), 0) < old.amount:
            continue
        new = propose_deduction(
            old.invoice_id, old.instalment, old.amount, code=old.code, reason=old.reason, payment_id=payment.id,
            on=payment.received_on, actor=old.proposed_by, now=now,
        )  # fmt: skip
        if old.state is DeductionState.UNDONE and new.state is DeductionState.PROPOSED:
            invoice = get_invoice(new.invoice_id)
            _approve(new, invoice, _find_timeline(invoice, new.instalment), actor=old.decided_by or actor, now=now)


def _gone(payment: Payment) -> str:
    return f"{payment.number} was taken back"


def drop_deduction(deduction: Deduction, reason: str, *, now: datetime) -> None:
    """Refuses one whose customer and invoice are held, because less is open now than it asks for."""
    deduction.answer = reason
    _decide(deduction, DeductionState.REFUSED, actor=CREDITING, now=now)
    _note("dropped", deduction, get_invoice(deduction.invoice_id), actor=CREDITING, now=now, reason=reason)


def read_policy() -> Policy:
    """What the company lets go without a second person."""
    company = get_company()
    amount = to_minor(Decimal(company.write_off_amount or "0"), company.currency)
    codes = [DeductionCode(word) for word in company.write_off_codes.split()]
    return Policy(amount, Decimal(company.write_off_percent), company.currency, codes)


def _approve(deduction: Deduction, invoice: Invoice, timeline: Timeline, *, actor: str, now: datetime) -> None:
    since = first_open_day(max(deduction.wanted_on, timeline.issued_on))
    day = first_day_with_room([timeline.changes], deduction.amount, not_before=since)
    if day is None:
        _require_open(invoice, deduction.instalment, deduction.amount, timeline)
        raise NotOwed(invoice=invoice.number)
    entry = NewEntry(
        kind=EntryKind.WRITE_OFF, effective_on=day, customer_id=deduction.customer_id, currency=deduction.currency,
        amount=-deduction.amount, document=document_name(invoice.id), instalment=deduction.instalment,
        reason=f"deduction:{deduction.id}",
    )  # fmt: skip
    posting.post([entry], actor=actor, now=now)
    deduction.effective_on = day
    _decide(deduction, DeductionState.APPROVED, actor=actor, now=now)
    _note("approved", deduction, invoice, actor=actor, now=now, effective_on=day.isoformat(), note=_say(deduction))


def _say(deduction: Deduction) -> str:
    """Why it is let go, and what of it is tax: "Discount taken late: two days; of it tax 3.83 EUR"."""
    tax = sum(row.tax for row in deduction.taxes)
    why = ": ".join(filter(None, (CODE_LABELS[deduction.code], deduction.reason)))
    return f"{why}; of it tax {write_money(tax, deduction.currency)}" if tax else why


def _lock(invoice_id: int) -> Invoice:
    lock_customer(get_invoice(invoice_id).customer_id)
    return lock_invoices([invoice_id])[invoice_id]


def _hold(deduction_id: int, state: DeductionState = DeductionState.PROPOSED) -> tuple[Deduction, Invoice]:
    """The deduction in this state with its invoice, both held."""
    invoice = _lock(get_deduction(deduction_id).invoice_id)
    deduction = get_deduction(deduction_id, held=True)
    if deduction.state is not state:
        raise DecidedAlready(state=deduction.state.value)
    return deduction, invoice


def _find_timeline(invoice: Invoice, instalment: int) -> Timeline:
    timeline = ledger.list_timelines([document_name(invoice.id)]).get((document_name(invoice.id), instalment))
    if invoice.state is not InvoiceState.ISSUED or invoice.kind is not InvoiceKind.INVOICE or timeline is None:
        raise NotOwed(invoice=invoice.number or f"Draft {invoice.id}")
    return timeline


def _require_open(invoice: Invoice, instalment: int, amount: int, timeline: Timeline, waiting: int = 0) -> None:
    free = max(0, lowest_from(timeline.changes, date.max) - waiting)
    if amount > free:
        raise MoreThanOpen(
            invoice=invoice.number, instalment=instalment, open=Money(free, invoice.currency),
        )  # fmt: skip


def _split_tax(deduction: Deduction) -> None:
    """A discount lowers what was sold, so its tax follows, rate by rate."""
    rows = read_left(deduction.invoice_id)
    for share in split_by_tax(deduction.amount, [(row.net, row.tax) for row in rows]) if rows else ():
        row = rows[share.row]
        session().add(
            DeductionTax(
                deduction_id=deduction.id,
                position=share.row + 1,
                name=row.name,
                category=row.category,
                rate=row.rate,
                net=share.net,
                tax=share.tax,
            )
        )
    session().flush()


def _decide(deduction: Deduction, state: DeductionState, *, actor: str, now: datetime) -> None:
    deduction.state, deduction.decided_at, deduction.decided_by = state, now, actor
    session().flush()


def _note(what: str, deduction: Deduction, invoice: Invoice, *, actor: str, now: datetime, **more: Any) -> None:
    record(
        f"deduction.{what}", actor=actor, now=now, object_kind="deduction", object_id=deduction.id,
        order_id=invoice.order_id, customer_id=invoice.customer_id, invoice_id=invoice.id, number=invoice.number,
        instalment=deduction.instalment, amount=deduction.amount, currency=deduction.currency,
        code=deduction.code.value, **more,
    )  # fmt: skip
