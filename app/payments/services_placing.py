"""Puts shares of a payment on instalments: finds the day each counts from, and posts it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Never

from sqlalchemy import select

from app.audit.services import record
from app.db.base import session
from app.invoices.models import Invoice, InvoiceKind, InvoiceState
from app.invoices.queries import InvoiceUnknown, document_name
from app.kernel.errors import RuleError
from app.kernel.money import Money
from app.ledger import queries as ledger
from app.ledger import services as posting
from app.ledger.models import EntryKind
from app.ledger.queries import Timeline
from app.ledger.queries_periods import first_open_day
from app.ledger.rules import Change, first_day_with_room, lowest_from
from app.ledger.services import NewEntry
from app.payments import queries
from app.payments.models import Allocation, Payment
from app.payments.rules import Share
from app.payments.services_discount import grant_discounts


class MoreThanLeft(RuleError):
    """Of payment {number} only {left} is left to place."""


class MoreThanOpen(RuleError):
    """{invoice}, instalment {instalment}: only {open} is open."""


class NotOpenOn(RuleError):
    """On {on} this cannot be placed: until later, the money or the open amount was not there."""


class NotOwed(RuleError):
    """{invoice} is not an issued invoice, so nothing is owed on it."""


class UndoneTooEarly(RuleError):
    """This counts from {since}; it cannot be taken back as of an earlier day."""


class OtherCustomer(RuleError):
    """{invoice} is of another customer. Money of one customer does not settle what another owes."""


class OtherCurrency(RuleError):
    """{invoice} is in {invoice_currency}, the payment in {currency}."""


@dataclass(slots=True)
class _Placing:
    """A payment and the instalments it meets, as they change while shares are placed."""

    payment: Payment
    free: list[Change]
    timelines: dict[tuple[str, int], Timeline]
    invoices: dict[int, Invoice]


def place(
    payment: Payment,
    shares: Sequence[Share],
    invoices: dict[int, Invoice],
    *,
    on: date | None,
    earns: bool = True,
    actor: str,
    now: datetime,
) -> list[Allocation]:
    """`earns`: an early discount, where the shares complete its price."""
    if not shares:
        return []
    placed = _place(payment, shares, invoices, queries.list_changes(payment), [], on=on, actor=actor, now=now)
    if earns:
        grant_discounts(payment, placed, invoices, actor=actor, now=now)
    return placed


def place_new(
    payment: Payment, shares: Sequence[Share], invoices: dict[int, Invoice], *, actor: str, now: datetime
) -> list[Allocation]:
    """Of a payment that was stored just now: its receipt is posted together with what it settles."""
    free, receipt = [(payment.received_on, payment.amount)], [build_receipt(payment)]
    placed = _place(payment, shares, invoices, free, receipt, on=None, actor=actor, now=now)
    grant_discounts(payment, placed, invoices, actor=actor, now=now)
    return placed


def _place(
    payment: Payment,
    shares: Sequence[Share],
    invoices: dict[int, Invoice],
    free: list[Change],
    entries: list[NewEntry],
    *,
    on: date | None,
    actor: str,
    now: datetime,
) -> list[Allocation]:
    """`entries` are posted first."""
    timelines = ledger.list_timelines(document_name(invoice_id) for invoice_id in invoices)
    placing = _Placing(payment, free, timelines, invoices)
    allocations = [_place_share(placing, share, on, actor=actor, now=now) for share in shares]
    session().add_all(allocations)
    session().flush()
    entries += [entry for row in allocations for entry in build_settlement(payment, row)]
    posting.post(entries, actor=actor, now=now)
    for row in allocations:
        record(
            "payment.allocated", actor=actor, now=now, object_kind="payment", object_id=payment.id,
            order_id=invoices[row.invoice_id].order_id, customer_id=payment.customer_id, invoice_id=row.invoice_id,
            number=payment.number, invoice=invoices[row.invoice_id].number, instalment=row.instalment,
            amount=row.amount, currency=payment.currency, effective_on=row.effective_on.isoformat(),
        )  # fmt: skip
    return allocations


def _place_share(placing: _Placing, share: Share, on: date | None, *, actor: str, now: datetime) -> Allocation:
    payment, invoice = placing.payment, placing.invoices[share.invoice_id]
    timeline = _find_timeline(placing, invoice, share)
    since = first_open_day(max(payment.received_on, timeline.issued_on))
    room = (placing.free, timeline.changes)
    counts_from = first_day_with_room(room, share.amount, not_before=since if on is None else on)
    if counts_from is None:
        _refuse(payment, invoice, share, room)
    elif on is not None and counts_from != on:
        raise NotOpenOn(on=on)
    placing.free.append((counts_from, -share.amount))
    timeline.changes.append((counts_from, -share.amount))
    return Allocation(
        payment_id=payment.id,
        invoice_id=invoice.id,
        instalment=share.instalment,
        amount=share.amount,
        effective_on=counts_from,
        recorded_at=now,
        recorded_by=actor,
    )


def _find_timeline(placing: _Placing, invoice: Invoice, share: Share) -> Timeline:
    payment, name = placing.payment, invoice.number or f"Draft {invoice.id}"
    if invoice.state is not InvoiceState.ISSUED or invoice.kind is not InvoiceKind.INVOICE:
        raise NotOwed(invoice=name)
    if invoice.customer_id != payment.customer_id:
        raise OtherCustomer(invoice=name)
    if invoice.currency != payment.currency:
        raise OtherCurrency(invoice=name, invoice_currency=invoice.currency, currency=payment.currency)
    timeline = placing.timelines.get((document_name(invoice.id), share.instalment))
    if timeline is None:
        raise NotOwed(invoice=f"Instalment {share.instalment} of {name}")
    return timeline


def _refuse(payment: Payment, invoice: Invoice, share: Share, room: tuple[list[Change], list[Change]]) -> Never:
    left, still_open = (max(0, lowest_from(changes, date.max)) for changes in room)
    if left < share.amount:
        raise MoreThanLeft(number=payment.number, left=Money(left, payment.currency))
    raise MoreThanOpen(
        invoice=invoice.number,
        instalment=share.instalment,
        open=Money(still_open, payment.currency),
    )


def lock_invoices(invoice_ids: Iterable[int]) -> dict[int, Invoice]:
    wanted = sorted(set(invoice_ids))
    chosen = select(Invoice).where(Invoice.id.in_(wanted)).order_by(Invoice.id).with_for_update()
    return _by_id(session().scalars(chosen.execution_options(populate_existing=True)), wanted)


def read_invoices(invoice_ids: Iterable[int]) -> dict[int, Invoice]:
    wanted = sorted(set(invoice_ids))
    return _by_id(session().scalars(select(Invoice).where(Invoice.id.in_(wanted))), wanted)


def _by_id(invoices: Iterable[Invoice], wanted: Sequence[int]) -> dict[int, Invoice]:
    found = {invoice.id: invoice for invoice in invoices}
    if len(found) < len(wanted):
        raise InvoiceUnknown
    return found


def build_receipt(payment: Payment) -> NewEntry:
    return NewEntry(
        kind=EntryKind.RECEIPT,
        effective_on=payment.received_on,
        customer_id=payment.customer_id,
        currency=payment.currency,
        amount=-payment.amount,
        reason=f"payment:{payment.id}",
    )


def build_settlement(payment: Payment, allocation: Allocation) -> list[NewEntry]:
    """Less owed on the instalment, and as much less unapplied."""
    application = NewEntry(
        kind=EntryKind.APPLICATION,
        effective_on=allocation.effective_on,
        customer_id=payment.customer_id,
        currency=payment.currency,
        amount=allocation.amount,
        reason=f"allocation:{allocation.id}",
    )
    settlement = replace(
        application,
        kind=EntryKind.SETTLEMENT,
        amount=-allocation.amount,
        document=document_name(allocation.invoice_id),
        instalment=allocation.instalment,
    )
    return [settlement, application]


def reverse_entries(cause: str, reason: str, on: date, *, actor: str, now: datetime) -> None:
    """Takes back what was posted for `cause` and still stands, under the name `reason`."""
    positions = [entry.position for entry in ledger.list_standing_of(cause)]
    posting.reverse_all(positions, effective_on=on, reason=reason, actor=actor, now=now)
