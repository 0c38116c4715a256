"""Corrects an issued invoice in one step: its credit note, its order's prices, and a draft that takes its place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.db.base import session
from app.invoices import queries
from app.invoices.models import Invoice, InvoiceKind, InvoiceLine, Scope
from app.invoices.queries_orders import orders_of
from app.invoices.rules_reasons import CreditReason, say_reason
from app.invoices.services.choose import MoreThanOrdered
from app.invoices.services.credit import credit_invoice
from app.invoices.services.drafts import LastLine, QuantityWrong, finish_draft, note
from app.invoices.services.locks import lock_invoice
from app.invoices.services.parts import fit_into_orders
from app.kernel.errors import RuleError
from app.kernel.quantities import canonical
from app.orders.models import Order, OrderLine
from app.orders.rules_amend import AmendmentState, AmendmentWish, DiscountOutOfRange, LineWish, PriceNegative
from app.orders.services_amendments import propose_amendment


class BeyondOnePerson(RuleError):
    """Order {number} moves too far for one person. {limits} Credit only, amend the order, invoice once approved."""


@dataclass(frozen=True, kw_only=True)
class CorrectedLine:
    """What a line is to say on the new invoice, by the line's id on the old one; quantity 0 leaves it out."""

    line_id: int
    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal = Decimal(0)


def correct_invoice(
    invoice_id: int,
    reason: str,
    *,
    issued_on: date,
    actor: str,
    now: datetime,
    reason_code: CreditReason = CreditReason.WRONG,
    checked: str | None = None,
    lines: Sequence[CorrectedLine] = (),
) -> tuple[Invoice, Invoice]:
    """The issued credit note over the whole invoice, and a draft of its lines, at other prices where `lines` say so.

    The order is the truth an invoice bills, so another price is an amendment of the order too. Raises what
    `credit_invoice` and `propose_amendment` do, BeyondOnePerson, MoreThanOrdered and BadInput naming the line's field.
    """
    wanted = _require_sane(queries.get_invoice(invoice_id), lines)
    credit_note = credit_invoice(
        invoice_id, reason, issued_on=issued_on, actor=actor, now=now, reason_code=reason_code, checked=checked
    )
    original, order, customer = lock_invoice(invoice_id)
    orders = orders_of(original)
    why = say_reason(reason_code, credit_note.reason if reason_code is CreditReason.OTHER else reason, "en")
    for one in orders:
        _amend(one, original, wanted, f"{original.number} corrected: {why}", actor=actor, now=now)
    draft = _again(original, actor, now)
    draft.buyer_reference = draft.buyer_reference or customer.buyer_reference
    draft.lines = list(_lines(original, wanted, orders))
    session().add(draft)
    session().flush()
    fit_into_orders(draft, orders_of(draft))
    finish_draft(draft, order, actor=actor, now=now, replaces=original.number)
    note(
        "corrected",
        original,
        order,
        actor=actor,
        now=now,
        number=original.number,
        by=credit_note.number,
        draft=draft.id,
    )
    return credit_note, draft


def _again(original: Invoice, actor: str, now: datetime) -> Invoice:
    copied = (
        "customer_id", "order_id", "currency", "language", "po_number", "buyer_reference", "delivered_on",
        "service_from", "service_until", "payment_terms", "tax_rounding", "scope", "title",
    )  # fmt: skip
    return Invoice(
        kind=InvoiceKind.INVOICE,
        replaces_id=original.id,
        options=dict(original.options),
        created_at=now,
        created_by=actor,
        **{name: getattr(original, name) for name in copied},
    )


def list_correctable(invoice: Invoice) -> list[InvoiceLine]:
    """The lines that may say something else on the new invoice; what a deposit comes to follows from its order."""
    return [] if invoice.scope is Scope.DEPOSIT else [line for line in invoice.lines if line.deposit_id is None]


def _require_sane(original: Invoice, lines: Sequence[CorrectedLine]) -> dict[int, CorrectedLine]:
    """What is to change, by line of the invoice. Raises BadInput naming the field."""
    typed, found = {line.line_id: line for line in lines}, {}
    correctable = list_correctable(original)
    for place, line in enumerate(correctable):
        if (said := typed.get(line.id)) is None:
            continue
        if said.quantity < 0:
            raise QuantityWrong(field=f"lines[{place}].quantity", position=line.position)
        if said.unit_price < 0 and said.unit_price != line.unit_price:
            raise PriceNegative(field=f"lines[{place}].unit_price")
        if not 0 <= said.discount_percent <= 100:
            raise DiscountOutOfRange(field=f"lines[{place}].discount_percent")
        found[line.id] = said
    if correctable and all(line.id in found and not found[line.id].quantity for line in correctable):
        raise LastLine(field="lines")
    return found


def _is_repriced(line: InvoiceLine, said: CorrectedLine | None) -> bool:
    prices = (line.unit_price, line.discount_percent)
    return said is not None and (said.unit_price, said.discount_percent) != prices


def _amend(
    order: Order, original: Invoice, wanted: dict[int, CorrectedLine], reason: str, *, actor: str, now: datetime
) -> None:
    """Gives the order the prices the new invoice has; the credited one does not stand in the way any more."""
    known = {line.id: line for line in order.lines}
    wishes = tuple(
        _wish(known[line.order_line_id], wanted[line.id])
        for line in original.lines
        if line.order_line_id in known and _is_repriced(line, wanted.get(line.id))
    )
    if not wishes:
        return
    wish = AmendmentWish(
        reason=reason, payment_terms=order.payment_terms, po_number=order.po_number, lines=wishes
    )  # fmt: skip
    amendment = propose_amendment(order.id, wish, actor=actor, now=now)
    if amendment.state is AmendmentState.PROPOSED:
        raise BeyondOnePerson(number=order.number, limits=amendment.limits_passed)


def _wish(line: OrderLine, said: CorrectedLine) -> LineWish:
    return LineWish(
        line_id=line.id,
        quantity=line.quantity,
        unit_price=said.unit_price,
        discount_percent=said.discount_percent,
        requested_on=line.requested_on,
        promised_on=line.promised_on,
    )


def _lines(
    original: Invoice, wanted: dict[int, CorrectedLine], orders: Sequence[Order]
) -> Iterator[InvoiceLine]:  # fmt: skip
    """The lines again, each as it is to be; what follows one that is left out moves up."""
    columns = (
        "order_line_id", "order_id", "deposit_id", "description", "quantity", "unit", "base_quantity", "unit_price",
        "discount_percent", "allowance", "charge", "taxes", "tax_code",
    )  # fmt: skip
    left: dict[int, Decimal] = {}
    for order in orders:
        left |= queries.remaining_quantities(order)
    position, places = 0, {line.id: place for place, line in enumerate(list_correctable(original))}
    for line in original.lines:
        values = {name: getattr(line, name) for name in columns}
        if (said := wanted.get(line.id)) is not None:
            _require_ordered(line, said, left, places[line.id])
            values |= _values(line, said)
        if values["quantity"]:
            position += 1
            yield InvoiceLine(position=position, **values)


def _values(line: InvoiceLine, said: CorrectedLine) -> dict[str, object]:
    """What is typed; what was moved by a few cents belongs to the old values."""
    values = {name: getattr(said, name) for name in ("quantity", "unit_price", "discount_percent")}
    is_same = all(getattr(line, name) == value for name, value in values.items())
    return values if is_same else values | {"allowance": 0, "charge": 0}


def _require_ordered(line: InvoiceLine, said: CorrectedLine, left: dict[int, Decimal], place: int) -> None:
    most = left.get(line.order_line_id or 0)
    if most is not None and said.quantity > most:
        raise MoreThanOrdered(
            field=f"lines[{place}].quantity", position=line.position, quantity=canonical(said.quantity),
            remaining=canonical(most),
        )  # fmt: skip
