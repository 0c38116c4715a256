"""Knows which words a printed invoice, credit note or its mail needs in every language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Texts:
    """The texts of one language; `$name` places are filled in. `locale` is how its numbers and dates are written."""

    locale: str
    vat: str
    invoice: str
    credit_note: str
    number: Mapping[str, str]
    issued_on: str
    due_on: str
    delivered_on: str
    customer_number: str
    order_number: str
    po_number: str
    buyer_reference: str
    buyer_vat_id: str
    original: str
    credits: str
    delivered_to: str
    position: str
    description: str
    quantity: str
    unit_price: str
    discount: str
    tax: str
    amount: str
    incl: str
    per: str
    line_total: str
    allowance: str
    charge: str
    net_total: str
    tax_on: str
    exempt: Mapping[str, str]
    gross_total: str
    prepaid: str
    rounding: str
    amount_due: str
    credited: str
    instalment: str
    instalments: str
    pay_by: str
    pay_now: str
    early: str
    early_percent: str
    early_plain: str
    afterwards: str
    credit_sentence: str
    bank: str
    bank_name: str
    account_holder: str
    reference: str
    scan: str
    page: str
    of: str
    phone: str
    vat_id: str
    tax_number: str
    tax_number_abroad: str  # of a seller in a country with other words
    subject: Mapping[str, str]
    greeting: str
    opening: Mapping[str, str]
    thanks: str
    regards: str
    carried: str  # at the foot of a page that ends between lines
    brought: str  # at the head of the next
    colon: str = ":"
    percent: str = "$rate\u00a0%"
    day: str = "medium"  # how a date is written, as Babel says it
