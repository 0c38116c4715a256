"""Takes exchange rates in: one by hand, or a file of the ECB; documents keep the rate they were issued with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Select, select

from app.audit.services import record
from app.company.models_rates import ExchangeRate, RateSource
from app.company.queries import business_today
from app.company.rules_rates import PIVOT, parse_rate
from app.company.rules_rates_file import MOST_FAULTS, Quote, RatesFile
from app.company.services import lock_company
from app.db.base import session
from app.db.bulk import insert_rows
from app.kernel.errors import BadInput
from app.kernel.money import is_currency
from app.kernel.quantities import canonical


class RateForOurselves(BadInput):
    """{currency} is the company's own currency: it needs no rate."""


class CurrencyUnknown(BadInput):
    """Choose a currency."""


class DayToCome(BadInput):
    """{on} is after today. A rate is entered when it is known."""


class FileHasFaults(BadInput):
    """Nothing was imported. {faults}"""


@dataclass(frozen=True)
class ImportResult:
    """How many rates are new, known already, known with another value, and older than asked for."""

    added: int
    known: int
    different: int
    older: int


def set_rate(currency: str, rated_on: date, rate: str, *, actor: str, now: datetime) -> ExchangeRate:
    """Enters a rate by hand: 1 of the company's currency is `rate` of this one. The same day again corrects it.

    Issued documents keep what they were issued with. Raises BadInput naming the field.
    """
    base = lock_company().currency
    exact = _checked(currency, rated_on, rate, base, now)
    known = session().scalars(_same(base, currency, rated_on)).first()
    before = canonical(known.rate) if known else None
    stored = known or ExchangeRate(base=base, currency=currency, rated_on=rated_on, source=RateSource.HAND)
    stored.rate, stored.recorded_at, stored.recorded_by = exact, now, actor
    session().add(stored)
    session().flush()
    if before != canonical(exact):
        record(
            "rate.set", actor=actor, now=now, object_kind="exchange_rate", object_id=stored.id, currency=currency,
            base=base, rated_on=rated_on.isoformat(), before=before, rate=canonical(exact),
        )  # fmt: skip
    return stored


def import_rates(parsed: RatesFile, *, since: date, actor: str, now: datetime) -> ImportResult:
    """Takes in the quotes of a file from this day on: all of them, or none where one is bad.

    A rate that is known stays as it is. Raises FileHasFaults naming each bad row.
    """
    if parsed.faults:
        more = len(parsed.faults) - MOST_FAULTS
        rest = f" And {more} more." if more > 0 else ""
        raise FileHasFaults(field="file", faults=" ".join(parsed.faults[:MOST_FAULTS]) + rest)
    lock_company()
    today = business_today(now)
    wanted = [quote for quote in parsed.quotes if quote.rated_on >= since]
    if late := [quote.rated_on for quote in wanted if quote.rated_on > today]:
        raise DayToCome(field="file", on=max(late))
    stored = _stored_since(since)
    fresh = [quote for quote in wanted if (quote.rated_on, quote.currency) not in stored]
    different = sum(stored.get((quote.rated_on, quote.currency), quote.rate) != quote.rate for quote in wanted)
    insert_rows(ExchangeRate, [_row(quote, actor, now) for quote in fresh])
    result = ImportResult(len(fresh), len(wanted) - len(fresh) - different, different, len(parsed.quotes) - len(wanted))
    record(
        "rates.imported", actor=actor, now=now, object_kind="company", object_id=1, added=result.added,
        known=result.known, different=result.different, days=_span(fresh),
    )  # fmt: skip
    return result


def _checked(currency: str, rated_on: date, rate: str, base: str, now: datetime) -> Decimal:
    if not is_currency(currency):
        raise CurrencyUnknown(field="currency")
    if currency == base:
        raise RateForOurselves(field="currency", currency=currency)
    if rated_on > business_today(now):
        raise DayToCome(field="rated_on", on=rated_on)
    return parse_rate(rate)


def _same(base: str, currency: str, rated_on: date) -> Select[ExchangeRate]:
    return select(ExchangeRate).where(
        ExchangeRate.base == base, ExchangeRate.currency == currency, ExchangeRate.rated_on == rated_on,
        ExchangeRate.source == RateSource.HAND,
    )  # fmt: skip


def _stored_since(since: date) -> dict[tuple[date, str], Decimal]:
    chosen = select(ExchangeRate.rated_on, ExchangeRate.currency, ExchangeRate.rate).where(
        ExchangeRate.base == PIVOT, ExchangeRate.source == RateSource.ECB, ExchangeRate.rated_on >= since
    )
    return {(row.rated_on, row.currency): row.rate for row in session().execute(chosen)}


def _row(quote: Quote, actor: str, now: datetime) -> dict[str, object]:
    return {
        "base": PIVOT, "currency": quote.currency, "rated_on": quote.rated_on, "source": RateSource.ECB,
        "rate": quote.rate, "recorded_at": now, "recorded_by": actor,
    }  # fmt: skip


def _span(quotes: Sequence[Quote]) -> str:
    days = [quote.rated_on for quote in quotes]
    return f"{min(days)} to {max(days)}" if days else ""
