"""The page of exchange differences: what settlements of a month gained or lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import render_template, request, url_for

from app.auth.guards import guard
from app.auth.rules import Permission
from app.db.base import session
from app.kernel.money import Money
from app.payments import queries_exchange
from app.payments.models import Allocation
from app.payments.routes import blueprint
from app.web.arguments import date_argument
from app.web.filters import request_now, request_today
from app.web.keyset import Order
from app.web.listing import ExportColumn, export_csv, paginate

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

NEWEST_FIRST: Order = [(Allocation.effective_on, "desc"), (Allocation.id, "desc")]


@blueprint.get("/exchange")
@guard(Permission.PAYMENTS_VIEW)
def exchange() -> ResponseReturnValue:
    """Realised exchange differences of one month."""
    first = (date_argument(request.args, "month") or request_today()).replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    statement = queries_exchange.select_settled(first, last)
    found = queries_exchange.read_exchange(session().execute(statement).all())
    if request.args.get("export"):
        columns = _columns(found)
        return export_csv(
            statement, order=NEWEST_FIRST, columns=columns, name="exchange-differences", now=request_now()
        )
    total, missing = queries_exchange.sum_differences(found)
    page = paginate(statement, order=NEWEST_FIRST)
    return render_template(
        "payments/exchange.html",
        page=page,
        rows=[queries_exchange.Settled(*row) for row in page.rows],
        exchange=found,
        total=total,
        missing=missing,
        month=first,
        earlier_url=url_for("payments.exchange", month=(first - timedelta(days=1)).replace(day=1).isoformat()),
        later_url=url_for("payments.exchange", month=(last + timedelta(days=1)).isoformat()),
    )


def _columns(found: dict[int, Any]) -> tuple[ExportColumn, ...]:
    def base(name: str) -> ExportColumn:
        def value(row: Any) -> Money | str:
            one = found[row[0]]
            minor = getattr(one, name)
            return "rate missing" if minor is None else Money(minor, one.base)

        return ExportColumn(name, value)

    def said(name: str, head: str = "") -> ExportColumn:
        return ExportColumn(head or name, lambda row: getattr(queries_exchange.Settled(*row), name))

    return (
        said("effective_on", "counts_from"),
        said("payment"),
        said("invoice"),
        said("currency"),
        ExportColumn("amount", lambda row: Money(row[2], row[8])),
        said("company_currency"),
        base("at_invoice"),
        base("at_payment"),
        base("difference"),
    )
