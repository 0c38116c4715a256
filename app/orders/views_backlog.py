"""The page of the backlog: open orders by age, with count and value; each band opens its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, url_for

from app.auth.guards import guard
from app.auth.rules import Permission
from app.company.calendars import business_calendar
from app.orders.pages import blueprint
from app.orders.queries import View, Worth
from app.orders.queries_backlog import worth_by_band
from app.orders.rules_age import BAND_LABELS, AgeBand, Days, list_bands
from app.web.filters import request_today

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

TONES = {AgeBand.FRESH: "good", AgeBand.OLDER: "info", AgeBand.OLD: "amber", AgeBand.OLDEST: "red"}


@blueprint.get("/backlog")
@guard(Permission.ORDERS_VIEW)
def backlog() -> ResponseReturnValue:
    """How many open orders are how old, and what they are worth."""
    found = worth_by_band(bands_today())
    whole = Worth()
    for worth in found.values():
        whole.count += worth.count
        for currency, total in worth.totals.items():
            whole.totals[currency] = whole.totals.get(currency, 0) + total
    urls = {band: url_for("orders.index", view=View.IN_PROGRESS.value, age=band.value) for band in AgeBand}
    strip = [
        {"label": label, "amount": found[band].count, "weight": found[band].count, "tone": TONES[band],
         "url": urls[band], "active": False, "more": ""}
        for band, label in BAND_LABELS.items()
    ]  # fmt: skip
    return render_template("orders/backlog.html", bands=found, labels=BAND_LABELS, urls=urls, strip=strip, whole=whole)


def bands_today() -> dict[AgeBand, Days]:
    """The days of each band, by the company's working days."""
    today = request_today()
    return list_bands(today, business_calendar(today.year))
