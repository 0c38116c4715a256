"""Knows how values look to people: money with its currency, dates short, instants in the company zone, ages in days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_interval
from babel.numbers import format_decimal
from flask import current_app, g

from app.kernel import clock
from app.kernel.languages import LANGUAGES
from app.kernel.money import Money, minor_digits, to_decimal
from app.kernel.money import format_decimal as typed_amount
from app.kernel.texts import counted, plural
from app.web.forms import list_errors
from app.web.lookups import look_up

if TYPE_CHECKING:
    from flask import Flask

LOCALE = "en_GB"
NO_BREAK = "\u00a0"
DASH = "–"


def install(app: Flask, *, default_zone: str) -> None:
    app.extensions["tillpaid_default_zone"] = default_zone
    app.jinja_env.filters.update(
        money=money,
        amount=amount,
        typed_amount=typed_amount,  # `1035.00`, in a field: 1,035 JPY would have two readings there
        quantity=quantity,
        price=price,
        percent=percent,
        day=day,
        moment=moment,
        period=period,
        age=age,
        working=working,
        country=country,
        language=language,
        counted=counted,
        plural=plural,
        list_errors=list_errors,
    )
    app.context_processor(lambda: {"now": request_now(), "today": request_today()})


def company_zone() -> ZoneInfo:
    """The zone in which people read instants: the company's, asked once per request, or that of the settings."""
    if "company_zone" not in g:
        g.company_zone = ZoneInfo(look_up("zone", current_app.extensions["tillpaid_default_zone"]))
    zone: ZoneInfo = g.company_zone
    return zone


def request_now() -> datetime:
    """The instant of this request: one for the whole page."""
    if "now" not in g:
        g.now = clock.now()
    instant: datetime = g.now
    return instant


def request_today() -> date:
    return clock.business_today(request_now(), company_zone())


def money(value: Money | int | None, currency: str | None = None) -> str:
    """`1,035.00 EUR`: exactly the currency's decimals, the currency always shown."""
    if value is None:
        return DASH
    if isinstance(value, Money):
        return f"{amount(value.amount, value.currency)}{NO_BREAK}{value.currency}"
    if currency is None:
        raise ValueError("an amount in minor units needs its currency")
    return f"{amount(value, currency)}{NO_BREAK}{currency}"


def amount(value: int | None, currency: str) -> str:
    """`1,035.00`: for columns whose head names the currency."""
    if value is None:
        return DASH
    digits = minor_digits(currency)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(to_decimal(value, currency), format=pattern, locale=LOCALE))


def country(code: str | None) -> str:
    """`Germany`: the country of two letters by its English name."""
    return str(Locale.parse(LOCALE).territories.get(code, code)) if code else ""


def language(code: str) -> str:
    """`French`: a language we write documents in by its English name."""
    return LANGUAGES.get(code, code)


def quantity(value: Decimal | int | None) -> str:
    """`1,234.5`: as many decimals as the value has."""
    if value is None:
        return DASH
    return str(format_decimal(value, format="#,##0.############", locale=LOCALE, decimal_quantization=False))


def price(value: Decimal | None, currency: str) -> str:
    """`477.50 EUR`: a unit price, with at least the decimals of its currency and all it has."""
    if value is None:
        return DASH
    digits = minor_digits(currency)
    pattern = "#,##0" + ("." + "0" * digits if digits else ".") + "#" * 12
    shown = format_decimal(value, format=pattern.rstrip("."), locale=LOCALE, decimal_quantization=False)
    return f"{shown}{NO_BREAK}{currency}"


def percent(value: Decimal | int | str | None) -> str:
    """`7.5 %` of a number from 0 to 100."""
    if value is None:
        return DASH
    return f"{quantity(Decimal(value))}{NO_BREAK}%"


def day(value: date | None) -> str:
    """`22 Nov 2026`. The exact date on hover is the template macro's."""
    if value is None:
        return DASH
    if isinstance(value, datetime):
        value = value.astimezone(company_zone()).date()
    return str(format_date(value, "d MMM y", LOCALE))


def period(first: date, last: date) -> str:
    """`1–30 Nov 2026`: from one day to another, both counted."""
    return str(format_interval(first, last, "yMMMd", locale=LOCALE))


def moment(value: datetime | None) -> str:
    """`22 Nov 2026, 08:15` in the company's zone."""
    if value is None:
        return DASH
    return str(format_datetime(value.astimezone(company_zone()), "d MMM y, HH:mm", locale=LOCALE))


def age(value: int | timedelta | date | None, until: date | None = None) -> str:
    """`97 d`: of a number of days, a duration, or from a date until another (today unless given)."""
    if value is None:
        return DASH
    return f"{_days(value, until)}{NO_BREAK}d"


def working(minutes: int) -> str:
    """`12 h 30 min` of working time."""
    hours, left = divmod(minutes, 60)
    parts = [f"{hours:,}{NO_BREAK}h"] * bool(hours) + [f"{left}{NO_BREAK}min"] * bool(left or not hours)
    return NO_BREAK.join(parts)


def _days(value: int | timedelta | date, until: date | None) -> int:
    if isinstance(value, timedelta):
        return value.days
    if isinstance(value, datetime):
        return ((until if isinstance(until, datetime) else request_now()) - value).days
    if isinstance(value, date):
        return ((until or request_today()) - value).days
    return value
