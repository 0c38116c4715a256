"""Knows what is computed: a document's lines, taxes, allowances, charges and terms, already checked and exact."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.kernel.payment_terms import PaymentTerms

ZERO = Decimal(0)


class TaxRounding(enum.StrEnum):
    """Where tax is rounded: once per tax of the document (EN 16931), or on each line."""

    DOCUMENT = "document"
    LINE = "line"


class TaxKind(enum.StrEnum):
    PERCENT = "percent"
    FIXED_PER_UNIT = "fixed_per_unit"


class Basis(enum.StrEnum):
    """What an allowance or charge is quoted in: without its taxes, or with them."""

    NET = "net"
    GROSS = "gross"


@dataclass(frozen=True, slots=True)
class TaxKey:
    """What makes two taxes one row of the breakdown: name, category, and the rate or the amount per unit."""

    name: str
    category: str
    rate: Decimal | None
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax on a line: ``rate`` percent of its base, or ``amount`` major units for each unit of the quantity.

    ``price_includes``: the unit price contains it. ``compounds``: the taxes after it are also computed on it.
    """

    name: str
    category: str = "S"
    rate: Decimal | None = ZERO
    amount: Decimal | None = None
    price_includes: bool = False
    compounds: bool = False

    @property
    def kind(self) -> TaxKind:
        return TaxKind.PERCENT if self.amount is None else TaxKind.FIXED_PER_UNIT

    @property
    def key(self) -> TaxKey:
        return TaxKey(self.name, self.category, self.rate, self.amount)


@dataclass(frozen=True, slots=True)
class Line:
    """``unit_price`` is major units for ``base_quantity`` units; ``allowance`` and ``charge`` are minor units."""

    quantity: Decimal
    unit_price: Decimal
    base_quantity: Decimal = Decimal(1)
    discount_percent: Decimal = ZERO
    allowance: int = 0
    charge: int = 0
    taxes: tuple[Tax, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """An allowance or charge on the whole document: ``amount`` in minor units, or ``percent``; the other is None.

    A percentage is of the nets (or grosses) of the lines that carry all of ``taxes``.
    """

    amount: int | None = None
    percent: Decimal | None = None
    on: Basis = Basis.NET
    taxes: tuple[Tax, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """Everything the arithmetic needs. ``prepaid`` and both roundings are minor units of ``currency``."""

    currency: str
    issue_date: date | None
    lines: tuple[Line, ...] = ()
    tax_rounding: TaxRounding = TaxRounding.DOCUMENT
    allowances: tuple[Adjustment, ...] = ()
    charges: tuple[Adjustment, ...] = ()
    prepaid: int = 0
    rounding_step: int | None = None
    rounding: int = 0  # of what is due, for what the taxes of several documents differ from one
    payment_terms: PaymentTerms | None = None
