"""Knows an invoice as EN 16931 sees it: business terms (BT) in their groups (BG), taken from a snapshot alone.

Amounts, rates and quantities stay the decimal strings of the snapshot; nothing is computed that a document says.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Place:
    """An address: BG-5, BG-8, BG-15."""

    street: str = ""
    street2: str = ""
    city: str = ""
    postal_code: str = ""
    region: str = ""
    country: str


@dataclass(frozen=True, kw_only=True)
class Contact:
    """BG-6."""

    name: str
    phone: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An electronic address with its scheme: BT-34, BT-49."""

    address: str
    scheme: str


@dataclass(frozen=True, kw_only=True)
class Party:
    """BG-4 or BG-7."""

    name: str
    identifier: str = ""  # BT-29, BT-46
    registration: str = ""  # BT-30
    registration_scheme: str = ""  # BT-30-1
    vat_id: str = ""  # BT-31, BT-48
    tax_number: str = ""  # BT-32
    endpoint: Endpoint | None = None
    place: Place
    contact: Contact | None = None


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A VAT category with its rate; category O has none."""

    category: str
    percent: str | None


@dataclass(frozen=True, kw_only=True)
class Adjustment:
    """An allowance or a charge: BG-20, BG-21 on the document, BG-27, BG-28 on a line (then without a rate)."""

    is_charge: bool
    amount: str
    reason: str
    code: str = ""
    percent: str = ""
    base: str = ""
    rate: Rate | None = None


@dataclass(frozen=True, kw_only=True)
class Item:
    """A line: BG-25."""

    identifier: str
    name: str
    quantity: str
    unit: str
    unit_note: str  # the unit's own word where it has no code
    price: str
    base_quantity: str
    net: str
    rate: Rate
    note: str = ""  # BT-127
    adjustments: tuple[Adjustment, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TaxGroup:
    """A row of the VAT breakdown: BG-23."""

    rate: Rate
    base: str
    tax: str
    reason: str
    code: str


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where to pay: BG-16, BG-17."""

    means: str
    iban: str
    holder: str
    bic: str
    remittance: str


@dataclass(frozen=True, kw_only=True)
class Totals:
    """BG-22. `allowances`, `charges`, `prepaid` and `rounding` are None where nothing is said."""

    lines: str  # BT-106
    allowances: str | None  # BT-107
    charges: str | None  # BT-108
    net: str  # BT-109
    tax: str  # BT-110
    gross: str  # BT-112
    prepaid: str | None  # BT-113
    rounding: str | None  # BT-114
    due: str  # BT-115


@dataclass(frozen=True, kw_only=True)
class Original:
    """An earlier invoice this document refers to, like the one a credit note is about: BG-3."""

    number: str
    issued_on: str


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """BG-13: where and when."""

    name: str
    on: str
    place: Place | None


@dataclass(frozen=True, kw_only=True)
class Service:
    """BG-14: the days the invoice is for."""

    first: str  # BT-73
    last: str  # BT-74


@dataclass(frozen=True, kw_only=True)
class SemanticInvoice:
    """The whole document; dates are ISO 8601."""

    number: str  # BT-1
    issued_on: str  # BT-2
    type_code: str  # BT-3
    currency: str  # BT-5
    tax_currency: str = ""  # BT-6
    tax_in_tax_currency: str = ""  # BT-111
    due_on: str  # BT-9
    buyer_reference: str  # BT-10
    purchase_order: str  # BT-13
    sales_order: str  # BT-14
    terms: str  # BT-20
    note: str  # BT-22
    process: str  # BT-23
    specification: str  # BT-24
    original: Original | None
    preceding: tuple[Original, ...] = ()  # deposits it deducts, and the invoice it replaces
    seller: Party
    buyer: Party
    delivery: Delivery | None
    service: Service | None = None
    account: Account
    adjustments: tuple[Adjustment, ...] = field(default=())
    totals: Totals
    breakdown: tuple[TaxGroup, ...]
    items: tuple[Item, ...]

    @property
    def referred(self) -> tuple[Original, ...]:
        """BG-3, each document once."""
        return (*((self.original,) if self.original else ()), *self.preceding)

    @property
    def is_credit_note(self) -> bool:
        return self.type_code == "381"
