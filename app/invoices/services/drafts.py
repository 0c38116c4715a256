"""Makes, changes and deletes drafts: never more than ordered, never billed twice."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from app.audit.services import record
from app.company.queries import business_today, get_company
from app.customers.models import Customer
from app.db.base import session
from app.invoices import queries
from app.invoices.arithmetic import compute_invoice
from app.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceState, Scope
from app.invoices.queries import DraftOnly
from app.invoices.queries_orders import orders_of
from app.invoices.rules import Computed
from app.invoices.rules_issue import LONGEST_DESCRIPTION, LONGEST_TITLE
from app.invoices.services.choose import MoreThanOrdered, Part, choose_part
from app.invoices.services.locks import lock_invoice, lock_order_of_customer
from app.invoices.services.parts import fit_into_order, fit_into_orders
from app.invoices.services.rates_of_day import give_rates
from app.invoices.texts import written_language
from app.kernel.errors import BadInput, Conflict, RuleError
from app.kernel.payment_terms import accept_terms
from app.kernel.texts import clean_line
from app.orders.models import Order, OrderLine, OrderState
from app.orders.services_holds import require_not_held


class OrderNotFulfilled(RuleError):
    """Order {number} is still in progress. Finish its tasks first, or invoice it ahead of fulfilment on purpose."""


class OrderIsCancelled(RuleError):
    """Order {number} is cancelled and cannot be invoiced."""


class BilledAlready(RuleError):
    """Order {number} is invoiced in full: {invoices}."""


class NothingDelivered(RuleError):
    """Nothing delivered of order {number} is left to invoice. Record the delivery first."""


class QuantityWrong(BadInput):
    """Line {position}: write a quantity above 0, or leave the line out."""


class LastLine(BadInput):
    """An invoice needs a line. Delete the draft instead."""


class CreditDraftFixed(RuleError):
    """A draft of a credit note is not changed. Delete it and credit anew."""


class DraftChanged(Conflict):
    """Somebody else changed this draft in the meantime. Compare both and save again."""


@dataclass(frozen=True, kw_only=True)
class DraftLine:
    """What a person may change on a line; quantity 0 leaves the line out."""

    line_id: int
    description: str
    quantity: Decimal


@dataclass(frozen=True, kw_only=True)
class DraftData:
    """What a person may change on a draft. Lines not named stay as they are."""

    payment_terms: str
    po_number: str = ""
    buyer_reference: str = ""
    language: str = "en"
    delivered_on: date | None = None
    title: str | None = None  # of a milestone; None leaves it as it is
    lines: tuple[DraftLine, ...] = ()


def draft_invoice(
    order_id: int,
    *,
    actor: str,
    now: datetime,
    ahead_of_fulfilment: bool = False,
    only_delivered: bool = False,
    part: Part | None = None,
) -> Invoice:
    """A draft of everything of the order that is not invoiced yet, of what is delivered of it, or of a part.

    Raises OrderUnknown, OrderNotFulfilled, OrderIsCancelled, OrderOnHold, BilledAlready, NothingDelivered,
    MoreThanOrdered, NothingChosen, PercentWrong, DepositDrafted, TaxRateMissing.
    """
    order, customer = lock_order_of_customer(order_id)
    require_billable(order, ahead_of_fulfilment or only_delivered or part is not None)
    require_not_held(order)
    remaining = _delivered(order) if only_delivered else _left(order)
    if part is not None:
        remaining = choose_part(order, part, remaining)
    invoice = begin_draft(order, customer, _last_delivery(order, remaining), actor=actor, now=now)
    invoice.title = clean_line(part.title, "title", most=LONGEST_TITLE) if part else ""
    invoice.lines = [
        line_of(position, line, remaining[line.id])
        for position, line in enumerate((line for line in order.lines if remaining[line.id]), 1)
    ]
    give_rates(invoice, business_today(now))
    session().add(invoice)
    session().flush()
    fit_into_order(invoice, order)
    return finish_draft(invoice, order, actor=actor, now=now)


def begin_draft(order: Order, customer: Customer, delivered_on: date | None, *, actor: str, now: datetime) -> Invoice:
    """An invoice of the order, without lines yet."""
    return Invoice(
        kind=InvoiceKind.INVOICE,
        scope=Scope.WHOLE,
        customer_id=customer.id,
        order_id=order.id,
        currency=order.currency,
        language=written_language(customer.language),
        payment_terms=order.payment_terms or customer.payment_terms or get_company().payment_terms,
        po_number=order.po_number,
        buyer_reference=customer.buyer_reference,
        delivered_on=order.fulfilled_on or delivered_on,
        tax_rounding="document",
        options={},
        created_at=now,
        created_by=actor,
    )


def finish_draft(invoice: Invoice, order: Order | None, *, actor: str, now: datetime, **detail: object) -> Invoice:
    """Saves a new draft with its amounts and notes it."""
    session().add(invoice)
    session().flush()
    store_amounts(invoice, compute_invoice(invoice, business_today(now)))
    session().flush()
    about = {"gross": invoice.gross_total, "currency": invoice.currency, "scope": invoice.scope.value, **detail}
    what = "drafted" if invoice.kind is InvoiceKind.INVOICE else "credit_drafted"
    note(what, invoice, order, actor=actor, now=now, **about)
    return invoice


def update_draft(invoice_id: int, data: DraftData, *, version: int, actor: str, now: datetime) -> Invoice:
    """Changes a draft. Raises DraftOnly, DraftChanged, BadInput naming the field."""
    invoice, order, _customer = lock_invoice(invoice_id)
    require_draft(invoice)
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        raise CreditDraftFixed
    if invoice.version != version:
        raise DraftChanged
    accept_terms(data.payment_terms, "payment_terms")
    invoice.payment_terms = clean_line(data.payment_terms, "payment_terms", required=True)
    invoice.po_number = clean_line(data.po_number, "po_number")
    invoice.buyer_reference = clean_line(data.buyer_reference, "buyer_reference")
    invoice.language = written_language(data.language)
    invoice.delivered_on = data.delivered_on
    if data.title is not None:
        invoice.title = clean_line(data.title, "title", most=LONGEST_TITLE)
    _change_lines(invoice, data.lines)
    fit_into_orders(invoice, orders_of(invoice))
    invoice.version += 1
    store_amounts(invoice, compute_invoice(invoice, business_today(now)))
    session().flush()
    note("draft_changed", invoice, order, actor=actor, now=now, gross=invoice.gross_total, currency=invoice.currency)
    return invoice


def delete_draft(invoice_id: int, *, actor: str, now: datetime) -> None:
    """Removes a draft; it never had a number. Raises DraftOnly."""
    invoice, order, _customer = lock_invoice(invoice_id)
    require_draft(invoice)
    note("draft_deleted", invoice, order, actor=actor, now=now, gross=invoice.gross_total, currency=invoice.currency)
    session().delete(invoice)
    session().flush()


def require_draft(invoice: Invoice) -> None:
    if invoice.state is not InvoiceState.DRAFT:
        raise DraftOnly(number=invoice.number)


def store_amounts(invoice: Invoice, computed: Computed) -> None:
    """Writes the computed amounts on the invoice's own row and its lines (minor units)."""
    for line, amounts in zip(invoice.lines, computed.lines, strict=True):
        line.net, line.tax, line.gross = amounts.net, amounts.tax, amounts.gross
    invoice.net_total, invoice.tax_total = computed.net_total, computed.tax_total
    invoice.gross_total, invoice.amount_due = computed.gross_total, computed.amount_due


def note(what: str, invoice: Invoice, order: Order | None, *, actor: str, now: datetime, **detail: object) -> None:
    """One audit entry about the invoice, on every timeline it belongs to: one more for each further order."""
    several = orders_of(invoice) if order is None else []
    for place, about in enumerate(several or [order]):
        first = place == 0  # the invoice and its customer hear of it once
        record(
            f"invoice.{what}", actor=actor, now=now, object_kind="invoice", object_id=invoice.id,
            deal_id=about.deal_id if about else None, order_id=about.id if about else None,
            customer_id=invoice.customer_id if first else None, invoice_id=invoice.id if first else None, **detail,
        )  # fmt: skip


def require_billable(order: Order, ahead_of_fulfilment: bool) -> None:
    if order.state is OrderState.CANCELLED:
        raise OrderIsCancelled(number=order.number)
    if order.state is not OrderState.FULFILLED and not ahead_of_fulfilment:
        raise OrderNotFulfilled(number=order.number)


def require_left(order: Order, remaining: dict[int, Decimal]) -> dict[int, Decimal]:
    """What is left to invoice. Raises BilledAlready where that is nothing."""
    if not any(remaining.values()):
        raise BilledAlready(number=order.number, invoices=", ".join(queries.names_of_order(order.id)) or "no lines")
    return remaining


def _left(order: Order) -> dict[int, Decimal]:
    return require_left(order, queries.remaining_quantities(order))


def _delivered(order: Order) -> dict[int, Decimal]:
    delivered = queries.delivered_quantities(order)
    if not any(delivered.values()):
        raise NothingDelivered(number=order.number)
    return delivered


def _last_delivery(order: Order, quantities: dict[int, Decimal]) -> date | None:
    """The day the last of these lines was delivered; none while some of it is still to come."""
    lines = [line for line in order.lines if quantities[line.id]]
    if any(line.fulfilled_on is None or quantities[line.id] > line.fulfilled_quantity for line in lines):
        return None
    return max((line.fulfilled_on for line in lines if line.fulfilled_on), default=None)


def line_of(position: int, line: OrderLine, quantity: Decimal) -> InvoiceLine:
    return InvoiceLine(
        position=position,
        order_line_id=line.id,
        description=line.item,
        quantity=quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        discount_percent=line.discount_percent,
        taxes=line.taxes,
        tax_code=line.tax_code,
    )


def _change_lines(invoice: Invoice, changes: tuple[DraftLine, ...]) -> None:
    named = {change.line_id: (place, change) for place, change in enumerate(changes)}
    remaining: dict[int, Decimal] = {}
    for order in orders_of(invoice):
        remaining |= queries.remaining_quantities(order, apart_from=invoice.id)
    kept: list[InvoiceLine] = []
    for line in invoice.lines:
        place, change = named.get(line.id, (0, None))
        if change is None or change.quantity != 0 or line.order_line_id is None:
            kept.append(line)
        if change is not None and change.quantity != 0:
            if line.order_line_id is None:
                change = replace(change, quantity=line.quantity)
            _change_line(line, change, f"lines[{place}]", remaining)
    if all(line.deposit_id for line in kept):
        raise LastLine(field="lines")
    invoice.lines = kept


def _change_line(line: InvoiceLine, change: DraftLine, path: str, remaining: dict[int, Decimal]) -> None:
    if change.quantity < 0:
        raise QuantityWrong(field=f"{path}.quantity", position=line.position)
    most = remaining.get(line.order_line_id) if line.order_line_id else None
    if most is not None and change.quantity > most:
        raise MoreThanOrdered(
            field=f"{path}.quantity", position=line.position, quantity=f"{change.quantity:f}", remaining=f"{most:f}"
        )
    line.quantity = change.quantity
    line.description = clean_line(change.description, f"{path}.description", most=LONGEST_DESCRIPTION, required=True)
