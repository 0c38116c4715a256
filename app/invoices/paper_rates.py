"""Knows the sentence with the tax in the company's currency on documents in another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from string import Template
from typing import Any

from babel.numbers import format_decimal

from app.invoices.texts_rates import source_text_for, tax_text_for
from app.kernel.money import minor_digits


def company_tax(
    snapshot: Mapping[str, Any],
    language: str,
    locale: Any,
    *,
    tax: str,
    day: Callable[[str], str],
    number: Callable[[str], str],
) -> Iterator[str]:
    """The sentence where tax is charged in another currency; nothing else."""
    said = snapshot.get("company_amounts") or {}
    if not said.get("rate") or not Decimal(snapshot["totals"]["tax_total"]):
        return
    digits = minor_digits(said["currency"])
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    amount = format_decimal(Decimal(said["tax_total"]), format=pattern, locale=locale)
    yield Template(tax_text_for(language)).substitute(
        tax=tax, home=said["currency"], amount=f"{amount}\u00a0{said['currency']}", rate=number(said["rate"]),
        currency=snapshot["currency"], day=day(said["rated_on"]), source=source_text_for(said["source"], language),
    )  # fmt: skip
