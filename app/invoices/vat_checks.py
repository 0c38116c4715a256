"""Knows whether a reverse-charge or intra-Community document rests on a check of the customer's VAT id."""

from datetime import date
from typing import Any

from app.company.models import Company
from app.customers.models import Customer
from app.customers.queries_vat import find_last_check, find_valid_check
from app.invoices.models import Invoice
from app.invoices.rules_issue import BUYER_VAT_ID_NEEDED
from app.kernel.errors import as_detail

KEY = "vat_check"


def state_vat_check(
    invoice: Invoice, *, issued_on: date, company: Company, customer: Customer, original: Invoice | None
) -> dict[str, Any]:
    """The part of the snapshot: the check it rests on. Where one lacks and is demanded it says so, which is refused."""
    if original is not None or not _needs_check(invoice, company, customer):
        return {}
    if (found := find_valid_check(customer, company, issued_on)) is not None:
        names = ("vat_id", "authority", "consultation", "name_given")
        return {KEY: {"checked_on": found.checked_on.isoformat(), **{name: getattr(found, name) for name in names}}}
    return {KEY: {"lacks": _sentence(customer, company, issued_on)}} if company.vat_check == "refuse" else {}


def warn_of_vat_check(invoice: Invoice, *, on: date, company: Company, customer: Customer) -> str:
    """What a draft's page says where a check lacks and the company wants to be told; else nothing."""
    if company.vat_check != "warn" or invoice.original_id or not _needs_check(invoice, company, customer):
        return ""
    return "" if find_valid_check(customer, company, on) else _sentence(customer, company, on)


def _needs_check(invoice: Invoice, company: Company, customer: Customer) -> bool:
    if company.vat_check == "off" or not customer.vat_id:
        return False
    return any(tax.get("category") in BUYER_VAT_ID_NEEDED for line in invoice.lines for tax in line.taxes)


def _sentence(customer: Customer, company: Company, on: date) -> str:
    last = find_last_check(customer, on)
    if last is not None and not last.is_valid:
        said = f"The check of {as_detail(last.checked_on)} said that the VAT id {customer.vat_id} is not valid."
        return f"{said} Correct it, or record a later check that says valid."
    since = date.fromordinal(max(1, on.toordinal() - int(company.vat_check_days)))
    return f"The VAT id {customer.vat_id} has no check since {as_detail(since)} whose last answer is valid. Record one."
