"""Knows what a closed deal in a file says once it is read: its head, its lines, what it adds up to, what differs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from app.kernel.errors import BadInput
from app.kernel.money import round_minor
from app.kernel.quantities import canonical
from app.kernel.taxes import SaidTax

HEAD_FIELDS = (
    "closed_on", "owner", "customer", "vat_id", "country", "street", "postal_code", "city", "billing_email",
    "currency", "payment_terms", "po_number", "deal_type",
)  # fmt: skip
LINE_FIELDS = (
    "item", "quantity", "unit", "unit_price", "discount_percent", "tax_rate", "tax_category", "tax_reason",
    "requested_on", "tax_code",
)  # fmt: skip
# left out of the content where nothing is said, so that deals received before there were any stay what they were
ADDED_LATER = ("requested_on", "tax_code")
REQUIRED = ("deal_id", "closed_on", "customer", "country", "currency", "item", "quantity", "unit_price", "tax_rate")
STANDARD_TYPE = "standard"


def line_net(quantity: Decimal, unit_price: Decimal, discount_percent: Decimal, currency: str) -> int:
    """Minor units: quantity x price less discount, rounded half away from zero as an invoice rounds each line."""
    factor = 1 - Fraction(discount_percent) / 100
    return round_minor(Fraction(quantity) * Fraction(unit_price) * factor, currency)


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """One line item; `line` is its place in the file. Prices are major units, percents 0 to 100."""

    line: int
    item: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    discount_percent: Decimal
    tax_rate: Decimal
    tax_category: str
    tax_reason: str
    requested_on: date | None = None
    tax_code: str = ""

    def net(self, currency: str) -> int:
        """Minor units of the line."""
        return line_net(self.quantity, self.unit_price, self.discount_percent, currency)

    def content(self) -> dict[str, str]:
        values = {name: getattr(self, name) for name in LINE_FIELDS}
        return {name: _text(value) for name, value in values.items() if value or name not in ADDED_LATER}


@dataclass(frozen=True, slots=True)
class ParsedDeal:
    """A deal that can be registered; `line` is that of its first row."""

    line: int
    external_id: str
    closed_on: date
    owner: str
    customer: str
    vat_id: str
    country: str
    street: str
    postal_code: str
    city: str
    billing_email: str
    currency: str
    payment_terms: str
    po_number: str
    deal_type: str
    lines: tuple[ParsedLine, ...]

    @property
    def net_total(self) -> int:
        """Minor units of `currency`."""
        return sum(line.net(self.currency) for line in self.lines)

    def content(self) -> dict[str, Any]:
        """Everything said, as plain text in a fixed spelling: what is stored as received."""
        head = {name: _text(getattr(self, name)) for name in HEAD_FIELDS}
        return {**head, "lines": [line.content() for line in self.lines]}

    def fingerprint(self) -> str:
        return fingerprint(self.content())


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row was rejected. `deal_id` is "" where the row does not say one."""

    line: int
    deal_id: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class ParsedFile:
    """`kind` is tillpaid, hubspot, salesforce, pipedrive or zoho; unknown columns are left out, not refused."""

    deals: list[ParsedDeal]
    problems: list[Problem]
    kind: str = "tillpaid"
    encoding: str = "utf-8"
    unknown_columns: tuple[str, ...] = ()
    row_word: str = "line"  # what the numbers of rows count: lines of the file, or its deals


class NoTaxCodes(BadInput):
    """Tax codes are not known here. Write tax_rate instead."""


def _no_tax_code(_text: str, _day: date) -> SaidTax:
    raise NoTaxCodes(field="tax_code")


@dataclass(frozen=True)
class Checks:
    """What only a register or library can tell; each returns the stored spelling or raises BadInput."""

    vat_id: Callable[[str, str], str] = field(default=lambda text, _country: text)
    email: Callable[[str], str] = field(default=lambda text: text)
    tax_code: Callable[[str, date], SaidTax] = field(default=_no_tax_code)


def parse_deals(
    content: bytes, filename: str = "", *, encoding: str | None = None, checks: Checks | None = None
) -> ParsedFile:
    """The deals of a CSV or JSON file, and every row that cannot be one, with its reasons.

    Raises BadInput for a file that cannot be read at all. The format is told by the content; the name only helps.
    """
    from app.deals import rules_csv, rules_json

    reader = rules_json.parse if rules_json.is_json(content, filename) else rules_csv.parse
    return reader(content, encoding=encoding, checks=checks or Checks())


def fingerprint(content: Mapping[str, Any]) -> str:
    """SHA-256 over the content; the order in which a file lists the lines does not count."""
    lines = sorted(json.dumps(line, sort_keys=True) for line in content["lines"])
    whole = {**content, "lines": lines}
    return hashlib.sha256(json.dumps(whole, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Change:
    """A field said otherwise; `item` is that of its line, "" for the head. Fields that were or are empty are ""."""

    name: str
    item: str
    before: str
    after: str

    def as_list(self) -> list[str]:
        return [f"{self.name} of {self.item}" if self.item else self.name, self.before, self.after]


def list_changes(stored: Mapping[str, Any], said: Mapping[str, Any]) -> list[Change]:
    """What is said otherwise, field by field; lines are only counted where their number differs."""
    heads = [
        Change(name, "", stored.get(name, ""), said.get(name, ""))
        for name in HEAD_FIELDS
        if stored.get(name, "") != said.get(name, "")
    ]
    return [*heads, *_line_changes(stored["lines"], said["lines"])]


def _line_changes(stored: list[dict[str, str]], said: list[dict[str, str]]) -> Iterator[Change]:
    if len(stored) != len(said):
        yield Change("lines", "", str(len(stored)), str(len(said)))
        return
    gone = [line for line in stored if line not in said]
    new = [line for line in said if line not in stored]
    for before, after in zip(gone, new, strict=False):
        for name in LINE_FIELDS:
            if before.get(name, "") != after.get(name, ""):
                yield Change(name, before.get("item", ""), before.get(name, ""), after.get(name, ""))


def list_differences(stored: Mapping[str, Any], delivered: Mapping[str, Any]) -> list[str]:
    """What a second delivery says otherwise, each with both values and by the column's name."""
    return [_difference(change) for change in list_changes(stored, delivered)]


def _difference(change: Change) -> str:
    if change.name == "lines":
        return f"it had {change.before} lines, the file has {change.after}"
    named = f"{change.name} of {change.item!r}" if change.item else change.name
    return f"{named} was {change.before or 'empty'}, the file says {change.after or 'empty'}"


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return canonical(value)
    return value.isoformat() if isinstance(value, date) else str(value)


class DealsFileRefused(BadInput):
    """{reason}"""
