"""Knows what a tax code says on a day: the taxes of a line, each with its rate of that day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.kernel.errors import BadInput
from app.kernel.taxes import CATEGORIES, REASON_NEEDED, SaidTax, percent_tax

MOST_PARTS = 5
_CODE = re.compile(r"[A-Z0-9](?:[A-Z0-9._-]{0,18}[A-Z0-9])?")


class TaxRateMissing(BadInput):
    """Tax code {code} has no rate on {day}. Enter one under Settings, Tax codes."""


class TaxCodeUnknown(BadInput):
    """{code} is no tax code in use. Settings, Tax codes, has the list."""


class CodeWrong(BadInput):
    """Write a code of up to 20 letters, digits, dots and dashes, such as DE19."""


class CategoryUnknown(BadInput):
    """Choose S, Z, E, AE, K, G or O."""


class RateWrong(BadInput):
    """Category {category} {needs}."""


class ReasonWrong(BadInput):
    """Category {category} {needs}."""


@dataclass(frozen=True, slots=True)
class CodePart:
    """One tax of a code; its rates by the day they begin, oldest first."""

    name: str
    category: str
    reason: str
    rates: tuple[tuple[date, Decimal], ...]

    def on(self, day: date) -> tuple[date, Decimal] | None:
        """Since when it takes how much on that day; None before its first rate."""
        return next((one for one in reversed(self.rates) if one[0] <= day), None)


@dataclass(frozen=True, slots=True)
class Code:
    code: str
    parts: tuple[CodePart, ...]


def taxes_on(code: Code, day: date) -> list[dict[str, Any]]:
    """The taxes of a line on that day, as `invoices compute` takes them. Raises TaxRateMissing."""
    taxes = []
    for part in code.parts:
        found = part.on(day)
        if found is None:
            raise TaxRateMissing(field="tax_code", code=code.code, day=day)
        taxes.append(percent_tax(part.name, found[1], part.category, part.reason))
    return taxes


def sum_up(code: Code, day: date) -> SaidTax:
    """The code in one rate, category and reason. Raises TaxRateMissing."""
    rate = sum((Decimal(tax["rate"]) for tax in taxes_on(code, day)), Decimal(0))
    return SaidTax(code.code, rate, code.parts[0].category, code.parts[0].reason)


@dataclass(frozen=True, slots=True)
class OtherRate:
    """A line has other rates than its code on a day; `since` is the day between them on which the code changed."""

    has: tuple[str, ...]
    wants: tuple[str, ...]
    since: date


def find_other_rate(code: Code, taxes: Sequence[dict[str, Any]], day: date) -> OtherRate | None:
    """How the taxes of a line differ from its code on that day; None where they agree. Raises TaxRateMissing."""
    has = tuple(str(tax.get("rate") or "0") for tax in taxes)
    wants = _rates_on(code, day)
    return OtherRate(has, wants, _changed_on(code, has, day)) if has != wants else None


def _changed_on(code: Code, has: tuple[str, ...], day: date) -> date:
    """The last change up to the day where the line's rates held before it, else the first after it that brings them."""
    days = sorted({begins for part in code.parts for begins, _rate in part.rates})
    last = max((begins for begins in days if begins <= day), default=day)
    had_before = any(_rates_on(code, begins) == has for begins in days if begins < last)
    later = [begins for begins in days if begins > day]
    return later[0] if not had_before and any(_rates_on(code, one) == has for one in later) else last


def _rates_on(code: Code, day: date) -> tuple[str, ...]:
    return tuple(tax["rate"] for tax in taxes_on(code, day))


def parse_code(text: str) -> str:
    """A code in capitals. Raises CodeWrong."""
    code = text.strip().upper()
    if _CODE.fullmatch(code) is None:
        raise CodeWrong(field="code")
    return code


def check_part(category: str, rate: Decimal, reason: str, path: str) -> None:
    """Raises BadInput naming the field where category, rate and reason do not go together."""
    if category not in CATEGORIES:
        raise CategoryUnknown(field=f"{path}.category")
    check_rate(category, rate, f"{path}.rate")
    if category in REASON_NEEDED and not reason:
        raise ReasonWrong(field=f"{path}.reason", category=category, needs="needs the reason why no tax is charged")
    if category == "S" and reason:
        raise ReasonWrong(field=f"{path}.reason", category=category, needs="charges tax, so leave the reason empty")


def check_rate(category: str, rate: Decimal, path: str) -> None:
    """Raises RateWrong: S is above 0 and at most 100, the others are 0."""
    if category == "S" and not 0 < rate <= 100:
        raise RateWrong(field=path, category=category, needs="needs a rate above 0 and up to 100")
    if category != "S" and rate:
        raise RateWrong(field=path, category=category, needs="has no tax, so its rate is 0")
