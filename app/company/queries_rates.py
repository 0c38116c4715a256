"""Reads exchange rates: the one that counts on a day, directly or across the euro, and the list."""

from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import aliased

from app.company.models_rates import ExchangeRate
from app.company.rules_rates import MOST_DAYS_OLD, PIVOT, Rate, cross
from app.db.base import session


def find_rate(currency: str, base: str, on: date) -> Rate | None:
    """The newest rate on or before the day, at most a week old; None where there is none.

    One entered by hand counts before one of the ECB of the same day, a direct one before one across the euro.
    """
    direct = _find_direct(currency, base, on)
    crossed = _find_crossed(currency, base, on) if base != PIVOT else None
    if direct and crossed:
        return crossed if crossed.rated_on > direct.rated_on else direct
    return direct or crossed


def select_rates(currency: str = "") -> Select[ExchangeRate]:
    """The list; its caller orders and pages it."""
    chosen = select(ExchangeRate)
    return chosen.where(ExchangeRate.currency == currency) if currency else chosen


def list_rated_currencies() -> list[str]:
    """The currencies that have a rate."""
    return list(session().scalars(select(ExchangeRate.currency).distinct().order_by(ExchangeRate.currency)))


def _find_direct(currency: str, base: str, on: date) -> Rate | None:
    chosen = (
        select(ExchangeRate)
        .where(ExchangeRate.base == base, ExchangeRate.currency == currency, *_near(ExchangeRate, on))
        .order_by(ExchangeRate.rated_on.desc(), ExchangeRate.source.desc())  # "hand" before "ecb"
    )
    found = session().scalars(chosen.limit(1)).first()
    return Rate(base, currency, found.rate, found.rated_on, found.source.value) if found else None


def _find_crossed(currency: str, base: str, on: date) -> Rate | None:
    """From two rates against the euro of the same day."""
    ours, theirs = aliased(ExchangeRate), aliased(ExchangeRate)
    rate = theirs.rate if currency != PIVOT else ours.rate
    chosen = (
        select(ours.rated_on, ours.rate.label("ours"), rate.label("theirs"), ours.source)
        .where(ours.base == PIVOT, ours.currency == base, *_near(ours, on))
        .order_by(ours.rated_on.desc(), ours.source.desc())
    )
    if currency != PIVOT:
        same = (theirs.base == PIVOT, theirs.currency == currency, theirs.rated_on == ours.rated_on)
        chosen = chosen.join(theirs, same[0] & same[1] & same[2]).order_by(theirs.source.desc())
    found = session().execute(chosen.limit(1)).one_or_none()
    if found is None:
        return None
    crossed = cross(found.theirs if currency != PIVOT else Decimal(1), found.ours)
    return Rate(base, currency, crossed, found.rated_on, found.source.value) if crossed > 0 else None


def _near(rates: type[ExchangeRate], on: date) -> tuple[ColumnElement[bool], ...]:
    oldest = date.fromordinal(max(1, on.toordinal() - MOST_DAYS_OLD))
    return rates.rated_on <= on, rates.rated_on >= oldest
