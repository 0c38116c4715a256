"""Knows how numbers, amounts and days are written in a document's language and currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from string import Template
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from app.invoices.paper_rates import company_tax
from app.invoices.texts import texts_for
from app.kernel.languages import locale_at
from app.kernel.money import minor_digits
from app.kernel.quantities import canonical

TOLD_APART = 4  # shape of the snapshot
MARKS = "¹²³⁴⁵⁶"
KEPT_TOGETHER = frozenset({"amount", "day", "saving", "base"})


class Writer:
    """Writes numbers and dates as the document's language and currency want them."""

    def __init__(self, language: str, currency: str, home: str = "", marks: Mapping[str, str] | None = None) -> None:
        """`marks` tell categories of 0 % apart, where there are several."""
        self.language, self.texts = language, texts_for(language)
        self.currency, self._marks = currency, marks or {}
        self._amount = "#,##0" + ("." + "0" * minor_digits(currency) if minor_digits(currency) else "")
        self._locale = Locale.parse(locale_at(self.texts.locale, home))

    def amount(self, text: str) -> str:
        """An amount of the snapshot: ``1035.00`` is ``1,035.00`` in English and ``1.035,00`` in German."""
        return self._figure(Decimal(text), self._amount)

    def money(self, text: str) -> str:
        """The amount with its currency code."""
        return f"{self.amount(text)} {self.currency}"

    def price(self, text: str) -> str:
        """A unit price: at least the currency's decimals, more where it has more."""
        price = Decimal(text)
        decimals = max(minor_digits(self.currency), -int(price.normalize().as_tuple().exponent))
        return self._figure(price, "#,##0" + ("." + "0" * decimals if decimals else ""))

    def number(self, text: str) -> str:
        """A quantity, rate or percentage, without idle zeros."""
        return self._figure(Decimal(text), "#,##0.##################")

    def _figure(self, value: Decimal, pattern: str) -> str:
        """A narrow gap between thousands becomes a usual one: copied from a PDF, it reads as it was written."""
        return format_decimal(value, format=pattern, locale=self._locale).replace("\u202f", "\u00a0")

    def percent(self, text: str) -> str:
        return say(self.texts.percent, rate=self.number(text))

    def company_tax(self, snapshot: Mapping[str, Any]) -> Iterable[str]:
        is_vat = any("VAT" in tax["name"] for tax in snapshot["tax_breakdown"])
        tax = self.texts.vat if is_vat else self.texts.tax
        return company_tax(snapshot, snapshot["language"], self._locale, tax=tax, day=self.day, number=self.number)

    def day(self, iso: str) -> str:
        return format_date(date.fromisoformat(iso), self.texts.day, locale=self._locale)

    def country(self, code: str) -> str:
        return str(self._locale.territories.get(code, code))

    def tax(self, tax: Mapping[str, Any]) -> str:
        """A tax's own name with its rate: ``VAT 19 %``."""
        name = str(tax["name"]).replace("VAT", self.texts.vat)
        if tax.get("rate") is None:
            return name
        rate = canonical(Decimal(tax["rate"]))
        bare = name.removesuffix("%").strip().removesuffix(rate).strip()
        return f"{bare} {self.rate(tax)}".strip()

    def rate(self, tax: Mapping[str, Any]) -> str:
        """``19 %``, or ``0 % ²`` where the notes say of several what each is."""
        percent = self.percent(canonical(Decimal(tax["rate"])))
        mark = "" if Decimal(tax["rate"]) else self._marks.get(tax.get("category") or "", "")
        return f"{percent}\u00a0{mark}" if mark else percent


def marks_of(snapshot: Mapping[str, Any]) -> dict[str, str]:
    """A small figure for each category of 0 %, where a document has several; none on documents from before."""
    rows = snapshot["tax_breakdown"] if snapshot.get("shape", 0) >= TOLD_APART else []
    free = dict.fromkeys(row["category"] for row in rows if row["rate"] is not None and not Decimal(row["rate"]))
    return dict(zip(free, MARKS, strict=False)) if len(free) > 1 else {}


def say(text: str, **values: str) -> str:
    """A text of the catalog with its places filled in. An amount or a day stays on one line."""
    kept = {name: value.replace(" ", "\u00a0") if name in KEPT_TOGETHER else value for name, value in values.items()}
    return Template(text).substitute(kept)
