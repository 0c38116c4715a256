"""Knows on which form, at which field, a person mends what stops an invoice."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from flask import url_for

from app.auth.guards import may_current
from app.auth.rules import Permission
from app.invoices.company_amounts import tax_point
from app.invoices.models import Invoice, InvoiceKind, InvoiceState
from app.invoices.rules_issue import Fault
from app.web.filters import request_today

# The paper calls some things otherwise than the forms do
OF_SELLER = {"footer": "invoice_footer"}
OF_BUYER = {"address": "street", "number": "name"}
OF_BANK = frozenset({"iban", "bic", "account_holder", "bank_name", "qr_iban", "invoice_footer"})
ON_DRAFT = frozenset({"payment_terms", "po_number", "buyer_reference", "language", "delivered_on"})
LINE = re.compile(r"lines\[(\d+)\]\.(description|quantity)")


@dataclass(frozen=True)
class Mending:
    """A link: where to go, and its words; without an address the words say who can."""

    label: str
    url: str


@dataclass(frozen=True)
class ShownFault:
    """A fault as the page tells it; `mending` is None where nothing can be opened, or not by this person."""

    message: str
    mending: Mending | None


def show_faults(faults: Iterable[Fault], invoice: Invoice, customer_name: str) -> list[ShownFault]:
    """Each fault with its link."""
    return [ShownFault(fault.message, find_mending(fault.field, invoice, customer_name)) for fault in faults]


def find_mending(field: str, invoice: Invoice, customer_name: str) -> Mending | None:
    """The form of a path into the content, such as ``buyer.address.city`` or ``lines[2].quantity``."""
    group, _, rest = field.partition(".")
    if group in {"seller", "bank", "footer", "appearance"}:
        return _in_settings(OF_SELLER.get(group, rest))
    if group == "exchange_rate":
        return _at_rates(invoice)
    if field == "buyer.vat_check" and may_current(Permission.CUSTOMERS_EDIT):
        return Mending("Record a check", url_for("customers.vat_check", customer_id=invoice.customer_id))
    corrects = invoice.kind is InvoiceKind.CREDIT_NOTE or invoice.state is InvoiceState.ISSUED
    if group == "buyer" and (rest == "endpoint_id" or not corrects):  # all else is as the credited invoice says
        return _at_customer(rest.rpartition(".")[2], invoice, customer_name)
    if corrects:
        return None  # neither a draft of a credit note is changed nor what it credits
    return _on_draft(field, invoice)


def _in_settings(name: str) -> Mending | None:
    if not may_current(Permission.SETTINGS_EDIT):
        return Mending("Ask an administrator.", "")
    return Mending("Settings", url_for("company.bank" if name in OF_BANK else "company.edit", _anchor=name))


def _at_rates(invoice: Invoice) -> Mending | None:
    if not may_current(Permission.RATES_EDIT):
        return Mending("Ask somebody of Finance.", "")
    on = tax_point(request_today(), invoice.delivered_on).isoformat()
    return Mending("Enter a rate", url_for("company.new_rate", currency=invoice.currency, on=on))


def _at_customer(name: str, invoice: Invoice, customer_name: str) -> Mending | None:
    if not may_current(Permission.CUSTOMERS_EDIT):
        return None
    anchor = OF_BUYER.get(name, name)
    return Mending(customer_name, url_for("customers.edit", customer_id=invoice.customer_id, _anchor=anchor))


def _on_draft(field: str, invoice: Invoice) -> Mending | None:
    if field.startswith("instalments"):
        field = "payment_terms"
    said = LINE.fullmatch(field)
    anchor = f"lines-{said[1]}-{said[2]}" if said else field if field in ON_DRAFT else None
    if anchor and may_current(Permission.INVOICES_DRAFT):
        return Mending("Change the draft", url_for("invoices.edit", invoice_id=invoice.id, _anchor=anchor))
    if field.startswith("lines") and invoice.order_id and may_current(Permission.ORDERS_EDIT):
        anchor = "tax-reasons" if field.endswith(".reason") else "lines"
        return Mending("Amend the order", url_for("orders.amend", order_id=invoice.order_id, _anchor=anchor))
    if field.startswith("lines") and invoice.order_id and may_current(Permission.ORDERS_VIEW):
        return Mending("Open the order", url_for("orders.detail", order_id=invoice.order_id))
    return None
