"""Places lines of the bank: as matching proposes or as a person says, set aside, and taken back exactly.

A line is held first, then its customer, and whatever the payment needs after that.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from app.audit.services import record
from app.company.queries import business_today
from app.customers.services import lock_customer
from app.db.base import session
from app.kernel.errors import BadInput, Conflict, RuleError
from app.kernel.money import format_decimal
from app.kernel.texts import clean_line
from app.ledger.queries_periods import first_open_day
from app.ledger.rules import first_day_with_room
from app.payments import queries
from app.payments.models import Payment, PaymentReversal
from app.payments.models_bank import LineState, StatementEntry, StatementLine
from app.payments.models_cash import LineMatch
from app.payments.queries_cash import (
    describe,
    find_match,
    find_match_of,
    get_line,
    list_former_customers,
    list_former_payments,
    reads_number,
)
from app.payments.queries_settling import list_deductions_of
from app.payments.rules import Share, cut_to_open
from app.payments.rules_book import Habit
from app.payments.rules_cash import (
    ASIDE_NEEDS_WORDS,
    MATCHING,
    SOURCE,
    AsideCode,
    LineKind,
    external_id_of,
    habit_of,
    require_booked,
    require_came_in,
    say_aside,
)
from app.payments.rules_settling import DeductionCode, DeductionState, PaymentKind
from app.payments.services import (
    NotReversible,
    PaymentIsReversed,
    lock_payment,
    post_reversal,
    record_payment,
    require_untouched,
    take_back,
    undo_allocation,
)
from app.payments.services_aside import find_refund_of, forget_aside, keep_aside, keep_less, say_refund
from app.payments.services_charge_invoices import take_invoice_over
from app.payments.services_charges import Charge, record_charge, take_charge_back
from app.payments.services_deductions import (
    propose_deduction,
    refuse_deduction,
    renew_deductions,
    undo_deduction,
)
from app.payments.services_matching import deny, is_trusted, learn, take_denial_back, unlearn
from app.payments.services_proposing import propose_lines
from app.payments.services_refunds_back import require_other_money, take_for_refund

__all__ = [
    "accept", "accept_refund_back", "propose_lines", "reverse_by_line", "set_aside", "take_up_again", "undo_line",
]  # fmt: skip


class LineChanged(Conflict):
    """Somebody decided on this line in the meantime. Look at it again."""


class LineNotOpen(RuleError):
    """This line is done already. Take it back first."""


class LineNotMatched(RuleError):
    """Nothing stands for this line, so there is nothing to take back."""


class LineNotAside(RuleError):
    """This line is not set aside by itself."""


class NotIncoming(RuleError):
    """With this line money went out. Only money that came in can be placed."""


class NotOutgoing(RuleError):
    """With this line money came in. Only money that went out can reverse a payment."""


class OtherAmount(BadInput):
    """{paid} of the payment and {charge} of fees are not the {gone} {currency} of this line."""


class OtherMoney(RuleError):
    """The payment is in {paid}, the line in {currency}."""


def accept(
    line_id: int,
    *,
    customer_id: int,
    shares: Sequence[tuple[int, int, int]],
    deduction: tuple[int, int, int, DeductionCode | str] | None = None,  # invoice, instalment, amount, code
    reason: str = "",
    in_spite_of: Container[str] = (),  # refunds this may be, and is not
    version: int,
    actor: str,
    now: datetime,
) -> Payment:
    """The payment that stands for the line from now on; what the shares leave of it stays unapplied.

    It counts from the day of the line, or from the first open day after. `reason`: why a deduction is let go, in words.
    Raises LineUnknown, LineChanged, LineNotOpen, NotBookedYet, NotIncoming, MoreThanCameIn and what
    `require_other_money`, `record_payment`, `propose_deduction` do.
    """
    line, entry = _hold_open(line_id, version, now)
    if line.amount <= 0:
        raise NotIncoming
    require_other_money(line, entry, in_spite_of)
    others = list_former_customers(line_id) - {customer_id}
    for one in sorted({customer_id, *others}):
        lock_customer(one)
    wanted = [Share(*share) for share in shares]
    require_came_in(wanted, line.amount, entry.currency)
    open_amounts = {one.key: one.open for one in queries.list_open_instalments(customer_id, entry.currency)}
    exact = [share.amount for share in wanted if open_amounts.get((share.invoice_id, share.instalment)) == share.amount]
    edition = _next_edition(line_id)
    payment = record_payment(
        customer_id, line.amount, currency=entry.currency, received_on=first_open_day(entry.booked_on),
        remittance=" ".join(line.remittance.split())[:1000], source=SOURCE,
        external_id=external_id_of(line_id, edition), allocations=wanted, actor=actor, now=now,
    )  # fmt: skip
    if deduction is not None:
        invoice_id, instalment, amount, code = deduction
        propose_deduction(
            invoice_id, instalment, amount, code=DeductionCode(code), reason=reason, payment_id=payment.id,
            on=entry.booked_on, actor=actor, now=now,
        )  # fmt: skip
    said = describe(line, entry)
    habit = habit_of(reads_number(line, entry, wanted), line.amount, wanted, exact)
    if actor != MATCHING:
        learn(said, customer_id, habit=habit, actor=actor, now=now)
    elif habit := None if is_trusted(said.party_account, customer_id) else Habit.NUMBER:
        learn(said, customer_id, habit=habit, actor=actor, now=now)  # whom it did not know, it found by a number
    deny(said, others, actor=actor, now=now)
    session().add(
        LineMatch(
            line_id=line_id, edition=edition, kind=LineKind.SETTLE, payment_id=payment.id, customer_id=customer_id,
            habit=habit, made_at=now, made_by=actor,
        )
    )  # fmt: skip
    _move(line, LineState.MATCHED)
    _note("matched", line, entry, actor=actor, now=now, customer_id=customer_id, number=payment.number)
    return payment


def set_aside(
    line_id: int, *, reason_code: AsideCode, note: str = "", version: int, actor: str, now: datetime
) -> StatementLine:
    """It is nobody's payment. Raises LineUnknown, LineChanged, LineNotOpen, NotBookedYet, TextMissing."""
    line, entry = _hold_open(line_id, version, now)
    code = AsideCode(reason_code)
    words = clean_line(note, "note", label="In words", required=code in ASIDE_NEEDS_WORDS)
    paid = find_refund_of(line, entry) if code is AsideCode.REFUND_PAID else None
    line.ignored_reason = say_aside(code, words or (say_refund(paid) if paid else ""))
    _move(line, LineState.IGNORED)
    keep_aside(line, entry, code, actor=actor, now=now)
    _note("set_aside", line, entry, actor=actor, now=now, reason=line.ignored_reason)
    return line


def accept_refund_back(line_id: int, *, refund_id: int, version: int, actor: str, now: datetime) -> StatementLine:
    """It is a refund of ours that came back. Raises as `set_aside`, and what `take_for_refund` does."""
    line, entry = _hold_open(line_id, version, now)
    refund = take_for_refund(line, entry, refund_id, actor=actor, now=now)
    line.ignored_reason = say_aside(AsideCode.REFUND_BACK, say_refund(refund))
    _move(line, LineState.IGNORED)
    keep_less(line, entry, refund, actor=actor, now=now)
    _note("set_aside", line, entry, actor=actor, now=now, reason=line.ignored_reason)
    return line


def take_up_again(line_id: int, *, version: int, actor: str, now: datetime) -> StatementLine:
    """A line that was set aside is open again. Raises LineUnknown, LineChanged, LineNotAside."""
    line, entry = _hold(line_id, version, LineState.IGNORED)
    if not line.amount or line.paired_with is not None:
        raise LineNotAside
    line.ignored_reason = ""
    _move(line, LineState.OPEN)
    forget_aside(line, entry, actor=actor, now=now)
    _note("taken_up", line, entry, actor=actor, now=now)
    return line


def reverse_by_line(
    line_id: int, *, payment_id: int, charge: int = 0, is_passed_on: bool = False, version: int, actor: str,
    now: datetime,
) -> PaymentReversal:  # fmt: skip
    """The payment came back with this line, less what the bank took for it; `is_passed_on`: the customer bears that.

    It counts from the day of the line, or from the last day its money was placed. Raises LineUnknown, LineChanged,
    LineNotOpen, NotBookedYet, NotOutgoing, OtherAmount, OtherMoney and what `reverse_payment` raises.
    """
    line, entry = _hold_open(line_id, version, now)
    if line.amount >= 0:
        raise NotOutgoing
    live = queries.list_live_allocations(payment_id)
    payment = lock_payment(payment_id, [allocation.invoice_id for allocation in live])
    _require_same_money(line, entry, payment, charge)
    newest = max(day for day, _amount in queries.list_changes(payment))
    reason = clean_line(line.return_reason or line.remittance[:150] or "Taken back by the bank", "reason")
    day = first_open_day(max(entry.booked_on, newest))
    reversal = take_back(payment, reason, day, actor=actor, now=now)
    if charge:
        row = record_charge(payment, Charge(charge, is_passed_on), reversal, actor=actor, now=now)
        take_invoice_over(row, list_former_payments(line_id))
    session().add(
        LineMatch(
            line_id=line_id, edition=_next_edition(line_id), kind=LineKind.REVERSE, payment_id=payment.id,
            customer_id=payment.customer_id, made_at=now, made_by=actor,
        )
    )  # fmt: skip
    _move(line, LineState.MATCHED)
    _note("matched", line, entry, actor=actor, now=now, customer_id=payment.customer_id, number=payment.number)
    return reversal


def undo_line(line_id: int, *, reason: str, version: int, actor: str, now: datetime) -> Payment | None:
    """Takes back what stands for a line as if it had never been, as far as the books are open; the line is open again.

    Returns the payment that stands again where its return is taken back. Raises LineUnknown, LineChanged,
    LineNotMatched, MoneyGone, TextMissing, and what `record_payment` raises where a reversal is taken back.
    """
    line, entry = _hold(line_id, version, LineState.MATCHED)
    reason = clean_line(reason, "reason", required=True)
    match = find_match(line_id)
    if match is None:
        raise LineNotMatched
    match.undone_at, match.undone_by, match.undone_reason = now, actor, reason
    again = None
    if match.kind is LineKind.SETTLE:
        others = list_former_customers(line_id) - {match.customer_id}
        for one in sorted({match.customer_id, *others}):
            lock_customer(one)
        _take_payment_back(match.payment_id, reason, actor=actor, now=now)
        if match.made_by != MATCHING or match.habit is not None:
            unlearn(describe(line, entry), match.customer_id, habit=match.habit)
        take_denial_back(describe(line, entry), others)
    else:
        again = _bring_payment_back(match, actor=actor, now=now)
    line.proposed_at = None
    _move(line, LineState.OPEN)
    _note("unmatched", line, entry, actor=actor, now=now, customer_id=match.customer_id, reason=reason)
    return again


# --- taking back ----------------------------------------------------------------------------------------------------


def _take_payment_back(payment_id: int, reason: str, *, actor: str, now: datetime) -> None:
    """Each allocation and deduction from its own day, and the payment from the first day on which all of it is free."""
    for deduction in list_deductions_of(payment_id):
        if deduction.state is DeductionState.APPROVED:
            since = first_open_day(deduction.effective_on or deduction.wanted_on)
            undo_deduction(deduction.id, reason=reason, on=since, actor=actor, now=now)
        elif deduction.state is DeductionState.PROPOSED:
            refuse_deduction(deduction.id, reason=reason, actor=actor, now=now)
    live = queries.list_live_allocations(payment_id)
    payment = lock_payment(payment_id, [allocation.invoice_id for allocation in live])
    require_untouched(payment)
    for allocation in live:
        since = first_open_day(allocation.effective_on)
        undo_allocation(allocation.id, reason=reason, on=since, actor=actor, now=now)
    free = [queries.list_changes(payment)]
    day = first_day_with_room(free, payment.amount, not_before=first_open_day(payment.received_on))
    if day is None:
        raise PaymentIsReversed(number=payment.number)
    post_reversal(payment, reason, day, actor=actor, now=now)


def _bring_payment_back(match: LineMatch, *, actor: str, now: datetime) -> Payment:
    """The payment did not come back after all: from that day another one like it stands where it stood.

    What was settled otherwise meanwhile stays so, and as much of the money is on account: it did come in twice.
    """
    gone = lock_payment(match.payment_id, [])
    reversal = queries.find_reversal(gone.id)
    if reversal is None:
        raise LineNotMatched
    paid_by = find_match_of(gone.id, held=True)
    edition = _next_edition(paid_by.line_id) if paid_by else match.edition
    name = external_id_of(paid_by.line_id, edition) if paid_by else f"back:{match.id}"
    stood = [Share(*share) for share in queries.list_undone_with(gone.id, reversal.recorded_at)]
    payment = record_payment(
        gone.customer_id, gone.amount, currency=gone.currency, received_on=first_open_day(reversal.reversed_on),
        remittance=gone.remittance, source=SOURCE, external_id=name,
        allocations=cut_to_open(stood, queries.list_open_instalments(gone.customer_id, gone.currency)),
        actor=actor, now=now,
    )  # fmt: skip
    renew_deductions(gone, payment, actor=actor, now=now)
    take_charge_back(gone, reversal, payment, actor=actor, now=now)
    if paid_by:
        paid_by.payment_id, paid_by.edition = payment.id, edition
        session().flush()
    return payment


# --- the line -------------------------------------------------------------------------------------------------------


def _hold(line_id: int, version: int, state: LineState = LineState.OPEN) -> tuple[StatementLine, StatementEntry]:
    """The line as its person saw it, in this state, with its entry."""
    line = get_line(line_id, held=True)
    if line.state is not state:
        raise {LineState.OPEN: LineNotOpen, LineState.MATCHED: LineNotMatched, LineState.IGNORED: LineNotAside}[state]
    if line.version != version:
        raise LineChanged
    return line, session().get_one(StatementEntry, line.entry_id)


def _hold_open(line_id: int, version: int, now: datetime) -> tuple[StatementLine, StatementEntry]:
    """An open line, with its entry, of which something is decided."""
    line, entry = _hold(line_id, version)
    require_booked(entry.booked_on, business_today(now))
    return line, entry


def _move(line: StatementLine, state: LineState) -> None:
    line.state, line.refusal, line.version = state, "", line.version + 1
    session().flush()


def _next_edition(line_id: int) -> int:
    return 1 + (session().scalar(select(func.max(LineMatch.edition)).where(LineMatch.line_id == line_id)) or 0)


def _require_same_money(line: StatementLine, entry: StatementEntry, payment: Payment, charge: int) -> None:
    if payment.kind is not PaymentKind.MONEY:
        raise NotReversible(number=payment.number)
    if payment.currency != entry.currency:
        raise OtherMoney(paid=payment.currency, currency=entry.currency)
    if charge < 0 or payment.amount + charge != -line.amount:
        paid, fee, gone = (format_decimal(one, entry.currency) for one in (payment.amount, charge, -line.amount))
        raise OtherAmount(field="charge", paid=paid, charge=fee, gone=gone, currency=entry.currency)


def _note(
    what: str, line: StatementLine, entry: StatementEntry, *, actor: str, now: datetime,
    customer_id: int | None = None, **more: Any,
) -> None:  # fmt: skip
    record(
        f"bank_line.{what}", actor=actor, now=now, object_kind="bank_line", object_id=line.id, customer_id=customer_id,
        amount=line.amount, currency=entry.currency, booked_on=entry.booked_on.isoformat(), **more,
    )  # fmt: skip
