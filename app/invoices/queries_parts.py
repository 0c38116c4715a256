"""Finds what is billed of orders, what of deposits is still to be deducted, and what of an invoice is credited."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, not_, select
from sqlalchemy.orm import selectinload

from app.db.base import session
from app.db.types import canonical_json
from app.invoices.arithmetic import compute_invoice, document_of, raw_tax
from app.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceState, Scope
from app.invoices.queries_orders import lines_in, of_orders
from app.invoices.rules import Line, TaxKey, compute, parse_document
from app.invoices.rules.document import Tax
from app.invoices.rules_parts import TaxOf, most_within
from app.kernel.money import to_decimal
from app.orders.models import Order, OrderLine
from app.orders.rules import line_net

COUNTS_AGAIN = not_(and_(Invoice.kind == InvoiceKind.CREDIT_NOTE, Invoice.state == InvoiceState.DRAFT))


@dataclass
class Billed:
    """What drafts and invoices ask for, less issued credit notes; nets in minor units by the line's set of taxes."""

    quantities: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))  # by order line
    nets: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # by order line
    groups: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    deposits: dict[tuple[int, str], int] = field(default_factory=lambda: defaultdict(int))  # not deducted yet
    drafted_deposits: list[Invoice] = field(default_factory=list)

    def open_deposits(self, group: str) -> int:
        return sum(net for (_, taxes), net in self.deposits.items() if taxes == group)


@dataclass(frozen=True)
class Creditable:
    """What of an invoice is not credited yet, not even by a draft."""

    quantities: Mapping[int, Decimal]  # by invoice line
    nets: Mapping[int, int]
    groups: Mapping[str, int]
    taxes: Mapping[TaxKey, int]
    due: int  # minor units with tax
    notes: tuple[Invoice, ...]

    def offered(self, line: InvoiceLine) -> Decimal:
        """How much of a line can be chosen: what was credited as an amount took room from all lines of its tax."""
        return most_within(self.quantities[line.id], self.nets[line.id], self.groups[group_of(line.taxes)])


def group_of(taxes: Sequence[Mapping[str, Any]]) -> str:
    """What lines with the same taxes have in common."""
    return canonical_json([raw_tax(dict(tax)) for tax in taxes])


def ordered_group(line: InvoiceLine, order: Order) -> str:
    """The set of taxes of the order that a line of a document stands for, whichever rates of its day it has."""
    group = group_of(line.taxes)
    if line.tax_code is None:
        return group
    if line.order_line_id is not None:
        return next((group_of(one.taxes) for one in order.lines if one.id == line.order_line_id), group)
    alike = [group_of(one.taxes) for one in order.lines if one.tax_code == line.tax_code]
    return group if group in alike or not alike else alike[0]


def is_added_percent(taxes: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the taxes come on top of the price, as percentages: only then can a net be chosen freely."""
    return all(not tax.get("price_includes") and tax.get("kind") != "fixed_per_unit" for tax in taxes)


def order_line_net(line: OrderLine, currency: str) -> int:
    return line_net(line.standing, line.unit_price, line.discount_percent, currency)


def order_groups(order: Order) -> dict[str, int]:
    """The order's net by set of taxes, in the order of its lines."""
    groups: dict[str, int] = {}
    for line in order.lines:
        group = group_of(line.taxes)
        groups[group] = groups.get(group, 0) + order_line_net(line, order.currency)
    return groups


def read_billed(order: Order, *, apart_from: int | None = None, issued_only: bool = False) -> Billed:
    """How far the order is billed, drafts included unless said otherwise."""
    billed = Billed()
    for invoice in _documents_of(order, apart_from):
        sign = -1 if invoice.kind is InvoiceKind.CREDIT_NOTE else 1
        if not counts(invoice) or (issued_only and invoice.state is not InvoiceState.ISSUED):
            continue
        if invoice.scope is Scope.DEPOSIT and invoice.state is InvoiceState.DRAFT:
            billed.drafted_deposits.append(invoice)
        _add_lines(billed, invoice, order, sign)
    return billed


def counts(document: Invoice) -> bool:
    """Whether it moves what is billed: a lower price on an invoice does not make room for another one."""
    if document.kind is InvoiceKind.INVOICE or document.scope is not Scope.AMOUNT:
        return True
    return session().get_one(Invoice, document.original_id).scope is Scope.DEPOSIT


def read_creditable(original: Invoice, *, apart_from: int | None = None) -> Creditable:
    """What can still be credited of an issued invoice."""
    quantities = {line.id: line.quantity for line in original.lines}
    nets = {line.id: line.net for line in original.lines}
    groups: dict[str, int] = {}
    for line in original.lines:
        groups[group_of(line.taxes)] = groups.get(group_of(line.taxes), 0) + line.net
    taxes = taxes_of(original)
    notes = tuple(note for note in list_credit_notes(original.id) if note.id != apart_from)
    due = original.gross_total - sum(worth_of(note) for note in notes)
    places = {line.position: line.id for line in original.lines}
    for note in notes:
        for line in note.lines:
            back = line.original_line_id or (places.get(line.position) if note.scope is Scope.WHOLE else None)
            if back in quantities:
                quantities[back] -= line.quantity
                nets[back] -= line.net
            groups[group_of(line.taxes)] -= line.net
        for key, tax in taxes_of(note).items():
            taxes[key] = taxes.get(key, 0) - tax
    return Creditable(quantities, nets, groups, taxes, due, notes)


def worth_of(credit_note: Invoice) -> int:
    """What it takes off its invoice: one over a part with the cents it was rounded by."""
    return credit_note.gross_total if credit_note.scope is Scope.WHOLE else credit_note.amount_due


def list_credit_notes(invoice_id: int) -> list[Invoice]:
    """Drafts and issued ones, oldest first."""
    return list(session().scalars(select(Invoice).where(Invoice.original_id == invoice_id).order_by(Invoice.id)))


def list_billing_lines(order_line_ids: Sequence[int], *, apart_from: int) -> list[Invoice]:
    """The drafts and invoices that bill some of these lines and are not credited in full, newest first."""
    lines = select(InvoiceLine.invoice_id).where(InvoiceLine.order_line_id.in_(order_line_ids))
    chosen = select(Invoice).where(Invoice.id.in_(lines), Invoice.kind == InvoiceKind.INVOICE, Invoice.id != apart_from)
    found = session().scalars(chosen.order_by(Invoice.id.desc()))
    return [one for one in found if not any(note.scope is Scope.WHOLE for note in list_credit_notes(one.id))]


def find_replacement(invoice_id: int) -> Invoice | None:
    """The invoice, or its draft, that stands in the place of this one."""
    return session().scalars(select(Invoice).where(Invoice.replaces_id == invoice_id).order_by(Invoice.id)).first()


def list_deducting(deposit_id: int) -> list[Invoice]:
    """The invoices and drafts that deduct this deposit and are not credited."""
    lines = select(InvoiceLine.invoice_id).where(InvoiceLine.deposit_id == deposit_id).order_by(InvoiceLine.invoice_id)
    found: dict[int, Invoice] = {}
    credited: set[int] = set()
    for invoice_id in session().scalars(lines):
        invoice = session().get_one(Invoice, invoice_id)
        if invoice.kind is InvoiceKind.INVOICE:
            found[invoice.id] = invoice
        elif invoice.original_id is not None and invoice.state is InvoiceState.ISSUED:
            credited.add(invoice.original_id)
    return [invoice for invoice_id, invoice in found.items() if invoice_id not in credited]


def taxes_of(invoice: Invoice) -> dict[TaxKey, int]:
    """Tax by row of the breakdown: stored when issued, computed for a draft."""
    if invoice.state is InvoiceState.ISSUED:
        return {TaxKey(row.name, row.category, row.rate, row.per_unit): row.tax for row in invoice.taxes}
    computed = compute_invoice(invoice, invoice.issued_on or invoice.created_at.date())
    return {TaxKey(row.name, row.category, row.rate, row.amount): row.tax for row in computed.tax_breakdown}


def tax_of_groups(invoice: Invoice, groups: Iterable[str], on: date) -> TaxOf:
    """Computes the tax of nets, one for each set of taxes, as a document with this one's terms would."""
    bare = replace(document_of(invoice, on), lines=(), allowances=(), charges=(), prepaid=0)
    taxes = [_parse_taxes(group, invoice.currency) for group in groups]

    def tax_of(nets: Sequence[int]) -> dict[TaxKey, int]:
        lines = tuple(
            Line(quantity=Decimal(1), unit_price=to_decimal(net, invoice.currency), taxes=each)
            for net, each in zip(nets, taxes, strict=True)
        )
        return {
            TaxKey(row.name, row.category, row.rate, row.amount): row.tax
            for row in compute(replace(bare, lines=lines)).tax_breakdown
        }

    return tax_of


def _parse_taxes(group: str, currency: str) -> tuple[Tax, ...]:
    line = {"quantity": "1", "unit_price": "0", "taxes": json.loads(group)}
    return parse_document({"currency": currency, "lines": [line]}).lines[0].taxes


def choose_documents(order_id: int, apart_from: int | None = None) -> Select[Invoice]:
    """What bills the order, in order."""
    chosen = select(Invoice).where(of_orders([order_id]), Invoice.id != (apart_from or 0), COUNTS_AGAIN)
    return chosen.order_by(Invoice.id)


def _documents_of(order: Order, apart_from: int | None) -> Iterator[Invoice]:
    chosen = choose_documents(order.id, apart_from)
    yield from session().scalars(chosen.options(selectinload(Invoice.lines)))


def _add_lines(billed: Billed, invoice: Invoice, order: Order, sign: int) -> None:
    for line in lines_in(invoice, order.id):
        group = ordered_group(line, order)
        billed.groups[group] += sign * line.net
        if line.order_line_id is not None:
            billed.quantities[line.order_line_id] += sign * line.quantity
            billed.nets[line.order_line_id] += sign * line.net
        elif line.deposit_id is not None:
            billed.deposits[line.deposit_id, group] += sign * line.net
        elif invoice.scope is Scope.DEPOSIT and invoice.state is InvoiceState.ISSUED:
            billed.deposits[invoice.id, group] += line.net
        elif invoice.kind is InvoiceKind.CREDIT_NOTE and invoice.original_id is not None:
            billed.deposits[invoice.original_id, group] -= line.net
