"""Knows how each column of a deal is read, and how raw rows become one deal or reasons against it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from app.deals.rules import (
    HEAD_FIELDS,
    LINE_FIELDS,
    STANDARD_TYPE,
    Checks,
    ParsedDeal,
    ParsedLine,
    Problem,
)
from app.deals.rules_numbers import NumberStyle, parse_number
from app.kernel.countries import parse_country
from app.kernel.errors import BadInput
from app.kernel.money import MAX_MINOR, minor_digits
from app.kernel.payment_terms import accept_terms
from app.kernel.quantities import canonical
from app.kernel.tables import is_formula
from app.kernel.taxes import CATEGORIES, LONGEST_REASON, SaidTax
from app.kernel.texts import clean_line

MOST_LINES = 500
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 12, 31)
_ISO = re.compile(r"(\d{4})[-/](\d{2})[-/](\d{2})(?:[T ]\d{2}:\d{2}.*)?")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?: \d{2}:\d{2}.*)?")
_SLASHED = re.compile(r"\d{1,4}/\d{1,2}/\d{2,4}(?: .*)?|\d{1,2}-\d{1,2}-\d{2,4}(?: .*)?")
_TYPE = re.compile(r"[a-z][a-z0-9_]{0,29}")


@dataclass
class RawLine:
    line: int
    cells: Mapping[str, Any]


@dataclass
class RawDeal:
    """A deal before its cells are read. `against` are reasons known already, by line."""

    line: int
    external_id: str
    head: Mapping[str, Any]
    lines: list[RawLine]
    against: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))


def build_deal(raw: RawDeal, style: NumberStyle, checks: Checks) -> ParsedDeal | list[Problem]:
    """The deal, or its problems: one per line that has any."""
    head = _Cells(raw.head, raw.line, raw.against)
    said = _read_head(head, checks)
    closed_on = said["closed_on"] or EARLIEST
    rows = [(row.line, _Cells(row.cells, row.line, raw.against)) for row in raw.lines]
    lines = [_read_line(cells, line, style, closed_on, checks) for line, cells in rows]
    _refuse_repeats(raw)
    if not raw.lines:
        raw.against[raw.line].append("It has no lines.")
    if len(raw.lines) > MOST_LINES:
        raw.against[raw.line].append(f"It has more than {MOST_LINES} lines. Split it.")
    if not any(raw.against.values()):
        deal = ParsedDeal(line=raw.line, external_id=raw.external_id, lines=tuple(lines), **said)
        if abs(deal.net_total) <= MAX_MINOR:
            return deal
        raw.against[raw.line].append("Its total is too large.")
    return [
        Problem(line, raw.external_id, tuple(dict.fromkeys(reasons)))
        for line, reasons in sorted(raw.against.items())
        if reasons
    ]


class _Cells:
    """Reads cells one by one; a refusal becomes a reason, and reading goes on."""

    def __init__(self, cells: Mapping[str, Any], line: int, against: dict[int, list[str]]) -> None:
        self.cells, self.line, self.against = cells, line, against

    def read(self, name: str, parse: Callable[[Any], Any], *, required: bool = False, default: Any = "") -> Any:
        """The parsed cell; the default for an empty one, or after a reason was noted."""
        value = self.cells.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            if required:
                self.refuse(f"{name} is missing.")
            return default
        if isinstance(value, str) and is_formula(value):
            self.refuse(f"{name} contains a formula ({value.strip()[:30]!r}). Write plain text or a plain number.")
            return default
        try:
            return parse(value)
        except BadInput as refusal:
            self.refuse(f"{name}: {refusal}")
            return default

    def refuse(self, reason: str) -> None:
        self.against[self.line].append(reason)


def _read_head(cells: _Cells, checks: Checks) -> dict[str, Any]:
    country = cells.read("country", _country, required=True)
    text = {name: cells.read(name, _line_of(name)) for name in ("owner", "street", "postal_code", "city", "po_number")}
    return {
        **text,
        "closed_on": cells.read("closed_on", _date, required=True),
        "customer": cells.read("customer", _line_of("customer"), required=True),
        "vat_id": cells.read("vat_id", lambda value: checks.vat_id(_line_of("vat_id")(value), country)),
        "country": country,
        "billing_email": cells.read("billing_email", lambda value: checks.email(_line_of("billing_email")(value))),
        "currency": cells.read("currency", _currency, required=True),
        "payment_terms": cells.read("payment_terms", _terms),
        "deal_type": cells.read("deal_type", _deal_type, default=STANDARD_TYPE),
    }


def _read_line(cells: _Cells, line: int, style: NumberStyle, closed_on: date, checks: Checks) -> ParsedLine:
    zero = Decimal(0)
    tax = _read_tax(cells, style, closed_on, checks)
    return ParsedLine(
        line=line,
        item=cells.read("item", _line_of("item", 300), required=True),
        quantity=cells.read("quantity", lambda value: _quantity(value, style), required=True, default=zero),
        unit=cells.read("unit", _line_of("unit", 30)),
        unit_price=cells.read("unit_price", lambda value: _price(value, style), required=True, default=zero),
        discount_percent=cells.read("discount_percent", lambda value: _percent(value, style), default=zero),
        tax_rate=tax.rate,
        tax_category=tax.category,
        tax_reason=tax.reason,
        tax_code=tax.code,
        requested_on=cells.read("requested_on", lambda value: _day_from(value, closed_on), default=None),
    )


def _read_tax(cells: _Cells, style: NumberStyle, closed_on: date, checks: Checks) -> SaidTax:
    """What is said of the tax: by a code, which nothing beside it may contradict, or by rate, category and reason."""
    coded: SaidTax | None = cells.read(
        "tax_code", lambda value: checks.tax_code(_line_of("tax_code")(value), closed_on), default=None
    )
    is_said = bool(cells.cells.get("tax_code"))
    typed = cells.read("tax_rate", lambda value: _percent(value, style), required=not is_said, default=None)
    category, reason = (
        cells.read("tax_category", _category),
        cells.read("tax_reason", _line_of("tax_reason", LONGEST_REASON)),
    )
    if coded is not None:
        for name, said, wanted in (("tax_rate", typed, coded.rate), ("tax_category", category, coded.category)):
            if said not in (None, "", wanted):
                cells.refuse(
                    f"{name} contradicts tax_code {coded.code}, which says {_in_words(wanted)}. Leave it empty."
                )
        return coded
    rate = typed or Decimal(0)
    category = category or ("S" if rate > 0 else "Z")
    if (category == "S") is not (rate > 0) and "tax_rate" in cells.cells and not is_said:
        cells.refuse(
            f"tax_category {category} does not go with a tax rate of {rate:f}: S has a rate above 0, others have 0."
        )
    return SaidTax("", rate, category, reason)


def _in_words(value: Decimal | str) -> str:
    return canonical(value) if isinstance(value, Decimal) else value


def _refuse_repeats(raw: RawDeal) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for place, row in enumerate(raw.lines, start=1):
        said = tuple(str(row.cells.get(name) or "") for name in LINE_FIELDS)
        if (first := seen.setdefault(said, place)) != place:
            raw.against[row.line].append(
                f"Line item {place} repeats line item {first} of this deal. If it was sold twice, add up the quantity."
            )


class ValueWrong(BadInput):
    """{reason}"""


def _line_of(name: str, most: int = 200) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if isinstance(value, bool | list | dict):
            raise ValueWrong(reason="a plain text is needed.")
        return clean_line(value, name, most=most)

    return parse


def _country(value: Any) -> str:
    return parse_country(value)


def _currency(value: Any) -> str:
    code = str(value).strip().upper()
    minor_digits(code)
    return code


def _terms(value: Any) -> str:
    text = clean_line(value, "payment_terms")
    _check_terms(text)
    return text


@lru_cache(maxsize=1000)
def _check_terms(text: str) -> None:
    accept_terms(text)


def _deal_type(value: Any) -> str:
    code = re.sub(r"[\s-]+", "_", str(value).strip().lower())
    if _TYPE.fullmatch(code) is None:
        raise ValueWrong(reason=f"{str(value)[:30]!r} is no order type: write a word like standard.")
    return code


def _category(value: Any) -> str:
    code = str(value).strip().upper()
    if code not in CATEGORIES:
        raise ValueWrong(reason=f"{code[:10]!r} is not one of S, Z, E, AE, K, G, O.")
    return code


def _date(value: Any) -> date:
    text = str(value).strip()
    if found := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _DOTTED.fullmatch(text):
        day, month, year = (int(part) for part in found.groups())
    elif _SLASHED.fullmatch(text):
        raise ValueWrong(reason=f"in {text[:20]!r} day and month could be swapped. Write 2026-11-22.")
    else:
        raise ValueWrong(reason=f"{text[:20]!r} is not a date. Write 2026-11-22.")
    try:
        parsed = date(year, month, day)
    except ValueError:
        raise ValueWrong(reason=f"{text[:20]!r} is a day that does not exist.") from None
    if not EARLIEST <= parsed <= LATEST:
        raise ValueWrong(reason=f"{text[:20]!r} is not a date from {EARLIEST.year} to {LATEST.year}.")
    return parsed


def _day_from(value: Any, closed_on: date) -> date:
    day = _date(value)
    if day < closed_on:
        raise ValueWrong(reason=f"{day} is before the deal was closed ({closed_on}). Write that day or a later one.")
    return day


def _quantity(value: Any, style: NumberStyle) -> Decimal:
    number = parse_number(value, style)
    if number <= 0:
        raise ValueWrong(reason="must be above 0.")
    return number


def _price(value: Any, style: NumberStyle) -> Decimal:
    number = parse_number(value, style)
    if number < 0:
        raise ValueWrong(reason="may not be negative. Write a reduction as discount_percent.")
    return number


def _percent(value: Any, style: NumberStyle) -> Decimal:
    number = parse_number(value.strip().removesuffix("%") if isinstance(value, str) else value, style)
    if not 0 <= number <= 100:
        raise ValueWrong(reason="must lie between 0 and 100.")
    return number


def compare_heads(first: RawLine, later: RawLine) -> list[str]:
    """Reasons where a later row of one deal says something else about the deal than its first row."""
    return [
        f"{name} differs within the deal: {_shown(first.cells.get(name))} in line {first.line}, "
        f"{_shown(later.cells.get(name))} here."
        for name in HEAD_FIELDS
        if (first.cells.get(name) or "") != (later.cells.get(name) or "")
    ]


def _shown(value: Any) -> str:
    return repr(str(value)[:40]) if value not in (None, "") else "empty"
