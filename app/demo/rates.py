"""Knows invented exchange rates of the demo year: one a week for each currency, near what the prices are made with."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from app.company.rules_rates_file import Quote, RatesFile
from app.company.services_rates import import_rates, set_rate
from app.demo.world import PRICE_FACTOR
from app.kernel.quantities import canonical

BY_HAND = "KWD"  # the ECB does not quote it


def keep_rates(day: date, *, actor: str, now: datetime) -> None:
    """What that day's file of the ECB might have said, and one rate by hand."""
    rates = {currency: _rate(factor, day) for currency, factor in PRICE_FACTOR.items() if currency != "EUR"}
    by_hand = rates.pop(BY_HAND)
    quotes = tuple(Quote(day, currency, rate) for currency, rate in rates.items())
    import_rates(RatesFile(quotes, (), ()), since=day, actor=actor, now=now)
    set_rate(BY_HAND, day, canonical(by_hand), actor=actor, now=now)


def _rate(factor: str, day: date) -> Decimal:
    """Up and down by two percent within the quarter."""
    swing = abs(day.toordinal() // 7 % 12 - 6) - 3
    return (Decimal(factor) * (1000 + 7 * swing) / 1000).quantize(Decimal("0.0001"))
