"""Records money that came in, puts it on instalments, and takes that back; every change is a new row.

An undone allocation counts until the day of its undoing: what was reported for a day in between stays true. Whoever
wants the past corrected as well gives the allocation's own day as `on`; what was known then stays readable either way.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Literal

from app.audit.services import record
from app.company.queries import business_today
from app.company.services import next_number
from app.customers.services import lock_customer
from app.db.base import session
from app.invoices.models import Invoice
from app.invoices.queries import document_name
from app.kernel.errors import BadInput, Conflict, RuleError
from app.kernel.money import MAX_MINOR, Money, UnknownCurrency, is_currency
from app.kernel.texts import clean_line
from app.ledger import queries as ledger
from app.ledger.queries_periods import first_open_day, require_open
from app.payments import queries
from app.payments.models import Allocation, Payment, PaymentReversal
from app.payments.queries import PaymentUnknown
from app.payments.queries_cash import find_match_of
from app.payments.queries_early import list_paid_on
from app.payments.rules import NotPositive, Share, check_shares, propose_oldest
from app.payments.rules_settling import PaymentKind
from app.payments.services_charges import Charge, record_charge
from app.payments.services_deductions import end_deductions
from app.payments.services_discount import make_way, take_back_discounts
from app.payments.services_placing import (
    UndoneTooEarly,
    lock_invoices,
    place,
    place_new,
    read_invoices,
    reverse_entries,
)

__all__ = ["Share", "allocate", "free_invoice", "record_payment", "reverse_payment", "undo_allocation"]

Wanted = Sequence[tuple[int, int, int]] | Literal["oldest"] | None


class AmountTooLarge(BadInput):
    """This amount is too large."""


class NotReceivedYet(BadInput):
    """{received_on} is after today. Record a payment when it has come in."""


class PaymentTaken(Conflict):
    """The payment {external_id} of {source} is recorded already, with other facts."""


class PaymentIsReversed(RuleError):
    """Payment {number} is reversed; there is no money left to place or take back."""


class UndoneAlready(RuleError):
    """This allocation is taken back already."""


class MoneyGone(RuleError):
    """Money of {number} was refunded or transferred. Take that back first."""


class RefundedMeanwhile(MoneyGone):
    """{refunded} of {number} was refunded to the customer, so it cannot be reversed. Leave it as it is, and ask for
    the {amount} that came back by an invoice of their own: under Deals, New deal, in tax category O. Then set the line
    of the bank aside as Other, with the number of that invoice."""


class StandsForLine(RuleError):
    """{number} stands for a line of the bank. Take that line back, or match the line with which the money went."""


class NotReversible(RuleError):
    """{number} is no money that came in, so it cannot be reversed. Take back what it came from."""


def record_payment(
    customer_id: int,
    amount: int,
    *,
    currency: str,
    received_on: date,
    remittance: str = "",
    source: str | None = None,
    external_id: str | None = None,
    allocations: Wanted = "oldest",
    actor: str,
    now: datetime,
) -> Payment:
    """Records `amount` minor units received and places them: on the oldest due instalments, as given, or not at all.

    What is not placed stays unapplied. The same `source` and `external_id` again return the payment there is.
    Raises CustomerUnknown, NotPositive, UnknownCurrency, NotReceivedYet, PaymentTaken and what `allocate` raises.
    """
    lock_customer(customer_id)
    today = business_today(now)
    _check_payment(amount, currency, received_on, today)
    if known := _find_same(source, external_id, (customer_id, amount, currency, received_on)):
        return known
    if allocations == "oldest":
        allocations = propose_oldest(amount, queries.list_open_instalments(customer_id, currency))
    shares = [Share(*share) for share in allocations or ()]
    check_shares(shares, required=False)
    invoices = lock_invoices(share.invoice_id for share in shares)
    number, _period, _sequence = next_number("payment", today)
    payment = Payment(
        number=number,
        source=source,
        external_id=external_id,
        customer_id=customer_id,
        received_on=received_on,
        currency=currency,
        amount=amount,
        remittance=clean_line(remittance, "remittance", most=1000),
        recorded_at=now,
        recorded_by=actor,
    )
    session().add(payment)
    session().flush()
    record(
        "payment.recorded", actor=actor, now=now, object_kind="payment", object_id=payment.id, customer_id=customer_id,
        number=number, amount=amount, currency=currency, received_on=received_on.isoformat(),
    )  # fmt: skip
    place_new(payment, shares, invoices, actor=actor, now=now)
    return payment


def allocate(
    payment_id: int,
    shares: Sequence[tuple[int, int, int]],
    *,
    on: date | None = None,
    actor: str,
    now: datetime,
) -> list[Allocation]:
    """Puts (invoice, instalment, amount) shares of a payment on instalments.

    Each counts from the day the money came or the invoice was issued, whichever is later, or from the first day after
    that on which both were free; or from `on`. Raises PaymentUnknown, PaymentIsReversed, MoreThanLeft, MoreThanOpen,
    NotOpenOn, NotOwed, OtherCustomer, OtherCurrency, NotPositive, PlacedTwice.
    """
    wanted = [Share(*share) for share in shares]
    check_shares(wanted, required=True)
    payment = lock_payment(payment_id, (share.invoice_id for share in wanted))
    require_standing(payment)
    return place(payment, wanted, read_invoices(share.invoice_id for share in wanted), on=on, actor=actor, now=now)


def undo_allocation(
    allocation_id: int, *, reason: str, on: date | None = None, actor: str, now: datetime
) -> Allocation:
    """Takes an allocation back by a row of its own: the instalment is open again, the money unapplied.

    It counts from today, or from `on`, but never before the allocation. Raises AllocationUnknown, UndoneAlready,
    UndoneTooEarly, TextMissing.
    """
    allocation = queries.get_allocation(allocation_id)
    payment = lock_payment(allocation.payment_id, [allocation.invoice_id])
    on = max(business_today(now), allocation.effective_on) if on is None else on
    return _undo(allocation, payment, clean_line(reason, "reason", required=True), on, actor=actor, now=now)


def free_invoice(
    invoice_id: int, *, on: date, reason: str, actor: str, now: datetime, amount: int | None = None
) -> int:
    """Takes allocations off an invoice that is credited, so that the money can be placed elsewhere; how many.

    All of them, or those whose money came last until `amount` is open, and what then is left of an early discount;
    what of the last one stays placed keeps the day it counts from.

    Each counts from the day of the credit, or from the allocation's own where that is later.
    """
    live = [allocation for _, allocation in list_paid_on(invoice_id)]
    room = None if amount is None else amount + make_way(invoice_id, amount, on, actor=actor, now=now)
    if room is not None:
        live = _newest_over(live, room - ledger.open_amount(document_name(invoice_id)))
    for allocation in live:
        payment = lock_payment(allocation.payment_id, [invoice_id])
        part: Allocation | None = allocation
        if room is not None and allocation is live[-1]:
            part = _split_off(allocation, payment, room, on, reason, actor=actor, now=now)
        if part is not None:
            _undo(part, payment, reason, max(on, part.effective_on), actor=actor, now=now)
    return len(live)


def _newest_over(live: Sequence[Allocation], needed: int) -> list[Allocation]:
    """The newest allocations that come to at least this much."""
    chosen: list[Allocation] = []
    for allocation in reversed(live):
        if needed <= sum(one.amount for one in chosen):
            break
        chosen.append(allocation)
    return chosen


def _split_off(
    allocation: Allocation, payment: Payment, room: int, on: date, reason: str, *, actor: str, now: datetime
) -> Allocation | None:
    """What of this allocation stands in the way of `room` being open, as an allocation of its own to be taken back.

    Both parts count from the day the whole did, so the day the customer paid stays; or from the first open day. None
    where that is no day before `on`: then the rest alone is placed again.
    """
    rest = ledger.open_amount(document_name(allocation.invoice_id)) + allocation.amount - room
    if rest <= 0:
        return allocation
    since = first_open_day(allocation.effective_on)
    _undo(allocation, payment, reason, since, actor=actor, now=now)
    parts = (rest, allocation.amount - rest) if since < on else (rest,)
    shares = [Share(allocation.invoice_id, allocation.instalment, part) for part in parts]
    invoices = read_invoices([allocation.invoice_id])
    placed = place(payment, shares, invoices, on=since, earns=False, actor=actor, now=now)
    return placed[1] if len(placed) > 1 else None


def reverse_payment(
    payment_id: int, *, reason: str, on: date | None = None, charge: Charge | None = None, actor: str, now: datetime
) -> PaymentReversal:
    """Takes a payment back that was none (bounced, mistaken), with all its allocations; `charge` is the bank's fee.

    It counts from today, or from `on`, but never before its money was last placed. Raises PaymentUnknown,
    PaymentIsReversed, RefundedMeanwhile, MoneyGone, NotReversible, StandsForLine, UndoneTooEarly, TextMissing.
    """
    live = queries.list_live_allocations(payment_id)
    payment = lock_payment(payment_id, [allocation.invoice_id for allocation in live])
    if payment.kind is not PaymentKind.MONEY:
        raise NotReversible(number=payment.number)
    if find_match_of(payment_id):
        raise StandsForLine(number=payment.number)
    reversal = take_back(payment, clean_line(reason, "reason", required=True), on, actor=actor, now=now)
    if charge is not None:
        record_charge(payment, charge, reversal, actor=actor, now=now)
    return reversal


def take_back(payment: Payment, reason: str, on: date | None, *, actor: str, now: datetime) -> PaymentReversal:
    """Undoes every allocation of a held payment, what it came short by, and itself. Raises as `reverse_payment`."""
    refunded = queries.amount_refunded(payment.id)
    if refunded and payment.kind is PaymentKind.MONEY:
        money = [Money(one, payment.currency) for one in (refunded, payment.amount)]
        raise RefundedMeanwhile(number=payment.number, refunded=money[0], amount=money[1])
    require_untouched(payment)
    newest = max(day for day, _amount in queries.list_changes(payment))
    on = max(business_today(now), newest) if on is None else on
    if on < newest:
        raise UndoneTooEarly(since=newest)
    for allocation in queries.list_live_allocations(payment.id):
        _undo(allocation, payment, reason, on, actor=actor, now=now)
    end_deductions(payment, on, actor=actor, now=now)
    return post_reversal(payment, reason, on, actor=actor, now=now)


def require_untouched(payment: Payment) -> None:
    """Raises PaymentIsReversed, MoneyGone."""
    require_standing(payment)
    if queries.list_live_outflows(payment.id):
        raise MoneyGone(number=payment.number)


def post_reversal(payment: Payment, reason: str, on: date, *, actor: str, now: datetime) -> PaymentReversal:
    """Of a held payment whose money is all free on that day."""
    reversal = PaymentReversal(payment_id=payment.id, reversed_on=on, reason=reason, recorded_at=now, recorded_by=actor)
    session().add(reversal)
    session().flush()
    reverse_entries(f"payment:{payment.id}", f"payment_reversal:{payment.id}", on, actor=actor, now=now)
    record(
        "payment.reversed", actor=actor, now=now, object_kind="payment", object_id=payment.id,
        customer_id=payment.customer_id, number=payment.number, amount=payment.amount, currency=payment.currency,
        reversed_on=on.isoformat(), reason=reason,
    )  # fmt: skip
    return reversal


def _check_payment(amount: int, currency: str, received_on: date, today: date) -> None:
    if not is_currency(currency):
        raise UnknownCurrency(currency=str(currency)[:20], field="currency")
    if amount <= 0:
        raise NotPositive(field="amount")
    if amount > MAX_MINOR:
        raise AmountTooLarge(field="amount")
    if received_on > today:
        raise NotReceivedYet(field="received_on", received_on=received_on)
    require_open(received_on, field="received_on")


def _find_same(source: str | None, external_id: str | None, facts: tuple[int, int, str, date]) -> Payment | None:
    if source is None or external_id is None:
        return None
    known = queries.find_by_external_id(source, external_id)
    if known and facts != (known.customer_id, known.amount, known.currency, known.received_on):
        raise PaymentTaken(source=source, external_id=external_id)
    return known


def lock_payment(payment_id: int, invoice_ids: Iterable[int]) -> Payment:
    """The payment, held with its customer and these invoices, in the order of the house."""
    seen = queries.get_payment(payment_id)
    lock_customer(seen.customer_id)
    lock_invoices(invoice_ids)
    payment = session().get(Payment, payment_id, with_for_update=True, populate_existing=True)
    if payment is None:
        raise PaymentUnknown
    return payment


def require_standing(payment: Payment) -> None:
    if queries.find_reversal(payment.id):
        raise PaymentIsReversed(number=payment.number)


def _undo(allocation: Allocation, payment: Payment, reason: str, on: date, *, actor: str, now: datetime) -> Allocation:
    if allocation.undoes is not None or queries.find_undoing(allocation.id):
        raise UndoneAlready
    if on < allocation.effective_on:
        raise UndoneTooEarly(since=allocation.effective_on)
    undoing = Allocation(
        payment_id=allocation.payment_id,
        invoice_id=allocation.invoice_id,
        instalment=allocation.instalment,
        amount=-allocation.amount,
        effective_on=on,
        undoes=allocation.id,
        reason=reason,
        recorded_at=now,
        recorded_by=actor,
    )
    session().add(undoing)
    session().flush()
    cause = f"allocation:{undoing.id}"
    take_back_discounts(allocation.invoice_id, cause, on, actor=actor, now=now)
    reverse_entries(f"allocation:{allocation.id}", cause, on, actor=actor, now=now)
    invoice = session().get_one(Invoice, allocation.invoice_id)
    record(
        "payment.allocation_undone", actor=actor, now=now, object_kind="payment", object_id=payment.id,
        order_id=invoice.order_id, customer_id=payment.customer_id, invoice_id=invoice.id, number=payment.number,
        invoice=invoice.number, instalment=allocation.instalment, amount=allocation.amount,
        currency=payment.currency, effective_on=on.isoformat(), reason=reason,
    )  # fmt: skip
    return undoing
